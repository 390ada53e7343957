import { type Generated, sql } from 'kysely';
import type { Origin } from '../../domain/job/observation.ts';
import type { JobState } from '../../domain/job/restore-job.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import type { SuppressReason } from '../../domain/telling/routing.ts';
import type { DeliveryStatus } from '../ports/outbox.ts';
import type { CoverageSpanTable, CoverageWriterTable } from './coverage/tables.ts';
import type { AttestationTable, DrillPlaceTable, DrillTable } from './evidence/tables.ts';
import type { MuteTable } from './mutes/table.ts';
import type {
  AuditMirrorTable,
  EstateTable,
  FoundProjectTable,
  LeaseTable,
  ReplicaTable,
  WatchShareTable,
} from './replicas/tables.ts';
import type {
  AuditHeadTable,
  AuditVerifiedTable,
  WitnessedLogTable,
  WitnessViewTable,
} from './tables/audit.ts';

/** The tables, as the queries see them. Instants are integers (epoch milliseconds); `body` columns hold JSON. */
export interface Database {
  target: TargetTable;
  alert: AlertTable;
  discovery: DiscoveryTable;
  observation: ObservationTable;
  pruned_job: PrunedJobTable;
  pruned: PrunedTable;
  watch_success: WatchSuccessTable;
  last_finish: LastFinishTable;
  job_count: JobCountTable;
  mute: MuteTable;
  attestation: AttestationTable;
  drill: DrillTable;
  drill_place: DrillPlaceTable;
  event: EventTable;
  reminder: ReminderTable;
  channel_quiet: ChannelQuietTable;
  delivery: DeliveryTable;
  delivery_count: DeliveryCountTable;
  audit_entry: AuditEntryTable;
  audit_head: AuditHeadTable;
  witness_view: WitnessViewTable;
  witnessed_log: WitnessedLogTable;
  audit_verified: AuditVerifiedTable;
  feed_trust: FeedTrustTable;
  coverage_writer: CoverageWriterTable;
  coverage_span: CoverageSpanTable;
  replica: ReplicaTable;
  lease: LeaseTable;
  request_budget: RequestBudgetTable;
  token: TokenTable;
  audit_mirror: AuditMirrorTable;
  estate: EstateTable;
  found_project: FoundProjectTable;
  watch_share: WatchShareTable;
}

interface TargetTable {
  key: string;
  watch: string;
  baseline_at: number;
}

/** What was raised and has not ended, so that it is raised once, also across restarts. */
interface AlertTable {
  key: string;
  raised_at: number;
}

/** When a watch with wildcards last looked for its instances. */
interface DiscoveryTable {
  key: string;
  looked_at: number;
}

/** How far the activity feed of a project is relied on. `proofs`: a digit for each of the last jobs, 1 where the feed told of it in time. */
export interface FeedTrustTable {
  connection: string;
  kind: string;
  group_id: string;
  standing: string;
  since: number;
  reason: string | null;
  detail: string | null;
  proofs: string;
}

/** `body` is the whole observation; the other columns repeat what is searched for. */
interface ObservationTable {
  watch: string;
  job_id: string;
  target_key: string;
  state: JobState;
  /** Of the job; when it was first seen while nothing readable is known of it. */
  created_at: number;
  /** `mayChangeUntil` as one number: 0 for a missing job, `FOREVER` for `null`. */
  followed_until: number;
  /** When the restore finished, going by Atlas, or else when that was found. `null` unless it finished; also in old rows of which nobody asks. */
  finished_at: number | null;
  /** With `took_ms`: how long it took until it had finished, or its link was ready. `null` as above. */
  delivery_type: string | null;
  took_ms: number | null;
  /** `created_at` while it runs and is not missing. */
  running_since: number | null;
  body: string;
}

/** What stays of a job that was pruned, so that it is not told as new while Atlas lists it; and for how long such jobs took. */
interface PrunedJobTable {
  watch: string;
  job_id: string;
  target_key: string;
  state: JobState;
  created_at: number;
  first_seen_at: number;
  first_sight: Origin;
  /** In the order in which they were recorded, with blanks between them. */
  milestones: string;
  /** What `Observation.timesMissing` was; 0 for one that was pruned before this was kept. */
  times_missing: number;
  /** `null` for one that was pruned before this was kept. */
  changed_at: number | null;
  /** As in the observation. */
  delivery_type: string | null;
  took_ms: number | null;
}

/** One row: what was pruned and stands in no audit entry yet. */
interface PrunedTable {
  id: number;
  jobs: number;
  events: number;
  deliveries: number;
  mutes: number;
  /** All of it was over by then. */
  over_before: number;
  /** When an audit entry said so last; 0: never. */
  noted_at: number;
}

/** When a watch was last polled with success, a minute behind at most. */
interface WatchSuccessTable {
  watch: string;
  succeeded_at: number;
}

/** When a restore of a target finished last. Written with the observation that says so. */
interface LastFinishTable {
  target_key: string;
  watch: string;
  finished_at: number;
}

/** How many jobs of a watch are in a state. The database itself keeps it, by triggers, in the transaction of the change. */
interface JobCountTable {
  watch: string;
  state: JobState;
  count: number;
}

/** `body` is the whole event; the other columns repeat what is searched for. */
interface EventTable {
  /** Grows with every row, so that it tells the order of insertion. */
  position: Generated<number>;
  id: string;
  watch: string;
  job_id: string | null;
  detected_at: number;
  suppressed: SuppressReason | null;
  /** What suppressed it, where that was a mute. */
  mute_id: Mute['id'] | null;
  /** 0 for what is told again, or made to try the way: nothing has happened then. */
  has_happened: Generated<0 | 1>;
  body: string;
}

/** Who is to be told again of what; the row goes when that has ended. */
interface ReminderTable {
  event_id: string;
  channel: string;
  next_at: number;
  /** From when it was looked at last to `next_at`. */
  wait_ms: number;
  /** How often the channel was reminded. */
  count: number;
}

/** The silence that a receiver has asked of a channel; stays when it is over, until the channel is accepted again. */
interface ChannelQuietTable {
  channel: string;
  since: number;
  until: number;
}

interface DeliveryTable {
  /** Grows with every row: the order in which one key's deliveries must arrive. */
  position: Generated<number>;
  id: string;
  event_id: string;
  channel: string;
  order_key: string;
  status: DeliveryStatus;
  created_at: number;
  next_attempt_at: number;
  attempts_started: number;
  attempts_finished: number;
  /** These two know only attempts before the claim in hand: so a claim that is released unused leaves no trace. */
  first_attempt_at: number | null;
  last_attempt_at: number | null;
  /** When the attempt in hand began; stays when it is cut off, until the next claim. */
  claimed_at: number | null;
  ended_at: number | null;
  last_detail: string | null;
  /** Who holds the lease; stays after it ran out, until somebody else claims. */
  lease_owner: string | null;
  /** 0 without a lease. */
  lease_until: number;
  /** The channel that this one stands in for. */
  instead_of: string | null;
  /** The slot of the digest it goes out with; `null`: it is sent at once. */
  held_until: number | null;
  /** Who alone is owed it; `null`: all recipients of the channel that have no part of it. */
  recipient: string | null;
  /** The position of the delivery of which this is the part of one recipient. In the order of a queue it stands in that place. */
  part_of: number | null;
  /** Since when the receiver refuses it in a way that may be a mishap. */
  refused_since: number | null;
  /** 1: somebody wants it tried now, whatever silence the channel keeps; until the next attempt has ended. */
  urgent: Generated<0 | 1>;
  /** Milliseconds of trying behind it, up to the last attempt that ended; see `triedMs` in the retry policy. */
  tried_ms: Generated<number>;
  /** How often an acceptance of something else has made it due. */
  made_due: Generated<number>;
  /** The fallback that is known to be owed the same event; empty: none is. Stays true, since no delivery is ever taken away. */
  covered_by: Generated<string>;
}

/** How many deliveries of a channel have a status. The database itself keeps it, as it does `job_count`. */
interface DeliveryCountTable {
  channel: string;
  status: DeliveryStatus;
  count: number;
  /** The latest time at which one of them ended. */
  last_ended_at: number | null;
}

/** `body` is the line of the audit log, byte for byte. */
interface AuditEntryTable {
  seq: number;
  body: string;
}

/** An access token that replicas share; only where several may work with the store. */
interface TokenTable {
  key: string;
  /** Empty while there is none. */
  sealed: string;
  expires_at: number;
}

/** What replicas have spent of the request budget that they share; only where several may work with the store. */
interface RequestBudgetTable {
  /** Names the connection and the project. */
  budget: string;
  /** A `BudgetAccount`, as JSON. */
  account: string;
  booked_at: number;
}

/** The last instant that JavaScript can express. */
export const FOREVER = 8.64e15;

// Written into the statement, not bound to it: only so can a database use its partial indexes over what is owed and given up.

/** The status of what is owed, perhaps claimed. */
export const PENDING = sql.lit('pending' as const);
/** The status of what was given up: owed no more, unless it is redriven. */
export const GIVEN_UP = sql.lit('given_up' as const);
/** The status of what the receiver has accepted. */
export const DELIVERED = sql.lit('delivered' as const);
