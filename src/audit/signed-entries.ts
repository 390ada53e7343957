import { type Frontier, rootOf } from '../domain/evidence/audit-tree.ts';
import { checkpointFault, parseCheckpoint } from '../domain/evidence/checkpoint.ts';
import { parseVerifierKey, type VerifierKey } from '../domain/evidence/signed-note.ts';
import type { FaultKind } from '../domain/evidence/wrong-entry.ts';
import type { CosignatureCheck } from './cosignature-check.ts';
import type { TreeProblem } from './fault-kind.ts';

/** The kinds of entries that are about checkpoints, without `checkpoint.` before them. */
export const SIGNED_KINDS = ['made', 'key', 'cosigned'] as const;
export type SignedKind = (typeof SIGNED_KINDS)[number];

type Data = Readonly<Record<string, unknown>>;

/** Looks at the entries of a log that are about checkpoints, each with the tree that stands before it. */
export class SignedEntries {
  /** Checkpoints that agree with the log. */
  agreeing = 0;
  readonly #given: VerifierKey | null;
  readonly #cosignatures: CosignatureCheck;
  #inForce: { key: VerifierKey | null; since: number } = { key: null, since: 0 };

  /** @param given the key by which the log should be signed; `null`: whatever the log itself says. */
  constructor(given: VerifierKey | null, cosignatures: CosignatureCheck) {
    this.#given = given;
    this.#cosignatures = cosignatures;
  }

  /** The key that the log names, and since which entry; `null`: it names none. */
  get own(): { key: VerifierKey; since: number } | null {
    const { key, since } = this.#inForce;
    return key === null ? null : { key, since };
  }

  /** A stub says by which key the log was signed up to there. */
  begin(key: string, seq: number): void {
    this.#inForce = { key: parseVerifierKey(key), since: seq };
  }

  /** Takes the data of entry `seq`; `tree` is over all before it. */
  take(kind: SignedKind, data: Data, seq: number, tree: Frontier): TreeProblem[] {
    const fault = (how: FaultKind, what: string) => [{ entry: seq, how, problem: `entry ${seq}: ${what}` }];
    switch (kind) {
      case 'key': {
        const key = typeof data.key === 'string' ? parseVerifierKey(data.key) : null;
        if (key === null) return [{ entry: seq, how: 'signature', problem: `entry ${seq} names no key` }];
        this.#inForce = { key, since: seq };
        return [];
      }
      case 'cosigned': {
        const what = this.#cosignatures.take(data);
        return what === null ? [] : fault('signature', what);
      }
      case 'made':
        return this.#takeCheckpoint(data, seq, tree, fault);
    }
  }

  #takeCheckpoint(
    data: Data,
    seq: number,
    tree: Frontier,
    fault: (how: FaultKind, what: string) => TreeProblem[],
  ): TreeProblem[] {
    const checkpoint = typeof data.note === 'string' ? parseCheckpoint(data.note) : null;
    if (checkpoint === null) return fault('signature', 'this is no checkpoint');
    const key = this.#inForce.key ?? this.#given;
    if (key === null) return fault('signature', 'no entry before it names the key of this checkpoint');
    const signature = checkpointFault(checkpoint, key);
    if (signature !== null) return fault('signature', signature);
    const isThis = checkpoint.size === seq - 1 && checkpoint.size === tree.size;
    if (!isThis || !checkpoint.root.equals(rootOf(tree)))
      return fault('other_history', `its checkpoint of ${checkpoint.size} entries is not of this log`);
    this.agreeing += 1;
    this.#cosignatures.made(checkpoint);
    return [];
  }
}
