import type { AuditEntry, AuditLine } from '../../domain/audit.ts';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';

/** Reads the lines of a log after an entry, in order, and what stands in place of its first entries. */
export type LineReader = (
  afterSeq: number,
  limit: number,
) => Promise<{ lines: readonly AuditLine[]; start: AuditStub | null }>;

/** An entry, and the proof that it is in the log. */
export interface ProvenEntry {
  entry: AuditEntry;
  /** Of the entry, byte for byte, without its newline. */
  line: string;
  /** As C2SP tlog-proof has it. */
  proof: string;
}

/** What of the entries of a job is proved. */
export interface JobProofs {
  proven: ProvenEntry[];
  /** How many entries of the job the checkpoint does not hold yet. */
  unsigned: number;
}

/** What became of one proof. */
export interface CheckedProof {
  /** The file of the proof. */
  file: string;
  /** What it is about; `null`: nothing readable. */
  entry: AuditEntry | null;
  /** How many entries the checkpoint of the proof holds. */
  size: number | null;
  /** Why it proves nothing, for people; `null`: it does. */
  fault: string | null;
}
