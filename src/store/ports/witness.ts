import type { Frontier, TreeHead } from '../../domain/evidence/audit-tree.ts';
import type { Timestamp } from '../../domain/instant.ts';

/** That a witness has cosigned a checkpoint of our log. */
export interface Cosigned {
  witness: string;
  /** The tree that it has cosigned. */
  frontier: Frontier;
  /** Its line for the note, with its newline. */
  line: string;
  at: Timestamp;
}

/**
 * What witnesses have cosigned.
 * @throws {StoreError} from every method.
 */
export interface WitnessStore {
  /** The tree that a witness has cosigned last; `null`: none. */
  witnessView(witness: string): Promise<Frontier | null>;
  /**
   * Keeps a cosignature: beside the last checkpoint while that is the one that was cosigned, and as an entry `checkpoint.cosigned`. One
   * transaction, in turn.
   */
  noteCosigned(cosigned: Cosigned): Promise<void>;
}

/** What is cosigned here for other logs. @throws {StoreError} from every method. */
export interface WitnessedStore {
  /** The last checkpoint of that log that was cosigned; `null`: none. */
  witnessed(origin: string): Promise<TreeHead | null>;
  /**
   * Keeps that another one is cosigned, when the last one is still of that size. One transaction, in turn: whoever comes second is
   * refused.
   * @returns false when it is not.
   */
  noteWitnessed(origin: string, oldSize: number, next: TreeHead & { note: string }): Promise<boolean>;
}
