import type { AdjustableLogger } from '../logging/winston-logger.ts';

/** Leaves this much of the promised 10 s for the last lines of the log, and for a machine with other things to do. */
const LEAVE_AFTER_MS = 9_000;
/** Lines of the log that nobody has taken after so long are not waited for. */
const LAST_LINES_MS = 400;
/** All is stored and closed: what stands in the event loop now keeps nothing but the process. */
const AFTER_END_MS = 1_000;

/** Ends the process when it does not end by itself. */
export interface LastResort {
  /** All has ended in order: the process is to end by itself now, and is helped after a second if it does not. */
  ended(): void;
}

/** What a last resort works with. */
export interface LastResortDeps {
  logger: Pick<AdjustableLogger, 'error' | 'close'>;
  /** Takes one line once the log is closed. */
  tell?: (line: string) => void;
  exit?: (code?: number) => void;
  /** Names what keeps the event loop alive. */
  openResources?: () => readonly string[];
}

/**
 * From now on the process has 9 s to end. Whatever keeps it longer (a part that hangs, a socket, a timer that nobody remembers) is
 * named, and left: what was to be told is stored, and what is in hand goes back when its lease runs out.
 */
export function armLastResort({
  logger,
  tell = (line) => void process.stderr.write(`${line}\n`),
  exit = process.exit,
  openResources = () => process.getActiveResourcesInfo(),
}: LastResortDeps): LastResort {
  const leave = (): void => {
    logger.error('Something did not end in time; leaving. What is owed stays owed.', {
      open: counted(openResources()),
    });
    const go = (): void => exit(0);
    setTimeout(go, LAST_LINES_MS);
    void logger.close().finally(go);
  };
  let timer = setTimeout(leave, LEAVE_AFTER_MS);

  return {
    ended: () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        tell(`restore-watcher has ended; left behind: ${JSON.stringify(counted(openResources()))}`);
        exit();
      }, AFTER_END_MS);
      timer.unref();
    },
  };
}

/** How many there are of each kind. */
function counted(names: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(names, (name) => name);
  return Object.fromEntries([...groups].map(([name, { length }]) => [name, length]));
}
