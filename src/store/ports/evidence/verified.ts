import type { AuditHead } from '../../../domain/audit.ts';
import type { WrongEntry } from '../../../domain/evidence/wrong-entry.ts';
import type { Timestamp } from '../../../domain/instant.ts';

/**
 * What "audit verify" found of the log in a store when it was run last. A note for people who look, and no proof of anything: whoever can
 * write the store can write it.
 */
export interface VerifiedLog {
  at: Timestamp;
  /** Who ran it, where, and the version of the program, for people. */
  by: string;
  /** The last sound entry; `null`: there was none. */
  head: AuditHead | null;
  /** How much was wrong; 0: all was as it was written. */
  problems: number;
  /** `null`: no entry was wrong. */
  first: WrongEntry | null;
  /** The key was given; else it was the one that the log names itself. */
  isKeyGiven: boolean;
}

/** For whoever shows when the log was verified last. @throws {StoreError} */
export interface VerifiedReader {
  /** `null`: nothing is on record. */
  lastVerified(): Promise<VerifiedLog | null>;
}

/** For whoever verifies. @throws {StoreError} */
export interface VerifiedStore extends VerifiedReader {
  /** Keeps what was found, in place of what was found before. One statement; it waits for no turn. */
  noteVerified(verified: VerifiedLog): Promise<void>;
}
