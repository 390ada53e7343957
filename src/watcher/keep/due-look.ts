import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';

/** Looks at something now and then, one look at a time. */
export interface DueLook {
  /** There may be something new: the next beat looks. What it follows notes by itself. */
  note(): void;
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** Begins nothing any more, and lets what is in hand end. */
  stop(): Promise<void>;
}

/** What is looked at, and what the log says when that fails. */
export interface DueLookDeps {
  look: () => Promise<void>;
  /** Has `note` called whenever there may be something new, until the function that it returns is called. */
  follow: (note: () => void) => () => void;
  faultLog: FaultLog;
  /** Names the fault in the fault log. */
  key: string;
  /** Goes before what went wrong. */
  failing: string;
  working: string;
}

/** The first beat looks, and each one after `note`. A look that fails is made again at the next beat. */
export function createDueLook({ look, follow, faultLog, key, failing, working }: DueLookDeps): DueLook {
  let isDue = true;
  let isStopped = false;
  let inHand: Promise<void> | null = null;
  const attempt = async (): Promise<void> => {
    isDue = false;
    try {
      await look();
      faultLog.clear(key, working);
    } catch (thrown) {
      isDue = true;
      const err = toError(thrown);
      faultLog.report(key, `${failing}: ${err.message}`, { err }, 'error');
    }
  };
  const note = (): void => {
    isDue = true;
  };
  const unfollow = follow(note);
  return {
    note,
    beat: () => {
      if (isStopped || !isDue || inHand !== null) return;
      inHand = attempt().finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      unfollow();
      await inHand;
    },
  };
}
