import type { AuditDraft } from '../../domain/audit.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { FinishedDuration } from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';

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
  /** Those of the ids that are known to the watch. */
  readObservations(watch: string, jobIds: readonly string[]): Promise<Map<string, Observation>>;
  /** How long the latest `limit` jobs of the target took that finished, newest first. A download counts until its link was ready. */
  finishedDurations(targetKey: string, limit: number): Promise<FinishedDuration[]>;
  /** When a watch with wildcards (see `targetKey`) last looked for its instances and then read them all; `null`: never. */
  lastLookAt(key: string): Promise<Timestamp | null>;
}

/** What a poll reads before it compares, and what it writes down afterwards. */
export interface JobStore extends JobReader {
  /** One transaction: observations, events, deliveries owed and audit entries. An event that is already there is left as it is. */
  commitPoll(commit: PollCommit): Promise<void>;
  /** Remembers when a watch with wildcards looked for its instances; see `lastLookAt`. */
  noteLook(key: string, at: Timestamp): Promise<void>;
}
