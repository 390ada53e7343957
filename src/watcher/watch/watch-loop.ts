import type { Timestamp } from '../../domain/instant.ts';
import type { Target, Watch } from '../../domain/job/watch.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { FeedStore } from '../../store/ports/feeds.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { CoverageBook, WatchSight } from '../coverage/coverage-book.ts';
import type { PollDeps } from '../poll/poll.ts';
import type { Haste } from '../reconciler.ts';
import type { Recorder } from '../record/recorder.ts';
import type { Ticked } from '../schedule/release.ts';
import type { WatchShare, WritersFor } from '../share/watch-share.ts';
import type { PollNow, WatchStatus } from '../status.ts';
import type { WatchAlertsDeps } from './alerts.ts';
import type { BackOffDeps } from './back-off.ts';
import type { FeedBook } from './hint/feed-book.ts';
import type { WatchJournalDeps } from './journal/journal.ts';
import type { Pace, Sharer } from './pace.ts';
import type { WatchPollReport } from './poll-watch.ts';
import type { TargetBook } from './targets/target-book.ts';

/** What a loop reads from and writes to, under the lease on what it polls. */
export type LoopStore = PollDeps['store'] &
  WatchAlertsDeps['store'] &
  JobStore &
  FeedStore & { under(lease: Lease): LoopStore };

/** What a loop records with, under the lease on what it polls. */
export type LoopRecorder = PollDeps['recorder'] &
  Pick<Recorder, 'alerts' | 'recordAlert' | 'recordAlertState' | 'recordAudit' | 'recordFeedTrust'> & {
    under(lease: Lease): LoopRecorder;
  };

/** What writes for a part of the watch. */
export type LoopWriters = WritersFor<LoopStore, LoopRecorder>;

/** What the loop of a watch works with. */
export interface WatchLoopDeps
  extends PollDeps,
    Omit<WatchAlertsDeps, 'writersFor'>,
    Omit<WatchJournalDeps, 'writersFor'>,
    BackOffDeps {
  source: PollDeps['source'];
  store: LoopStore;
  recorder: LoopRecorder;
  clock: PollDeps['clock'];
  /** Keeps account of when what was watched; nobody does, unless given. */
  coverage?: Pick<CoverageBook, 'note'>;
  logger: Logger;
  signals: Signals;
}

/** Which watch a loop polls, and how often. */
export interface WatchLoopOptions {
  watch: Watch;
  /** From one tick to the next of the schedule in use, in milliseconds. */
  gapMs: () => number;
  /** When that ticks next; `null` where nobody knows, and unless given. */
  nextTickAt?: () => Timestamp | null;
  /** How often it can be polled beside others who share its ceiling; as its schedule has it unless given. */
  paceOf?: (loop: Sharer) => Pace;
  /** What of the watch is this process's; all of it unless given. */
  share?: WatchShare;
  /** The activity feeds that may tell when to poll; without them all is polled at every tick. */
  feeds?: FeedBook;
  /** A poll waits for every target, however slow: for whoever polls once. */
  isPatient?: boolean;
  /** Has it ticked as soon as others leave room for it; at once unless given. */
  tickSoon?: (retry: Ticked) => void;
}

/** One watch and the poll in hand. */
export interface WatchLoop extends Sharer {
  readonly watch: Watch;
  /** The schedule that counts now: the idle one while no job is running, where there is one. */
  schedule(): string;
  /** A tick: polls what is due, unless a poll is under way or the watch is backing off. @returns the poll; `null`: none has begun. */
  tick(): Promise<unknown> | null;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** The process did nothing for so long. A watch that would have been polled meanwhile is not to be relied on until it is. */
  stoodStill(forMs: number): void;
  /** Polls now, whatever the back-off says, and waits for the end. Never rejects for a fault: see the report's `failure`. */
  pollNow(): Promise<WatchPollReport>;
  /**
   * Somebody says that what was wrong is mended: back-off ends, and counts anew. A watch that fails, or a part of which does, is polled soon;
   * where a poll is in hand, as soon as that has failed.
   */
  forgive(): void;
  /**
   * Polls all of it at once, back-off or not, spread over no time, and does not wait for the end. A poll in hand may have begun before what
   * was wrong was mended: it is hurried on, and another follows it.
   */
  pollSoon(): PollNow;
  status(): WatchStatus;
  /** How its targets, and it itself, were looked at last. */
  sight(): WatchSight;
  /** See `JobSource.surelyAheadMs`. */
  surelyAheadMs(): number;
  /** The target that is polled there, as of the last look for instances; `null`: none of this watch. */
  targetOf(place: Pick<Target, 'groupId' | 'instanceName'>): Target | null;
  /** The instance is not followed any more, and no job of it is open here; false as long as nobody has looked. */
  hasLeft(place: Pick<Target, 'groupId' | 'instanceName'>): boolean;
  /** What of the watch is this process's has changed: lets go of what is not any more, and polls what is new. */
  follow(haste: Haste): void;
  /** What of the watch is polled here, and what of it has ended. */
  readonly book: Pick<TargetBook, 'ended' | 'hasWork'>;
  /** Lets a poll in hand finish for `graceMs`, then aborts it. Safe to call twice. */
  stop(graceMs: number): Promise<void>;
}
