import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import { closeDeparted } from '../departures.ts';
import { DrillLook } from '../drills/drill-look.ts';
import { pruneForAWhile } from '../keep/prune-for-a-while.ts';
import { remindDue } from '../remind/reminders.ts';
import { createVisibility } from '../remind/visibility.ts';
import type { WatchLoop } from '../watch/watch-loop.ts';
import type { Run } from './run.ts';

/** So long, in milliseconds, whoever waits for the end of a run waits for drills. */
const DRILLS_WITHIN_MS = 5_000;

/** What is due of what these polls have seen to last. How the channels are doing is not known here, so nobody is reminded of that. */
export async function remindAfter(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const visibilityOf = createVisibility({
    watches: () => run.watches,
    loopOf: (name) => loops.find(({ watch }) => watch.name === name) ?? null,
    channels: () => run.notifiers.map(({ channel }) => ({ channel, failing: null })),
  });
  try {
    await remindDue({ ...run, visibilityOf });
  } catch (thrown) {
    run.logger.error('Reminders could not be recorded', { err: toError(thrown) });
  }
}

/** Nobody else tells that a watch or a channel of an earlier run is configured no more. */
export async function closeWhatLeft(run: Run): Promise<void> {
  const configured = {
    watches: run.watches.map(({ name }) => name),
    channels: run.notifiers.map(({ channel }) => channel),
  };
  try {
    await closeDeparted({ ...run, isRunning: () => false, onChannelClosed: () => {} }, () => configured);
  } catch (thrown) {
    run.logger.error('What has left the configuration could not be closed', { err: toError(thrown) });
  }
}

/** Nobody else judges restores by the drills that are agreed. A log that is long is read on by the next run. */
export async function lookAtDrills(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const { clock, logger } = run;
  const drills = new DrillLook({ ...run, surelyNow: () => surelyNow(run, loops) }, run);
  const until = clock.monotonic() + DRILLS_WITHIN_MS;
  try {
    while (!(await drills.look()) && clock.monotonic() < until);
  } catch (thrown) {
    logger.error('Drills could not be looked after', { err: toError(thrown) });
  }
}

/** By the earliest clock that was heard; `null`: no poll has succeeded. */
function surelyNow({ clock }: Run, loops: readonly WatchLoop[]): Timestamp | null {
  const ahead = loops.flatMap((loop) => (loop.status().lastSuccessAt === null ? [] : loop.surelyAheadMs()));
  return ahead.length === 0 ? null : clock.now() + Math.min(0, ...ahead);
}

/** Nobody else prunes what is old. Goes by the earliest clock that was heard, and not at all where no poll has succeeded. */
export async function keepHouse(run: Run, loops: readonly WatchLoop[]): Promise<void> {
  const now = surelyNow(run, loops);
  if (run.keepMs === null || now === null) return;
  try {
    await pruneForAWhile(run, now - run.keepMs);
  } catch (thrown) {
    run.logger.error('What is old could not be pruned', { err: toError(thrown) });
  }
}

/** Nobody else signs how the log stands, where this run has the whole work of several replicas. Whoever has a store alone signs by itself. */
export async function signLog({ signing, store }: Run): Promise<void> {
  const end = await signing?.(store);
  await end?.();
}
