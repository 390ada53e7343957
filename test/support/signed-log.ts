import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type AuditDraft, type AuditHead, GENESIS, writeEntries } from '../../src/domain/audit.ts';
import {
  EMPTY_FRONTIER,
  type Frontier,
  growFrontier,
  leafHash,
  rootOf,
} from '../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import {
  type SigningKey,
  signingKey,
  verifierKeyText,
  witnessSigningKey,
} from '../../src/domain/evidence/signed-note.ts';
import { T0 } from './builders.ts';

/** A key of the kind that signs notes, without a name, made for this test. */
export function aPrivateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** A key that signs logs. */
export function aLogKey(name = 'example.com/log'): SigningKey {
  return signingKey(name, aPrivateKey());
}

/** A key by which a witness cosigns. */
export function aWitnessKey(): SigningKey {
  return witnessSigningKey('witness.example/w1', aPrivateKey());
}

/** The tree over these lines. */
export function treeOf(lines: readonly string[]): Frontier {
  return growFrontier(EMPTY_FRONTIER, lines.map(leafHash));
}

/** Signs these lines as they stand. */
export function signLines(lines: readonly string[], key: SigningKey): string {
  return makeCheckpoint({ size: lines.length, root: rootOf(treeOf(lines)) }, key);
}

/** The lines of an audit log that is written as the program writes it, entry by entry. */
export class SignedLog {
  readonly key: SigningKey;
  readonly lines: string[] = [];
  #tree = EMPTY_FRONTIER;

  /** Begins with the entry that names the key. */
  constructor(key: SigningKey = aLogKey()) {
    this.key = key;
    this.append({ kind: 'checkpoint.key', data: { key: verifierKeyText(key.verifier), before: null } });
  }

  /** The number of the last entry. */
  get seq(): number {
    return this.lines.length;
  }

  get text(): string {
    return this.lines.map((line) => `${line}\n`).join('');
  }

  append(...drafts: ReadonlyArray<Pick<AuditDraft, 'kind' | 'data'> & Partial<AuditDraft>>): this {
    const head: AuditHead = JSON.parse(this.lines.at(-1) ?? JSON.stringify(GENESIS));
    const written = writeEntries(
      head,
      drafts.map((draft, index) => ({ at: T0 + this.seq + index, ...draft })),
    );
    for (const { line } of written) this.lines.push(line);
    this.#tree = growFrontier(
      this.#tree,
      written.map(({ line }) => leafHash(line)),
    );
    return this;
  }

  /** Signs the log as it stands and writes that down; returns the note. */
  sign(): string {
    const note = makeCheckpoint({ size: this.seq, root: rootOf(this.#tree) }, this.key);
    this.append({ kind: 'checkpoint.made', data: { note } });
    return note;
  }
}
