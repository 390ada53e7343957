import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import type { Timestamp } from '../../domain/instant.ts';

/** What is pruned, in the order in which it is: jobs with all that hangs on them, events that belong to no job on record, mutes. */
export const PRUNED_THINGS = ['jobs', 'events', 'mutes'] as const;
export type PrunedThing = (typeof PRUNED_THINGS)[number];

/** Where a walk through the record has got to. Means nothing to anybody but the store that gave it out. */
export type PrunePlace = ReadonlyArray<string | number>;

/** One step of a walk through what is old, from the oldest on. */
export interface PruneStep {
  thing: PrunedThing;
  /** What was over by then is pruned. */
  overBefore: Timestamp;
  /** `null`: from the beginning. */
  from: PrunePlace | null;
  /** So many rows are looked at. */
  limit: number;
}

/** How many rows were pruned, by what they were. */
export type PruneCounts = Readonly<Record<PrunedThing | 'deliveries', number>>;

/** What a step came to. */
export interface PruneResult {
  pruned: PruneCounts;
  /** Where the next step goes on. */
  next: PrunePlace;
  /** Nothing is left behind `next` that is old enough. */
  isEnd: boolean;
}

/**
 * How long the record is kept.
 * @throws {StoreError} from every method.
 */
export interface KeepingStore {
  /**
   * Prunes what is over, of so many rows: a job that may not change any more, with its events and deliveries; an event that belongs to no
   * job on record, with its deliveries; a mute that kept nothing from people that is still on record. What is owed, what is to be told
   * again, and the event of an alert that is raised are passed over, and so is whatever else hangs together with them. Of a job its id
   * and its milestones stay, so that it is known when Atlas lists it, and how long it took.
   *
   * One transaction, in turn: reads what is old, and deletes it. Two who prune at once find each row once.
   */
  prune(step: PruneStep): Promise<PruneResult>;
  /**
   * Writes an audit entry about what was pruned since the last one, if that is a day old; returns whether it did. One transaction, in turn;
   * cheap when there is nothing to write.
   */
  notePruned(at: Timestamp): Promise<boolean>;
  /**
   * Cuts off the first entries of the audit log, and puts the stub in their place, with an entry `audit.pruned` that says so. One
   * transaction, in turn; nobody reads the entries any more, and their rows are deleted by `deleteCut`.
   * @returns false when as much was cut off before: nothing was written then.
   */
  cutAudit(stub: AuditStub, at: Timestamp): Promise<boolean>;
  /** Deletes so many rows of what was cut off, the oldest first. One transaction, in turn. @returns whether there may be more. */
  deleteCut(limit: number): Promise<boolean>;
  /** When the oldest event on record was detected; `null`: there is none. */
  oldestEventAt(): Promise<Timestamp | null>;
}
