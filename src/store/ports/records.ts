import type { WatcherEvent } from '../../domain/event/event.ts';
import type { IdForm } from '../../domain/id-form.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Observation, PrunedJob } from '../../domain/job/observation.ts';
import type { JobState } from '../../domain/job/restore-job.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { SuppressReason } from '../../domain/telling/routing.ts';
import type { Delivery, DeliveryStatus } from './outbox.ts';

/** A page of rows, newest first. `nextCursor` is opaque; `null` on the last page. */
export interface Rows<T> {
  items: T[];
  nextCursor: string | null;
}

/** Which page of rows is asked for. `cursor`: the `nextCursor` of the page before; none for the first. */
export interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** An event as it was recorded, with what became of it. */
export interface RecordedEvent {
  event: WatcherEvent;
  suppressed: SuppressReason | null;
  /** What kept it from people, when it is suppressed as `muted`. */
  mute: Mute | null;
  deliveries: Delivery[];
}

/** An event with its place in the record: whatever is recorded later has a greater one. */
export interface PlacedEvent {
  place: number;
  event: WatcherEvent;
}

/** Which recorded events are asked for. */
export interface EventFilter extends PageRequest {
  jobId?: string | undefined;
  watch?: string | undefined;
  /** Detected then or later. */
  since?: Timestamp | undefined;
  /** Detected before. */
  until?: Timestamp | undefined;
  /** Only of jobs whose target fits this `*` glob. */
  target?: string | undefined;
  /** Leaves out what is only told again and what was made to try the way: reminders and samples. */
  onlyHappened?: boolean | undefined;
}

/** Which observations are asked for. */
export interface ObservationFilter extends PageRequest {
  watch?: string | undefined;
  jobId?: string | undefined;
  state?: JobState | undefined;
}

/** Which deliveries are asked for. */
export interface DeliveryFilter extends PageRequest {
  channel?: string | undefined;
  status?: DeliveryStatus | undefined;
}

/** The ids that fit what somebody gave, the greatest first. */
export interface FoundIds {
  ids: string[];
  /** False: there were too many with that beginning to look at all of them. */
  isComplete: boolean;
}

/** A delivery with its event, and what else than its own schedule it waits for while it is pending. */
export interface ListedDelivery extends Delivery {
  event: WatcherEvent;
  /** The silence of its channel that holds it back, over or not; `null`: none does. */
  quietUntil: Timestamp | null;
  /** The latest time for which something is planned that it must not overtake; `null`: nothing is owed before it. */
  behindUntil: Timestamp | null;
}

/** How many deliveries of one channel have one status. */
export interface DeliveryCount {
  channel: string;
  status: DeliveryStatus;
  count: number;
  /** How many of them wait for a digest whose time has not come. */
  held: number;
}

/** When a restore of one instance finished last, as a watch saw it. */
export interface LastFinish {
  watch: string;
  groupId: string;
  instanceName: string;
  /** Going by Atlas, or else when it was found. */
  finishedAt: Timestamp;
}

/**
 * What is on record, for people and scripts that look at it.
 * @throws {StoreError} from every method.
 */
export interface RecordReader {
  listObservations(filter: ObservationFilter): Promise<Rows<Observation>>;
  listEvents(filter: EventFilter): Promise<Rows<RecordedEvent>>;
  /** The events behind a place in the record, in the order in which they were recorded: `limit` at most. */
  eventsAfter(place: number, limit: number): Promise<PlacedEvent[]>;
  /** The place of an event in the record; `null`: none of this id is there. */
  placeOfEvent(id: string): Promise<number | null>;
  /** The place of the event that was recorded last; 0: there is none. */
  lastPlace(): Promise<number>;
  listDeliveries(filter: DeliveryFilter): Promise<Rows<ListedDelivery>>;
  /** The ids of jobs on record, observed or told of, that fit the form: `limit` at most. An id that is the form itself stands alone. */
  findJobIds(form: IdForm, limit: number): Promise<FoundIds>;
  /** The same of deliveries. */
  findDeliveryIds(form: IdForm, limit: number): Promise<FoundIds>;
  /** What stays of the jobs that fit the form and were pruned, as each watch saw them: of `limit` jobs at most. */
  findPruned(form: IdForm, limit: number): Promise<PrunedJob[]>;
  /** At most `limit` jobs of these watches that are running and not missing, those that began first. */
  oldestRunning(watches: readonly string[], limit: number): Promise<Observation[]>;
  /** When the first of the jobs began that are running and not missing, by watch. */
  runningSince(): Promise<Map<string, Timestamp>>;
  /** When a restore finished last, by instance of these watches: of `limit` instances at most, the latest first. Kept, not counted. */
  lastFinishes(watches: readonly string[], limit: number): Promise<LastFinish[]>;
  /** When each watch was last polled with success, also by an earlier process: at most a minute too early; see `noteSuccesses`. */
  lastSuccesses(): Promise<Map<string, Timestamp>>;
  /**
   * Since when the oldest that each of these channels owes is owed (from the slot, with a digest), by channel; those that owe nothing are
   * left out.
   */
  owedSince(channels: readonly string[]): Promise<Map<string, Timestamp>>;
  /** Cheap, however many there are: by counts that are kept. */
  countJobs(): Promise<Array<{ watch: string; state: JobState; count: number }>>;
  /** Cheap as `countJobs`. */
  countDeliveries(now: Timestamp): Promise<DeliveryCount[]>;
}

/** What is on record, for people who may also have it sent again. */
export interface RecordStore extends RecordReader {
  /**
   * Makes deliveries due at once: all that were given up, or of those named also what waits, but for a digest; each with an audit
   * entry. Their retry schedule begins anew, no silence of the channel holds them back, and what they must not overtake is
   * tried at once with them. Returns the ids of those that were. One transaction, in turn; what somebody else has redriven is passed over.
   */
  redrive(which: readonly string[] | 'given_up', at: Timestamp): Promise<string[]>;
}
