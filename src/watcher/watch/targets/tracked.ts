import { hash } from 'node:crypto';
import type { Timestamp } from '../../../domain/instant.ts';
import type { WatchPlace } from '../../../domain/job/place.ts';
import type { StallLimit } from '../../../domain/job/time-events.ts';
import { type Target, targetKey } from '../../../domain/job/watch.ts';
import type { PollInHand } from '../../poll/in-hand.ts';
import { Places } from '../../poll/places.ts';
import type { AnswerNotes, PollReport } from '../../poll/poll.ts';

/** How a target is followed. `leaving`: it has gone, and only the jobs that were open there are asked for. */
export type Following = 'whole' | 'leaving';

/** A target with what has to be remembered between its polls. All that ends in `Mono` is by the monotonic clock. */
export interface TrackedTarget {
  /** Its labels may change from one discovery to the next. */
  target: Target;
  /** As people call it; `null` where nobody has asked Atlas for it. */
  readonly projectName: string | null;
  following: Following;
  /** The project itself is not there any more, as far as the last list of projects tells. */
  hasProjectGone: boolean;
  /** When it came to light later: jobs created since then are news. `null` for those of the first look. */
  newSince: Timestamp | null;
  /** When its list was last read whole; `null` before the first time. */
  lastWholeMono: number | null;
  hasRunningJobs: boolean;
  /** Requests that a poll of it takes, as the last one that was not of a whole list has shown; retries are not looked for. */
  asks: number;
  /** See `PollInput.notes`. */
  readonly notes: AnswerNotes;
  /** See `PollInput.places`. */
  readonly places: Places;
  /** For `stalledAfter: "auto"`, by delivery type; from the history of the target as of the last whole listing. `null`: not read by this process yet. */
  stallLimits: ReadonlyMap<string, StallLimit> | null;
  readonly reading: Reading;
  /** In [0, 1): where it comes in the time between two sweeps; see `TargetFacts.phase`. */
  readonly phase: number;
}

/** How the polls of one target go. */
export interface Reading {
  /** Since when it is followed by this process. */
  readonly sinceMono: number;
  /** The poll in hand; `waits`: it is about to begin. */
  turn: PollInHand<PollReport> | 'waits' | null;
  /** When the last poll began. */
  begunMono: number;
  /** What the last poll came to; `null` before the first has ended. */
  last: PollReport | null;
  /** The last poll has ended since somebody took account of it. */
  isFresh: boolean;
  /** When the last poll ended that has read it. */
  lastReadMono: number | null;
  /** When that began: what it has read is as of then. */
  seenMono: number | null;
  /** Failed polls since the last success. */
  failures: number;
  /** It is polled no sooner. */
  notBeforeMono: number;
  /** Somebody has said while it was polled that what was wrong is mended: that poll may have begun before. */
  isForgiven: boolean;
  /** It was let go of: nobody polls it any more here, or takes account of it. */
  isLetGo: boolean;
  /** Nothing came of its last poll for a while: the polls of others do not wait for it. */
  isSlow: boolean;
}

/** A target that nothing is known of yet. */
export function track(
  target: Target,
  {
    nowMono,
    ...over
  }: { nowMono: number } & Partial<
    Pick<TrackedTarget, 'asks' | 'projectName' | 'following' | 'newSince' | 'hasProjectGone'>
  >,
): TrackedTarget {
  return {
    target,
    projectName: null,
    following: 'whole',
    hasProjectGone: false,
    newSince: null,
    lastWholeMono: null,
    hasRunningJobs: false,
    asks: 1,
    notes: { pages: new Map(), jobs: new Map() },
    places: new Places(),
    stallLimits: null,
    phase: Number.parseInt(hash('sha256', targetKey(target)).slice(0, 8), 16) / 2 ** 32,
    reading: {
      sinceMono: nowMono,
      turn: null,
      begunMono: nowMono,
      last: null,
      isFresh: false,
      lastReadMono: null,
      seenMono: null,
      failures: 0,
      notBeforeMono: Number.NEGATIVE_INFINITY,
      isForgiven: false,
      isLetGo: false,
      isSlow: false,
    },
    ...over,
  };
}

/** Where a target lies, for people. */
export function placeOfTarget({ target, projectName }: TrackedTarget): WatchPlace {
  return { groupId: target.groupId, projectName, instanceName: target.instanceName };
}
