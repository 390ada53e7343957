import type { AuditDraft } from '../../domain/audit.ts';
import type { WatcherEvent } from '../../domain/event/event.ts';
import type { PlannedEvent } from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { DueReminder } from '../../domain/telling/due-reminder.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { ReminderPlan } from '../../domain/telling/reminder.ts';
import type { DrillChange } from './drills.ts';

/** Something that lasts was raised, or has ended: with the events that tell of it. */
export interface AlertCommit {
  at: Timestamp;
  raise: readonly string[];
  clear: readonly string[];
  events: readonly PlannedEvent[];
  audit: readonly AuditDraft[];
  /** How drills stand by what led to it. Absent: nothing has changed there. */
  drills?: DrillChange;
}

/** One look at the reminders that are due. */
export interface ReminderLook {
  at: Timestamp;
  /** So many at most, the longest due first. */
  limit: number;
}

/** Decides about reminders that are due, from what holds at this moment. Must not ask the store: it runs within a transaction. */
export type ReminderJudge = (found: { due: readonly DueReminder[]; mutes: readonly Mute[] }) => ReminderPlan;

/**
 * What lasts (a watch fails, a channel fails, no restore for too long), and who is told of it again.
 * @throws {StoreError} from every method.
 */
export interface AlertStore {
  /** What is raised at present: since when, by key. */
  readAlerts(): Promise<Map<string, Timestamp>>;
  /** The event that told first of an alert, by its key and since when it is raised; `null` where none was ever recorded. */
  alertEvent(key: string, raisedAt: Timestamp): Promise<WatcherEvent | null>;
  /** Tells whether an event of this id is on record. */
  hasEvent(id: string): Promise<boolean>;
  /** When a restore of the watch finished last, going by Atlas, or else by when it was found; `null`: never on record. */
  lastFinishedAt(watch: string): Promise<Timestamp | null>;
  /** When the first baseline of any target of the watch was taken; `null`: none yet, or its jobs are all named. */
  watchedSince(watch: string): Promise<Timestamp | null>;
  /**
   * Writes in one transaction, in turn: alerts raised and cleared, events, deliveries owed and audit entries.
   *
   * An alert that is raised already keeps its time, and clearing what is not raised changes nothing. The events are written all the
   * same: whether there is something to tell was decided before, so only the process that holds the lease raises.
   */
  commitAlerts(commit: AlertCommit): Promise<void>;
  /**
   * One transaction: reads the reminders that are due, lets `decide` say what becomes of each, and writes that: new events, deliveries
   * owed, audit entries, and when each reminder comes next. Returns the events. Cheap when nothing is due.
   *
   * It takes its turn before it reads. So nothing that ends in between is told as if it lasted, and a second look at the same time
   * finds the reminders moved on: nothing is told twice.
   */
  remind(look: ReminderLook, decide: ReminderJudge): Promise<PlannedEvent[]>;
}
