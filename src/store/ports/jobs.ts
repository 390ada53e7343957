import type { AuditDraft } from '../../domain/audit.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { FinishedDuration } from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { TargetPlace } from '../../domain/job/watch.ts';

/** What the store remembers of a target (see `targetKey`). */
export interface TargetMemory {
  /** When its first complete poll was committed. */
  baselineAt: Timestamp;
  /** Jobs of this target that may still change and are not missing, oldest first. */
  followed: Observation[];
}

/** Everything that one poll found out. */
export interface PollCommit {
  targetKey: string;
  watch: string;
  at: Timestamp;
  /** True for the first complete poll of the target. */
  takesBaseline: boolean;
  /** Only those that changed. */
  observations: readonly Observation[];
  /** What stood on record when one of them was made: where something else stands by now, nothing is written. */
  madeOf?: Observation;
  events: readonly PlannedEvent[];
  audit: readonly AuditDraft[];
}

/**
 * What the store remembers of restore jobs, for whoever only asks.
 * @throws {StoreError} from every method.
 */
export interface JobReader {
  /** `null` before the first complete poll of the target. */
  readTarget(targetKey: string, now: Timestamp): Promise<TargetMemory | null>;
  /** The keys of the targets of the watch that have jobs which may still change and are not missing. */
  followedTargets(watch: string, now: Timestamp): Promise<string[]>;
  /** Those of the ids that are known to the watch. */
  readObservations(watch: string, jobIds: readonly string[]): Promise<Map<string, Observation>>;
  /**
   * What other watches have recorded of these jobs where this target lies (kind, project and instance), by job id. Costs a look into an
   * index for each id.
   */
  readElsewhere(target: TargetPlace, jobIds: readonly string[]): Promise<Map<string, Observation[]>>;
  /** How long the latest `limit` jobs of the target took that finished, newest first. A download counts until its link was ready. */
  finishedDurations(targetKey: string, limit: number): Promise<FinishedDuration[]>;
  /** The keys of the targets where the watch has found these jobs, by job id: what a job says of its instance may be another name. */
  targetKeysOf(watch: string, jobIds: readonly string[]): Promise<Map<string, string>>;
  /** Those of the targets whose first complete poll was committed. */
  targetsWithBaseline(targetKeys: readonly string[]): Promise<Set<string>>;
  /** When a watch with wildcards (see `targetKey`) last looked for its instances and then read them all; `null`: never. */
  lastLookAt(key: string): Promise<Timestamp | null>;
  /** The same of many keys, as far as there was a look. */
  lastLooksAt(keys: readonly string[]): Promise<Map<string, Timestamp>>;
}

/** What a poll reads before it compares, and what it writes down afterwards. */
export interface JobStore extends JobReader {
  /**
   * Writes in one transaction what a poll has found: baseline, observations, events, deliveries owed and audit entries.
   *
   * Takes its turn (see ARCHITECTURE.md, "What a store promises"). The first baseline of a target stands; an observation replaces the
   * one before; an event that is already there is left as it is, with its deliveries, and owes nothing anew. A job stands in
   * `observations` once at most. Whether an observation has changed was decided from what the caller read before, so only the process
   * that holds the lease on the project may commit polls.
   * @returns false when `madeOf` is out of date, and nothing was written.
   */
  commitPoll(commit: PollCommit): Promise<boolean>;
  /** Remembers when a watch with wildcards looked for its instances; see `lastLookAt`. One statement; the last writer wins. */
  noteLook(key: string, at: Timestamp): Promise<void>;
  /** The same of many keys. One statement for each 50; the last writer wins. */
  noteLooks(keys: readonly string[], at: Timestamp): Promise<void>;
  /**
   * Remembers when these watches were last polled with success, `now` by the clock that says so. A later time that stands there stays, unless
   * it is so far ahead of `now` that it was written by a clock which was set back since. One statement for each 50.
   */
  noteSuccesses(successes: ReadonlyMap<string, Timestamp>, now: Timestamp): Promise<void>;
}
