import type { Attestation } from '../evidence/attestation.ts';
import type { Timestamp } from '../instant.ts';
import type { Actor } from '../job/actor.ts';
import type { JobState } from '../job/restore-job.ts';

/** The evidence of a period: what an auditor asks about restores, and how far it can be relied on. Spans are milliseconds. */
export interface Report {
  period: { since: Timestamp; until: Timestamp };
  /** From when on the log tells of the period: its beginning, unless the log begins later. What was before counts neither as seen nor as blind. */
  recordFrom: Timestamp;
  madeAt: Timestamp;
  /** Of the program that made it. */
  version: string;
  /** The watch that was asked for; `null`: all of them. */
  watch: string | null;
  /** The configuration that was in force last; `null`: the log names none. */
  configuration: { file: string; sha256: string; loadedAt: Timestamp } | null;
  integrity: Integrity;
  watches: WatchSummary[];
  /** The oldest first. */
  restores: RestoreRow[];
  drills: DrillSummary[];
  /** When a watch could not see, or nobody looked. */
  blind: BlindSpan[];
  /** What could not be delivered to whom it was owed, in the order in which it was given up. */
  undelivered: UndeliveredNotice[];
}

/** What the report rests on, and how to check that. */
export interface Integrity {
  /** Entries of the audit log that were read, from the first to the last one. */
  entries: number;
  /** The hash of the last of them; `null`: there are none. */
  head: string | null;
  /** The first entry that does not follow from the one before; `null`: the chain is whole. */
  broken: { entry: number; what: string } | null;
  /** The last checkpoint, and the key that signs it; `null`: nothing is signed yet. */
  checkpoint: { size: number; at: string; note: string } | null;
  key: string | null;
}

/** What the report counts of one watch. */
export interface WatchSummary {
  watch: string;
  restores: number;
  finished: number;
  failed: number;
  /** Restores that took longer than `rtoMs`; `null`: nothing is agreed. */
  overRto: number | null;
  rtoMs: number | null;
  /** Restores of a snapshot older than `rpoMs`; `null`: nothing is agreed. */
  overRpo: number | null;
  rpoMs: number | null;
  /** Of those that finished; `null`: none did. */
  medianMs: number | null;
  /** Finished restores that somebody attested as passed. */
  attested: number;
  /** How long it could not see within the period, and the share of the period that it could, from 0 to 1. */
  blindMs: number;
  coverage: number;
}

/** One restore. */
export interface RestoreRow {
  jobId: string;
  watch: string;
  kind: string;
  deliveryType: string | null;
  groupId: string;
  instanceName: string;
  targetGroupId: string | null;
  targetClusterName: string | null;
  /** When Atlas made the job. */
  beganAt: Timestamp;
  /** `inferred`: nobody saw it running. */
  beginIs: 'exact' | 'inferred';
  /** When it came to something; a download when its link was ready. */
  endedAt: Timestamp | null;
  /** `bound`: it ended then at the latest; `late`: found long after. */
  endIs: 'exact' | 'bound' | 'late' | null;
  state: JobState;
  /** What it came to, whatever has expired since; as the state while it runs. */
  outcome: JobState;
  /** What Atlas says went wrong; `null`: Atlas gives no reason, or nothing did. */
  errorMessage: string | null;
  warnings: boolean;
  /** From `beganAt` to `endedAt`. */
  durationMs: number | null;
  rtoMs: number | null;
  /** `null`: nothing is agreed, or nobody knows. */
  isWithinRto: boolean | null;
  snapshotId: string | null;
  snapshotAt: Timestamp | null;
  snapshotAgeMs: number | null;
  rpoMs: number | null;
  isWithinRpo: boolean | null;
  /** `null`: who began it was not looked up. */
  actor: Actor | null;
  /** Drills that it counts as, each with what it lacks. */
  drills: ReadonlyArray<{ name: string; reasons: readonly string[] }>;
  /** The attestation that counts; `null`: there is none. */
  attestation: Omit<Attestation, 'id' | 'jobId'> | null;
  told: ToldChannel[];
}

/** When a channel was first told how a restore ended, and how many messages about it never reached that channel. */
export interface ToldChannel {
  channel: string;
  firstAt: Timestamp | null;
  givenUp: number;
}

/** How a drill went at one instance within the period. */
export interface DrillSummary {
  /** The drill, or what `expectRestoreEvery` asks of a watch. */
  name: string;
  watch: string;
  /** `null`: the watch has one instance. */
  instanceName: string | null;
  everyMs: number | null;
  runs: number;
  /** As agreed in every respect, as far as is known by now. */
  met: number;
  /** Times at which it was overdue. */
  overdue: Array<{ since: Timestamp; until: Timestamp | null }>;
  /** Runs that nobody attested in time. */
  notAttested: number;
  lastRunAt: Timestamp | null;
}

/** A time of which a watch saw nothing. */
export interface BlindSpan {
  /** `null`: every watch. */
  watch: string | null;
  /** A part of the watch, in words; `null`: all of it. */
  place: string | null;
  from: Timestamp;
  /** `null`: it lasts. */
  until: Timestamp | null;
  /** Which record tells of it; the words for causes are of that. */
  by: 'log' | 'coverage';
  cause: string;
  detail: string | null;
}

/** A message that was owed to a channel and given up. */
export interface UndeliveredNotice {
  at: Timestamp;
  channel: string;
  event: string;
  jobId: string | null;
  detail: string | null;
}
