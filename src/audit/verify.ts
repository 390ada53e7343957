import type { AuditHead } from '../domain/audit.ts';
import type { AuditReader } from '../store/ports/audit.ts';
import type { ClockCheck } from './clock-check.ts';
import { createKnownLines } from './known-lines.ts';
import { portionsOfFiles, portionsOfStore } from './log-portions.ts';
import type { TreeCheck } from './tree-check.ts';
import { type AuditVerdict, addProblem, NOWHERE, type OtherCopy, startWalk, type Walk } from './walk.ts';

/**
 * Walks the chain in a file from its first entry: every entry must continue the one before and be as it was written, byte for byte: the
 * canonical form of its entry, and whole. With `expectedHead`, the chain must also reach that entry, or its tail was cut; it may go on
 * behind it. A missing file is a problem like any other.
 * @throws {StoreError} reason `unavailable` when the file is there and cannot be read.
 */
export async function verifyFile(
  file: string,
  { expectedHead }: { expectedHead?: AuditHead } = {},
): Promise<AuditVerdict> {
  return verifyFiles([file], { expectedHead });
}

/**
 * The same for a log in several files, in their order: each goes on where the one before ends. `before` is the entry that the first
 * one goes on behind; without it, that begins with the first entry of all. `store` is walked along beside them, where it is given: what
 * stands there as well need not be hashed again.
 * @throws {StoreError} as `verifyFile`.
 */
export async function verifyFiles(
  files: readonly string[],
  {
    expectedHead,
    before,
    store,
    ...along
  }: { expectedHead?: AuditHead | undefined; before?: AuditHead; store?: StoreWalk } & Along = {},
): Promise<AuditVerdict> {
  return toEnd(startWalk(portionsOfFiles(files), { expected: expectedHead, before, known: store, ...along }));
}

/** What is checked along the lines besides the chain. */
export interface Along {
  tree?: TreeCheck;
  clock?: ClockCheck;
}

/** The same for the log in the store, against the end that the store remembers apart. It may be written to meanwhile. */
export async function verifyStore(store: AuditReader): Promise<AuditVerdict> {
  return (await walkStore(store)).finish();
}

/** A log in the store that is verified piece by piece, beside another copy of it. */
export interface StoreWalk extends OtherCopy {
  /** Verifies what is left, as `verifyStore`. */
  finish(): Promise<AuditVerdict>;
}

/** Begins to verify the log in the store. */
export async function walkStore(store: AuditReader, along: Along = {}): Promise<StoreWalk> {
  const lines = createKnownLines();
  const expected = await store.auditHead();
  const walk = startWalk(portionsOfStore(store), { expected, noted: lines, ...along });
  let isAtEnd = false;
  return {
    lines,
    reach: (seq) => (isAtEnd || walk.verdict.head.seq >= seq ? null : walkOn(seq)),
    finish: async () => {
      const verdict = await toEnd(walk);
      const end = await store.auditHead();
      if (verdict.head.seq > end.seq)
        addProblem(
          verdict,
          NOWHERE,
          verdict.head.seq,
          `the store says that the log ends at entry ${end.seq}`,
          { entry: end.seq + 1, how: 'inserted' },
        );
      return verdict;
    },
  };

  async function walkOn(seq: number): Promise<void> {
    while (!isAtEnd && walk.verdict.head.seq < seq) isAtEnd = (await walk.steps.next()).done === true;
  }
}

async function toEnd({ verdict, steps }: Walk): Promise<AuditVerdict> {
  for await (const _step of steps);
  return verdict;
}
