import type { AuditDraft, AuditEntry, AuditHead } from '../domain/audit.ts';
import type { WatcherEvent } from '../domain/event/event.ts';
import type { PlannedEvent } from '../domain/event/plan.ts';
import type { Timestamp } from '../domain/instant.ts';
import type { FinishedDuration } from '../domain/job/eta.ts';
import type { Observation } from '../domain/job/observation.ts';
import type { JobState } from '../domain/job/restore-job.ts';
import type { Mute, MuteRequest } from '../domain/telling/mute.ts';
import type { DueReminder, ReminderPlan } from '../domain/telling/reminder.ts';
import type { SuppressReason } from '../domain/telling/routing.ts';

export type { PlannedEvent } from '../domain/event/plan.ts';

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

/** Something that lasts was raised, or has ended: with the events that tell of it. */
export interface AlertCommit {
  at: Timestamp;
  raise: readonly string[];
  clear: readonly string[];
  events: readonly PlannedEvent[];
  audit: readonly AuditDraft[];
}

/** `pending`: owed, perhaps claimed; the other two are over. */
export const DELIVERY_STATUSES = ['pending', 'delivered', 'given_up'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** One event owed to one channel. */
export interface Delivery {
  /** `{event id}:{channel}`. */
  id: string;
  eventId: string;
  channel: string;
  /** What must arrive in order: the job, or the watch for events without a job. */
  orderKey: string;
  status: DeliveryStatus;
  createdAt: Timestamp;
  nextAttemptAt: Timestamp;
  /** Attempts begun and attempts ended apart: more begun than ended means that one was cut off, perhaps after it was accepted. */
  attemptsStarted: number;
  attemptsFinished: number;
  firstAttemptAt: Timestamp | null;
  lastAttemptAt: Timestamp | null;
  /** When it was accepted or given up. */
  endedAt: Timestamp | null;
  /** What the receiver said at the last attempt, or what went wrong; without secrets. */
  lastDetail: string | null;
  /** The channel that this one stands in for as its fallback; `null`: a route leads here. */
  insteadOf: string | null;
  /** It goes out with the channel's digest of this time, not before; `null`: at once. */
  heldUntil: Timestamp | null;
}

/** Asks what a channel could not deliver, for its fallback. */
export interface FallbackRequest {
  channel: string;
  /** The channel that stands in. */
  fallback: string;
  /** What is pending since then, or longer, counts as not accepted; for a digest from its slot on. */
  notAcceptedSince: Timestamp;
  at: Timestamp;
}

/** One look at the reminders that are due. */
export interface ReminderLook {
  at: Timestamp;
  /** So many at most, the longest due first. */
  limit: number;
}

/** Decides about reminders that are due, from what holds at this moment. Must not ask the store: it runs within a transaction. */
export type ReminderJudge = (found: { due: readonly DueReminder[]; mutes: readonly Mute[] }) => ReminderPlan;

/** A delivery under our lease, with the event to send. */
export interface ClaimedDelivery extends Delivery {
  event: WatcherEvent;
  /** An earlier attempt was begun and never ended: the receiver may have this already. */
  wasInterrupted: boolean;
}

export interface ClaimRequest {
  channel: string;
  owner: string;
  now: Timestamp;
  leaseMs: number;
  limit: number;
  /** `head`: at most one per order key (sent one by one); `run`: several of one key, in order (sent as one message). */
  perKey: 'head' | 'run';
  /** Only what goes out with a digest, or only what does not. Default: both. */
  held?: boolean;
}

/** How an attempt ended. */
export type DeliveryOutcome =
  | { id: string; kind: 'delivered'; at: Timestamp; detail: string }
  | { id: string; kind: 'retry'; at: Timestamp; nextAttemptAt: Timestamp; detail: string }
  | { id: string; kind: 'given_up'; at: Timestamp; detail: string }
  /** Not tried after all (shutdown): owed as before, the attempt does not count. */
  | { id: string; kind: 'released'; at: Timestamp };

/** A page of rows, newest first. `nextCursor` is opaque; `null` on the last page. */
export interface Rows<T> {
  items: T[];
  nextCursor: string | null;
}

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

export interface EventFilter extends PageRequest {
  jobId?: string | undefined;
  watch?: string | undefined;
  since?: Timestamp | undefined;
  /** Leaves out what is only told again and what was made to try the way: reminders and samples. */
  onlyHappened?: boolean | undefined;
}

export interface ObservationFilter extends PageRequest {
  watch?: string | undefined;
  jobId?: string | undefined;
  state?: JobState | undefined;
}

export interface DeliveryFilter extends PageRequest {
  channel?: string | undefined;
  status?: DeliveryStatus | undefined;
}

export interface DeliveryCount {
  channel: string;
  status: DeliveryStatus;
  count: number;
  held: number;
}

export interface MuteFilter {
  /** Only those in force at this time. */
  inForceAt?: Timestamp | undefined;
}

/**
 * Where everything is remembered. The port of `store/`. Every method is atomic: it happens whole or, with a StoreError, not at all.
 * @throws {StoreError} from every method.
 */
export interface Store {
  // The daemon's part

  /**
   * Claims the store for this process's life, as the one daemon, and frees the leases that an earlier, dead daemon left.
   * The claim ends with the process, however it ends.
   * @throws {StoreError} reason `conflict` when another daemon holds it.
   */
  claimDaemon(): Promise<void>;

  /** `null` before the first complete poll of the target. */
  readTarget(targetKey: string, now: Timestamp): Promise<TargetMemory | null>;
  /** Those of the ids that are known to the watch. */
  readObservations(watch: string, jobIds: readonly string[]): Promise<Map<string, Observation>>;
  /** How long the latest `limit` jobs of the target took that finished, newest first. A download counts until its link was ready. */
  finishedDurations(targetKey: string, limit: number): Promise<FinishedDuration[]>;
  /** One transaction: observations, events, deliveries owed and audit entries. An event that is already there is left as it is. */
  commitPoll(commit: PollCommit): Promise<void>;
  /** One transaction: alerts raised and cleared, events, deliveries owed and audit entries. */
  commitAlerts(commit: AlertCommit): Promise<void>;
  /** What is raised at present: since when, by key. */
  readAlerts(): Promise<Map<string, Timestamp>>;
  /** When a watch with wildcards (see `targetKey`) last looked for its instances and then read them all; `null`: never. */
  lastLookAt(key: string): Promise<Timestamp | null>;
  noteLook(key: string, at: Timestamp): Promise<void>;
  /** When a restore of the watch finished last, going by Atlas, or else by when it was found; `null`: never on record. */
  lastFinishedAt(watch: string): Promise<Timestamp | null>;
  /** When the first baseline of any target of the watch was taken; `null`: none yet, or its jobs are all named. */
  watchedSince(watch: string): Promise<Timestamp | null>;
  /** Writes audit entries that belong to no other change. */
  recordAudit(drafts: readonly AuditDraft[]): Promise<void>;

  /**
   * Claims deliveries of a channel that are due, oldest first, for `leaseMs`, and counts an attempt as started for each.
   * Due: pending, `nextAttemptAt <= now` (or made or tried at a time that has not come yet: the clock has been set back since), not
   * under a live lease, and no earlier delivery of the same channel and order key is still pending (unless it is claimed along with
   * it, `perKey: 'run'`). What goes out with digests and what does not are kept in order each by itself: what is urgent waits for no
   * digest. Returns `[]` when nothing is due.
   */
  claimDeliveries(request: ClaimRequest): Promise<ClaimedDelivery[]>;
  /** Prolongs the leases of `owner` on these. */
  renewLeases(ids: readonly string[], owner: string, until: Timestamp): Promise<void>;
  /**
   * Records how attempts ended, with audit entries, and ends their leases. `delivered` always holds; anything else is passed over
   * when the delivery is no longer pending or, where `owner` is given, when somebody else has claimed it since.
   */
  recordOutcomes(
    outcomes: readonly DeliveryOutcome[],
    audit: readonly AuditDraft[],
    owner?: string,
  ): Promise<void>;
  /**
   * Owes to `fallback`, in the same order, what `channel` has given up or has left pending since `notAcceptedSince`, if it was owed
   * within the last 48 hours (from the slot, with a digest) and `fallback` is not owed the same event already; each with an audit entry. Returns what is owed by it.
   * What `channel` owes stays as it is: it may still deliver. The fallback is told at once, whatever its own digest. Cheap when there
   * is nothing.
   */
  oweFallbacks(request: FallbackRequest): Promise<Array<{ eventId: string }>>;
  /**
   * Since when channels accept nothing, by channel: the first failed attempt since the last acceptance, among what is pending. Those
   * without one are left out.
   */
  failingChannels(): Promise<Map<string, Timestamp>>;
  /**
   * One transaction: reads the reminders that are due, lets `decide` say what becomes of each, and writes that: new events, deliveries
   * owed, audit entries, and when each reminder comes next. So nothing that ends in between is told as if it lasted, and nothing is told
   * twice. Returns the events. Cheap when nothing is due.
   */
  remind(look: ReminderLook, decide: ReminderJudge): Promise<PlannedEvent[]>;
  /** When the next delivery of the channel may become due, by schedule or by a lease running out; `null` when none is pending. */
  nextDueAt(channel: string): Promise<Timestamp | null>;

  // For people and scripts

  listObservations(filter: ObservationFilter): Promise<Rows<Observation>>;
  listEvents(filter: EventFilter): Promise<Rows<RecordedEvent>>;
  listDeliveries(filter: DeliveryFilter): Promise<Rows<Delivery & { event: WatcherEvent }>>;
  /**
   * Makes given-up deliveries due again (all of them, or those named), each with an audit entry; their retry schedule begins anew.
   * Returns the ids of those that were.
   */
  redrive(which: readonly string[] | 'given_up', at: Timestamp): Promise<string[]>;
  /** Keeps a mute from now on, with an audit entry. */
  addMute(request: MuteRequest): Promise<Mute>;
  /** Ends a mute before its time, with an audit entry. `null`: there is none of this id, or it was over already. */
  removeMute(id: Mute['id'], at: Timestamp, by: string): Promise<Mute | null>;
  /** Newest first. */
  listMutes(filter: MuteFilter): Promise<Mute[]>;
  /** At most `limit` jobs of the watch that are running and not missing, those that began first. */
  oldestRunning(watch: string, limit: number): Promise<Observation[]>;
  countJobs(): Promise<Array<{ watch: string; state: JobState; count: number }>>;
  /** `held`: how many of them wait for a digest whose time has not come. */
  countDeliveries(now: Timestamp): Promise<DeliveryCount[]>;

  // The audit log

  /** Entries after `afterSeq`, in order. */
  readAudit(afterSeq: number, limit: number): Promise<AuditEntry[]>;
  /** The last entry, as remembered apart from the entries themselves (so that a cut tail shows). */
  auditHead(): Promise<AuditHead>;
  /** Remembers that the mirror file holds every entry up to this one: a file that ends before it was cut, one that ends behind it lags. */
  noteMirrored(seq: number): Promise<void>;
  /** 0 before the first time. */
  mirroredSeq(): Promise<number>;

  /** Proves that the store can be written, without leaving a trace. */
  checkWritable(): Promise<void>;
  close(): Promise<void>;
}
