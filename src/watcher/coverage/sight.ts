import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { PollInHand } from '../poll/in-hand.ts';
import type { WatchAccount } from '../watch/account.ts';
import type { WatchHint } from '../watch/hint/watch-hint.ts';
import { mayTakeMs, type PacedWatch, wholePeriodMs } from '../watch/pacer.ts';
import { hasNoBackups } from '../watch/targets/book.ts';
import type { TargetBook } from '../watch/targets/target-book.ts';
import type { TrackedTarget } from '../watch/targets/tracked.ts';
import type { Throttle } from '../watch/throttle.ts';
import { causeOf } from './cause-of.ts';
import type { TargetSight, WatchSight } from './coverage-book.ts';

/** What tells how a watch was looked at. */
export interface SightFacts {
  account: Pick<WatchAccount, 'lastSuccessMono' | 'lastFailure'>;
  book: Pick<TargetBook, 'known' | 'fateOf'>;
  hint: Pick<WatchHint, 'heardMonoOf' | 'isInUse'> | null;
  paced: PacedWatch;
  throttle: Pick<Throttle, 'standing'>;
  /** The poll in hand, which may wait for its turn in the request budget. */
  inHand: Pick<PollInHand<unknown>, 'isWaiting'> | null;
}

/** Tells how the targets of a watch were looked at last; of a `*` watch also it itself, by the wildcards that it is configured with. */
export function sightOf(watch: Watch, facts: SightFacts): WatchSight {
  const { account, book, hint, paced, throttle, inHand } = facts;
  const isHeldBack = throttle.standing !== null || inHand?.isWaiting() === true;
  const failure = account.lastFailure;
  return {
    watch: watch.name,
    dueMs: mayTakeMs(paced, hint),
    periodMs: wholePeriodMs(paced),
    targets: targetsOf(watch, facts),
    lateBecause: failure !== null ? causeOf(failure) : isHeldBack ? 'rate_limited' : 'hanging',
    fateOf: ({ groupId, instanceName }) => book.fateOf({ groupId, instanceName, projectName: null }),
  };
}

function* targetsOf(watch: Watch, facts: SightFacts): Generator<TargetSight> {
  const { account, book } = facts;
  const failure = account.lastFailure;
  if (isWildcard(watch)) {
    const mono = account.lastSuccessMono;
    const good = mono === null ? null : { begunMono: mono, endedMono: mono };
    yield { groupId: watch.groupId, instanceName: watch.instanceName, good, failure };
  }
  for (const tracked of book.known()) {
    if (tracked.following === 'whole') yield targetSight(watch, tracked, facts);
  }
}

function targetSight(watch: Watch, tracked: TrackedTarget, { hint, account }: SightFacts): TargetSight {
  const { target, reading } = tracked;
  const { groupId, instanceName } = target;
  const { seenMono, lastReadMono, last } = reading;
  const failure = account.lastFailure;
  const own = last?.failure ?? null;
  const isWell = own === null || hasNoBackups(watch, own);
  // Where nothing at all comes of the poll of a watch, no target is polled by itself.
  const fault = isWell ? (last === null || !isWildcard(watch) ? failure : null) : own;
  if (seenMono === null || lastReadMono === null)
    return { groupId, instanceName, good: null, failure: fault };
  const heardMono = isWell ? (hint?.heardMonoOf(tracked) ?? null) : null;
  const isHeard = heardMono !== null && heardMono > seenMono;
  const good = isHeard
    ? { begunMono: heardMono, endedMono: Math.max(heardMono, lastReadMono) }
    : { begunMono: seenMono, endedMono: lastReadMono };
  return { groupId, instanceName, good, failure: fault };
}
