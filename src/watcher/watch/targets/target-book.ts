import type { Clock } from '../../../clock.ts';
import type { AuditDraft } from '../../../domain/audit.ts';
import type { Fate } from '../../../domain/job/cession.ts';
import type { WatchPlace } from '../../../domain/job/place.ts';
import type { Target } from '../../../domain/job/watch.ts';
import type { SourceError } from '../../../errors.ts';
import type { Logger } from '../../../logging/logger.ts';
import type { JobSource } from '../../../source/source.ts';
import type { JobReader, JobStore } from '../../../store/ports/jobs.ts';
import type { PollProgress } from '../../poll/progress.ts';
import type { WatchShare, WritersFor } from '../../share/watch-share.ts';
import type { TrackedTarget } from './tracked.ts';
import type { Turns } from './turns.ts';

/** A list of instances that could not be had; `groupId: null`: the list of projects. */
export interface ListFault {
  groupId: string | null;
  error: SourceError;
}

/** The targets of one watch. A watch that names its instance has just that one. */
export interface TargetBook {
  /** The polls of its targets. */
  readonly turns: Turns;
  /**
   * The targets as they stand. Projects and instances are listed again when that is due, and what is slow to come is not waited for,
   * unless nothing is known yet or `isPatient`. What could not be listed stays as it was known. Once the signal has aborted, nothing is
   * taken over or written any more.
   * @throws {StoreError}
   */
  current(
    signal: AbortSignal,
    how?: { progress?: PollProgress | undefined; isPatient?: boolean },
  ): Promise<TrackedTarget[]>;
  /** The targets as they are known by now. */
  known(): readonly TrackedTarget[];
  /** Somebody says that what was wrong is mended: what waits before it is tried again is due at once. */
  forgive(): void;
  /** Every list has been looked at once, with success or not. */
  readonly isComplete: boolean;
  /** What could not be listed when it was asked for last. */
  faults(): ListFault[];
  /** The target that this instance is, as of the last look; `null`: none of this watch. */
  find(place: Pick<Target, 'groupId' | 'instanceName'>): TrackedTarget | null;
  /** Why the place is not followed any more; `null`: it is, or nobody has looked yet. */
  fateOf(place: WatchPlace): Fate | null;
  /**
   * A target could not be read, and what Atlas says may mean that it has gone or has become another kind: its list is looked at again.
   * `isProject`: what it says is about the project. @returns whether a look is due now.
   */
  doubt(tracked: TrackedTarget, how: { askedMono: number; isNews: boolean; isProject: boolean }): boolean;
  /** The instances of the project could be listed when they were asked for last. */
  isListed(groupId: string): boolean;
  /** Instances that were not read for longer than they may take while a poll of them is in hand of which nothing comes. */
  silent(
    dueWithinMsOf: (tracked: TrackedTarget) => number,
  ): Array<{ place: WatchPlace; blindForMs: number; idleMs: number }>;
  /** A target that was leaving has no open job any more. */
  drop(tracked: TrackedTarget): void;
  /** There is something to be read or listed here: not all of the watch is other replicas'. */
  hasWork(): boolean;
  /** There are projects that have become this process's and were not looked at yet. */
  hasNewcomers(): boolean;
  /** The projects of which this process reads the instances. */
  projects(): WatchPlace[];
  hasProjects(): boolean;
  /** Projects of which Atlas says that they are not there, though they were listed: who lists them is to look. */
  doubted(): string[];
  /**
   * Lets go of the projects that are another replica's by now. What is in hand of them is left to end for `graceMs`, and cut short then.
   * @returns their ids.
   */
  follow(graceMs: number): string[];
  /** Resolves when nothing is in hand any more of a project (`null`: of the list of projects) that was let go of. */
  ended(groupId: string | null): Promise<void>;
  /** Cuts short what is in hand, begins nothing any more, and waits until all of it has ended. */
  stop(reason: Error): Promise<void>;
  /** As people call the project; `null` where it is not known. */
  projectNameOf(groupId: string): string | null;
  /** Labels of a project itself, for what concerns all of it. */
  labelsOf(place: WatchPlace): Readonly<Record<string, string>>;
}

/** What a book of targets works with. */
export interface TargetBookDeps {
  source: JobSource;
  store: JobReader;
  /** What of the watch is this process's. */
  share: WatchShare;
  writersFor: WritersFor<Pick<JobStore, 'noteLook' | 'noteLooks'>, unknown>;
  clock: Clock;
  logger: Logger;
  /** Writes entries of this kind to the audit log, one for each of `data`. */
  writeDown: (kind: AuditDraft['kind'], ...data: ReadonlyArray<AuditDraft['data']>) => Promise<void>;
}
