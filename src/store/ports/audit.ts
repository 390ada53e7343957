import type { AuditDraft, AuditEntry, AuditHead, AuditLine, AuditText } from '../../domain/audit.ts';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import type { Frontier } from '../../domain/evidence/audit-tree.ts';
import type { Timestamp } from '../../domain/instant.ts';

/**
 * The audit log in the store, for whoever only reads it.
 * @throws {StoreError} from every method.
 */
export interface AuditReader extends CheckpointReader {
  /** Entries after `afterSeq`, in order. A `StoreError` with the reason `damaged` when one of them is none, or has another number. */
  readAudit(afterSeq: number, limit: number): Promise<AuditEntry[]>;
  /** The same as they are stored: nobody has looked whether each is an entry, and the one of its number. */
  readAuditLines(afterSeq: number, limit: number): Promise<AuditLine[]>;
  /** The same in one text: a page of millions is read so much faster. `null` when there is none. */
  readAuditText(afterSeq: number, limit: number): Promise<AuditText | null>;
  /** The last entry, as remembered apart from the entries themselves (so that a cut tail shows). */
  auditHead(): Promise<AuditHead>;
  /**
   * The number of the last entry, and the tree over the lines up to it, which moves with it. `null`: the log was written by an older
   * version and nobody has written since, or what is kept cannot be the tree of so many entries.
   */
  auditTree(): Promise<{ seq: number; tree: Frontier | null }>;
  /** What stands in place of the first entries once they are pruned: no method gives those any more. `null`: none is. */
  auditStart(): Promise<AuditStub | null>;
  /** Up to which entry the mirror file holds everything; 0 before the first time. */
  mirroredSeq(): Promise<number>;
}

/** For whoever hands on how the log was signed last. @throws {StoreError} */
export interface CheckpointReader {
  /** The last checkpoint, and the key that signs. */
  lastCheckpoint(): Promise<LastCheckpoint>;
}

/** A checkpoint that was made of the log, and when. */
export interface MadeCheckpoint {
  /** ISO 8601. */
  at: string;
  /** Entries that it is about. */
  size: number;
  /** The signed note. */
  note: string;
}

/** The key by which checkpoints are signed, as text, and the last one that was made; `null` before the first. */
export interface LastCheckpoint {
  key: string | null;
  last: MadeCheckpoint | null;
}

/** How a checkpoint is made. */
export interface CheckpointRequest {
  at: Timestamp;
  /** The verifier key; one that is another than before is recorded as an entry `checkpoint.key` first. */
  key: string;
  /**
   * Signs the tree over so many entries; `null`: no checkpoint is wanted. Called with the end of the log locked, perhaps more than once
   * for one checkpoint.
   */
  sign(tree: Frontier, last: MadeCheckpoint | null): string | null;
}

/** For whoever records something of which the store keeps nothing else. */
export interface AuditRecorder {
  /**
   * Writes audit entries that belong to no other change. One transaction, in turn: whoever comes second continues the chain behind the
   * first.
   */
  recordAudit(drafts: readonly AuditDraft[]): Promise<void>;
}

/** For whoever signs how the log stands. */
export interface CheckpointStore extends AuditReader {
  /**
   * Signs how the log stands and writes that down as an entry `checkpoint.made` right behind what it is about. One transaction, in turn.
   * A log without entries is not signed.
   * @returns the checkpoint, or `null` when none was wanted.
   */
  recordCheckpoint(request: CheckpointRequest): Promise<MadeCheckpoint | null>;
}

/** The audit log in the store, with how far its mirror file has got. */
export interface AuditStore extends CheckpointStore, AuditRecorder {
  /**
   * Remembers that the mirror file holds every entry up to this one: a file that ends before it was cut, one that ends behind it lags.
   * One statement; the number only grows.
   */
  noteMirrored(seq: number): Promise<void>;
}
