import type { Clock } from '../clock.ts';
import type { AuditData, AuditDraft } from '../domain/audit.ts';
import { toError } from '../errors.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { AuditStore } from '../store/ports/audit.ts';
import { type AuditMirror, createAuditMirror } from './mirror.ts';

/**
 * The mirror is brought up to date when no audit entry has been written for so long, in milliseconds: a burst is one write. And what a tick
 * of the schedules has found is told by then. Before, each flush of the file holds up the commits that people wait for.
 */
const QUIET_MS = 250;
/** Where entries follow one another without such a pause, an entry waits for so long at most, in milliseconds. */
const LONGEST_WAIT_MS = 1_000;
/** A disk that does not answer holds up neither the start nor the end for longer. */
const PATIENCE_MS = 2_000;

/** What keeping a mirror takes. */
export interface MirrorDeps {
  store: AuditStore;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  /** Told once the disk has answered at the start: whoever looks at the file before could be held up by it. */
  onReady?: () => void;
  /** Told at the end when the disk still holds a write: it may hold the end of the process too. */
  onStuck?: () => void;
  patienceMs?: number;
  /** Others may write to the log as well: it is looked so often what they have written. Only this process does unless given. */
  lookEveryMs?: number | undefined;
}

const NOT_WRITTEN = 'The audit file cannot be written; the store keeps the record, the file catches up later';
const IS_BEHIND = 'The audit file does not have all of the log yet; the next start goes on with it';
const NOT_TAKEN = 'The audit file did not take the last entries; the next start writes them';

/**
 * Keeps the audit file in step with the store, until the function that it returns is called.
 * A file that cannot be written, or whose disk does not answer, stops nothing: the store has the record, the file catches up later.
 */
export async function keepMirror(
  file: string,
  { store, clock, logger, signals, onReady, onStuck, patienceMs = PATIENCE_MS, lookEveryMs }: MirrorDeps,
): Promise<() => Promise<void>> {
  const faultLog = createFaultLog(logger, clock);
  const answered = Promise.withResolvers<void>();
  const mirror = mirrorOf(file, { store, clock, logger, signals }, answered.resolve);
  let timer: NodeJS.Timeout | null = null;
  let inHand: Promise<void> | null = null;
  let isWanted = false;
  /** Monotonic: when an entry came for which the timer was set. */
  let waitsSince = 0;

  const catchUp = async (): Promise<void> => {
    try {
      await mirror.catchUp();
      faultLog.clear(file, 'The audit file is written again', { file });
    } catch (error) {
      faultLog.report(file, NOT_WRITTEN, { file, err: toError(error) }, 'error');
    }
  };
  /** One at a time: a disk that does not answer must not gather them. */
  const start = (): Promise<void> => {
    timer = null;
    isWanted = inHand !== null;
    inHand ??= catchUp().then(() => {
      inHand = null;
      if (isWanted) schedule();
    });
    return inHand;
  };
  const schedule = (): void => {
    if (timer === null) {
      waitsSince = clock.monotonic();
      timer = setTimeout(() => void start(), QUIET_MS);
    } else if (clock.monotonic() - waitsSince <= LONGEST_WAIT_MS - QUIET_MS) timer.refresh();
  };
  const isDoneInTime = async (work: Promise<void>): Promise<boolean> => {
    const limit = Promise.withResolvers<false>();
    const late = setTimeout(() => limit.resolve(false), patienceMs);
    const isDone = await Promise.race([work.then(() => true), limit.promise]);
    clearTimeout(late);
    return isDone;
  };
  const patiently = async (work: Promise<void>, message: string): Promise<boolean> => {
    const isDone = await isDoneInTime(work);
    if (!isDone) logger.warn(message, { file, hint: 'Check `audit.file`, and the disk that it is on.' });
    return isDone;
  };

  const unsubscribe = signals.on('audit:written', schedule);
  const looking = lookEveryMs === undefined ? undefined : setInterval(schedule, lookEveryMs);
  // A long log is written while the watcher goes on: once the disk has taken some of it, there is nothing to wait for.
  const first = Promise.race([start(), answered.promise]);
  if (await patiently(first, 'The audit file does not take what is written; going on without it'))
    onReady?.();
  return async () => {
    unsubscribe();
    clearInterval(looking);
    const last = async (): Promise<void> => {
      await inHand;
      if (timer) clearTimeout(timer);
      timer = null;
      await start();
      await mirror.close();
      if (timer) clearTimeout(timer);
    };
    const ended = last();
    if (await isDoneInTime(ended)) return;
    // A disk that answers, and has much to take, is not stuck.
    mirror.endSoon();
    if (await patiently(ended, NOT_TAKEN)) logger.info(IS_BEHIND, { file });
    else onStuck?.();
  };
}

/** A mirror that writes to the log what becomes of its file, and tells of a store that was rolled back. */
function mirrorOf(
  file: string,
  { store, clock, logger, signals }: Pick<MirrorDeps, 'store' | 'clock' | 'logger' | 'signals'>,
  onMoreToCome: () => void,
): AuditMirror {
  /** What became of the file and is not in the log yet: a failover may be what is told of, and fail the write that tells of it. */
  let untold: AuditDraft[] = [];
  const record = async (
    kind: 'mirror.rebuilt' | 'mirror.rotated' | 'store.rolled_back',
    data: AuditData,
  ): Promise<void> => {
    untold.push({ at: clock.now(), kind, data: { file, ...data } });
    await tell();
  };
  const tell = async (): Promise<void> => {
    if (untold.length === 0) return;
    const telling = untold;
    await store.recordAudit(telling);
    untold = untold.slice(telling.length);
    if (telling.some(({ kind }) => kind === 'store.rolled_back')) signals.emit('audit:rolled_back', {});
  };
  /** How many entries the store had that was rolled back; `null`: it was not, or that is told. */
  let rolledBack: number | null = null;
  const mirror = createAuditMirror({
    file,
    store,
    logger,
    clock,
    onKeptAside: async (keptAside) => {
      const had = rolledBack;
      rolledBack = null;
      if (had !== null)
        untold.push({
          at: clock.now(),
          kind: 'store.rolled_back',
          data: { file, hadEntries: had, keptAside },
        });
      await record('mirror.rebuilt', { keptAside });
    },
    onRolledBack: ({ seq }) => {
      logger.error(
        'The store has lost entries of the audit log that it had, and so what happened with them: a failover to a standby that lagged, or a backup that was put back',
        {
          file,
          had: seq,
          hint: 'What was lost is found and told again, under the same event ids. The file is put aside: its end is the only record of what was lost.',
        },
      );
      signals.emit('store:rolled_back', { hadEntries: seq });
      rolledBack = seq;
    },
    onRotated: (piece, last) => record('mirror.rotated', { piece, last }),
    onMoreToCome,
  });
  return {
    ...mirror,
    catchUp: async () => {
      await tell();
      return mirror.catchUp();
    },
  };
}
