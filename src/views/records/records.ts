import type { AuditHead, AuditLine } from '../../domain/audit.ts';
import type { Period, PlaceCoverage } from '../../domain/coverage/periods.ts';
import type { AskedAttestation, Attestation } from '../../domain/evidence/attestation.ts';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import type { ExpectedEnd } from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { AskedMute, Mute } from '../../domain/telling/mute.ts';
import type { WatcherError } from '../../errors.ts';
import type { LastCheckpoint } from '../../store/ports/audit.ts';
import type { MuteFilter } from '../../store/ports/mutes.ts';
import type {
  DeliveryFilter,
  EventFilter,
  ListedDelivery,
  ObservationFilter,
  RecordedEvent,
  Rows,
} from '../../store/ports/records.ts';
import type { GoneJob } from '../gone-job.ts';

/** A job on record, when it should end, and what was attested of it. */
export interface ListedJob {
  observation: Observation;
  /** `null`: it does not run, or nothing tells. */
  eta: ExpectedEnd | null;
  /** The oldest first. */
  attestations: readonly Attestation[];
}

/** Which coverage is asked for. */
export interface CoverageRequest extends Period {
  /** Only of this watch. */
  watch?: string | undefined;
}

/** Which deliveries are to be tried again: some, by their ids in any form, or what was given up. */
export type RedriveRequest =
  | { kind: 'ids'; ids: readonly string[] }
  /** `null`: of every channel. */
  | { kind: 'given_up'; channel: string | null };

/** What came of it. */
export interface Redriven {
  redriven: string[];
  /** What was neither given up nor waits: in hand, delivered, held for a digest, or unknown. */
  refused: string[];
  /** Where it ended early: the one of which nobody knows whether it was done, those that were not, and why. */
  cutShort: { at: string | null; left: readonly string[]; fault: WatcherError } | null;
}

/** A page of the audit log, and where the log ends. */
export interface AuditPage {
  lines: AuditLine[];
  head: AuditHead;
  /** What stands in place of the first entries once they are pruned; `null`: none is. */
  start: AuditStub | null;
}

/** A mute, and what in it fits nothing that is configured, in words. */
export interface AddedMute {
  mute: Mute;
  warnings: string[];
}

/**
 * The record as people at a command line read it and act on it, wherever it is kept: in a store that is opened beside the daemon, or with
 * a daemon that is asked over HTTP. Both say the same.
 * @throws {WatcherError} from every method, when it cannot be read.
 */
export interface Records {
  listJobs(filter: ObservationFilter): Promise<Rows<ListedJob>>;
  listEvents(filter: EventFilter): Promise<Rows<RecordedEvent>>;
  listDeliveries(filter: DeliveryFilter): Promise<Rows<ListedDelivery>>;
  listMutes(filter: MuteFilter): Promise<Mute[]>;
  /** See `resolveJobId`. @throws {WatcherError} AmbiguousId, UnfitId. */
  resolveJob(text: string): Promise<string>;
  /** See `goneJob`. */
  goneJob(text: string): Promise<GoneJob | null>;
  /** Entries after `afterSeq`, in order, as they are stored. */
  readAudit(afterSeq: number, limit: number): Promise<AuditPage>;
  /** When everything was watched in a period, and why it was not. */
  coverage(request: CoverageRequest): Promise<PlaceCoverage[]>;
  /** The last checkpoint of the audit log, and the key that signs. */
  lastCheckpoint(): Promise<LastCheckpoint>;
  /**
   * A store does it in one transaction; over HTTP each is done by itself, and the answer says where it ended early.
   * @throws {WatcherError} AmbiguousId, UnfitId; then nothing was done.
   */
  redrive(request: RedriveRequest): Promise<Redriven>;
  /** Its job in any form of an id. @throws {WatcherError} AmbiguousId, UnfitId; then nothing was done. */
  addMute(asked: AskedMute): Promise<AddedMute>;
  /** `null`: there is none of this id in force. */
  removeMute(id: Mute['id'], by: string): Promise<Mute | null>;
  /** Keeps what somebody attests of a restore. @throws {WatcherError} `not_found`, AmbiguousId, UnfitId, UnfitAttestation; then nothing was done. */
  attest(asked: AskedAttestation): Promise<Attestation>;
  close(): Promise<void>;
}
