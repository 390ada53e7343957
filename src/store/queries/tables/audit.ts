import type { Generated } from 'kysely';

/** How far a witness has cosigned our log. */
export interface WitnessViewTable {
  witness: string;
  size: number;
  /** As `frontierText` writes it. */
  tree: string;
}

/** The last checkpoint of another log that was cosigned here. */
export interface WitnessedLogTable {
  origin: string;
  size: number;
  /** In base64. */
  root: string;
  note: string;
}

/** What was found of the log when it was verified last: one row, or none yet. */
export interface AuditVerifiedTable {
  id: number;
  /** A `VerifiedLog`, as JSON. */
  body: string;
}

/** The id of the only row of `audit_head` and of `audit_verified`. */
export const HEAD_ROW = 1;

/** Where the audit log begins and ends: one row, apart from the entries, so that a cut tail shows. */
export interface AuditHeadTable {
  id: number;
  seq: number;
  hash: string;
  /** The file has everything up to this entry. */
  mirrored_seq: number;
  /** The tree over the lines of all entries, as `frontierText` writes it; empty while there is none. */
  tree: string;
  /** Of the key that signs checkpoints; empty before the first one. */
  verifier_key: string;
  /** The last checkpoint, as JSON; empty before the first one. */
  checkpoint: string;
  /** Entries up to this one are pruned, also those of which the row is still there; 0: none is. */
  pruned_seq: Generated<number>;
  /** What stands in their place, as `stubLine` writes it; empty while none is pruned. */
  stub: Generated<string>;
}
