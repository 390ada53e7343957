import type { AuditDraft, AuditEntry, AuditHead, AuditLine, AuditText } from '../../domain/audit.ts';
import type { Frontier } from '../../domain/evidence/audit-tree.ts';

/**
 * The audit log in the store, for whoever only reads it.
 * @throws {StoreError} from every method.
 */
export interface AuditReader {
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
  /** Up to which entry the mirror file holds everything; 0 before the first time. */
  mirroredSeq(): Promise<number>;
}

/** For whoever records something of which the store keeps nothing else. */
export interface AuditRecorder {
  /**
   * Writes audit entries that belong to no other change. One transaction, in turn: whoever comes second continues the chain behind the
   * first.
   */
  recordAudit(drafts: readonly AuditDraft[]): Promise<void>;
}

/** The audit log in the store, with how far its mirror file has got. */
export interface AuditStore extends AuditReader, AuditRecorder {
  /**
   * Remembers that the mirror file holds every entry up to this one: a file that ends before it was cut, one that ends behind it lags.
   * One statement; the number only grows.
   */
  noteMirrored(seq: number): Promise<void>;
}
