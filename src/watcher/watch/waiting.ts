import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { dueWithinMs, type WatchStatus } from '../status.ts';

/** The end of the poll in hand may take so long: it is no fault yet. */
const PATIENCE_MS = 10_000;

/**
 * How a watch is doing that is configured and does not run: it waits for the poll in hand by its former configuration to end. Nobody
 * polls it meanwhile, so that it counts as blind from the start.
 * @param forMs how long it has waited.
 * @param gapMs from one tick of its schedule to the next.
 */
export function waitingStatus(
  { name, connection, kind, groupId, instanceName }: Watch,
  { forMs, gapMs, now }: { forMs: number; gapMs: number; now: Timestamp },
): WatchStatus {
  const message = `its configuration is not in use yet: the watch has waited for ${formatSpan(forMs)} to begin`;
  const hint = 'It begins when its last poll has ended. Restart the watcher when that lasts.';
  const isLong = forMs >= PATIENCE_MS;
  const fault = isLong ? { reason: 'timeout', message, hint, since: now - Math.round(forMs) } : null;
  return {
    watch: name,
    connection,
    kind,
    groupId,
    instanceName,
    lastAttemptAt: null,
    lastSuccessAt: null,
    sinceSuccessMs: forMs,
    scheduledMs: gapMs,
    periodMs: gapMs,
    throttled: null,
    dueWithinMs: dueWithinMs(gapMs),
    nextPollAt: null,
    hasMissedPolls: false,
    consecutiveFailures: 0,
    fault,
    faults: fault ? [{ ...fault, place: null, blindForMs: forMs }] : [],
    unknownJobIds: [],
    hasRunningJobs: false,
    hint: null,
    polledBy: null,
  };
}

/** How a watch is doing that another replica polls: well, as far as is known here. */
export function elsewhereStatus(watch: Watch, replica: string, gapMs: number, now: Timestamp): WatchStatus {
  return { ...waitingStatus(watch, { forMs: 0, gapMs, now }), polledBy: replica };
}
