import { formatSpan, instantBefore, type Timestamp } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { dueWithinMs, type WatchStatus } from '../status.ts';
import type { WatchAccount } from './account.ts';
import type { BackOff } from './back-off.ts';
import type { WatchHint } from './hint/watch-hint.ts';
import { type PacedWatch, type Pacer, wholePeriodMs } from './pacer.ts';
import type { Throttle } from './throttle.ts';
import { type Troubles, toFault, toPlaceFault, toThrottled } from './troubles.ts';

/** What the status of a loop is made of. */
export interface LoopFacts {
  account: Pick<WatchAccount, 'status'>;
  troubles: Pick<Troubles, 'all' | 'silent'>;
  throttle: Pick<Throttle, 'standing'>;
  backOff: Pick<BackOff, 'remainingMs'>;
  pacer: Pick<Pacer, 'untilNextMs'>;
  hint: Pick<WatchHint, 'status' | 'untilNextMs'> | null;
  paced: PacedWatch;
  /** See `WatchStatus.budget`. */
  budget: WatchStatus['budget'];
  /** See `WatchStatus.dueWithinMs`. */
  mayTakeMs: number;
  /** When the schedule ticks next; `null` where nobody knows. */
  nextTickAt: Timestamp | null;
  hasMissedPolls: boolean;
  now: Timestamp;
}

/** How a watch is doing that is polled here. */
export function loopStatus(facts: LoopFacts): WatchStatus {
  const { account, troubles, throttle, hint, paced, mayTakeMs, hasMissedPolls } = facts;
  const faults = [...troubles.all().map(toPlaceFault), ...troubles.silent(mayTakeMs)];
  return {
    ...account.status(),
    ...{ scheduledMs: paced.pace.scheduledMs, periodMs: wholePeriodMs(paced) },
    throttled: toThrottled(throttle.standing),
    fault: faults[0] ? toFault(faults[0]) : null,
    faults,
    hasMissedPolls,
    dueWithinMs: mayTakeMs,
    nextPollAt: nextPollAt(facts),
    hint: hint?.status() ?? null,
    budget: facts.budget,
    polledBy: null,
    share: null,
  };
}

/** When the schedule comes round, by the period where that is longer, or when the back-off ends; `null` before the first poll has begun. */
function nextPollAt({ backOff, pacer, hint, paced, nextTickAt, now }: LoopFacts): Timestamp | null {
  const periodMs = wholePeriodMs(paced);
  const backOffMs = backOff.remainingMs;
  const untilNextMs = backOffMs > 0 ? backOffMs : pacer.untilNextMs(periodMs);
  const slot = backOffMs <= 0 && periodMs <= paced.pace.scheduledMs ? nextTickAt : null;
  if (untilNextMs === null) return null;
  const toldMs = hint?.untilNextMs() ?? Number.POSITIVE_INFINITY;
  return Math.min(slot ?? now + Math.max(0, untilNextMs), now + toldMs);
}

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
  const fault = isLong ? { reason: 'timeout', message, hint, since: instantBefore(now, forMs) } : null;
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
    budget: null,
    polledBy: null,
    share: null,
  };
}

/** How a watch is doing that another replica polls: well, as far as is known here. */
export function elsewhereStatus(watch: Watch, replica: string, gapMs: number, now: Timestamp): WatchStatus {
  return { ...waitingStatus(watch, { forMs: 0, gapMs, now }), polledBy: replica };
}
