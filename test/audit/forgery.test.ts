import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { gatherEvidence } from '../../src/audit/evidence.ts';
import { type AuditDraft, type AuditHead, GENESIS, writeEntries } from '../../src/domain/audit.ts';
import { EMPTY_FRONTIER, growFrontier, leafHash, rootOf } from '../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import { type SigningKey, verifierKeyText } from '../../src/domain/evidence/signed-note.ts';
import { temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { aLogKey } from '../support/signed-log.ts';

const KEY = aLogKey();
const ENTRIES = 10_000;
const EVERY = 1_000;

const text = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

/** The line that comes behind these. */
function append(lines: readonly string[], draft: AuditDraft): string[] {
  const last = lines.at(-1);
  const head: AuditHead = last === undefined ? GENESIS : JSON.parse(last);
  return [...lines, ...writeEntries(head, [draft]).map(({ line }) => line)];
}

const sign = (lines: readonly string[], key: SigningKey): string => {
  const tree = growFrontier(EMPTY_FRONTIER, lines.map(leafHash));
  return makeCheckpoint({ size: tree.size, root: rootOf(tree) }, key);
};

/** A log of `count` entries, signed after each `EVERY`; somebody may tell it otherwise from an entry on. */
function aLog({ count = ENTRIES, key = KEY, told = (number: number) => `job ${number}` } = {}): string[] {
  let lines = append([], {
    at: T0,
    kind: 'checkpoint.key',
    data: { key: verifierKeyText(key.verifier), before: null },
  });
  while (lines.length < count) {
    const first = lines.length + 1;
    const drafts = Array.from({ length: Math.min(EVERY - 1, count - lines.length) }, (_, index) => ({
      at: T0 + first + index,
      kind: 'transition' as const,
      data: { job: told(first + index) },
    }));
    const head: AuditHead = JSON.parse(lines.at(-1) ?? '');
    lines = [...lines, ...writeEntries(head, drafts).map(({ line }) => line)];
    if (lines.length < count)
      lines = append(lines, {
        at: T0 + lines.length,
        kind: 'checkpoint.made',
        data: { note: sign(lines, key) },
      });
  }
  return lines;
}

const LOG = aLog();
/** Kept elsewhere, before anybody has touched the log. */
const KEPT = sign(LOG.slice(0, 9_500), KEY);

/** What an auditor finds who has the key, the file, and perhaps a checkpoint. */
async function audit(lines: readonly string[], { kept, end = '' }: { kept?: string; end?: string } = {}) {
  const directory = temporaryDirectory();
  const [file, note] = [join(directory, 'audit.jsonl'), join(directory, 'kept.note')];
  writeFileSync(file, text(lines) + end);
  writeFileSync(note, kept ?? '');
  const evidence = await gatherEvidence({
    key: KEY.verifier,
    checkpoints: kept === undefined ? [] : [note],
    own: undefined,
  });
  return checkAudit(null, { store: '', files: [file] }, evidence);
}

describe('a log of 10,000 entries that an auditor checks with the key', () => {
  it('is sound as it was written, and agrees with the checkpoint that was kept', async () => {
    const verdict = await audit(LOG, { kept: KEPT });
    expect(verdict).toMatchObject({ problems: [], first: null, notes: [], checkpoints: 10 });
    expect(verdict.head?.seq).toBe(ENTRIES);
  });

  const at = (number: number): number => number - 1;
  const lineOf = (number: number): string => LOG[at(number)] ?? '';
  const edited = (number: number): string => lineOf(number).replace('job', 'jab');
  const rehashed = (number: number): string[] =>
    writeEntries(JSON.parse(lineOf(number - 1)), [
      { at: T0, kind: 'transition', data: { job: 'forged' } },
    ]).map(({ line }) => line);

  it.each<[string, string[], { entry: number; how: string }]>([
    ['an entry was edited', LOG.with(at(4_321), edited(4_321)), { entry: 4_321, how: 'changed' }],
    [
      'an entry was edited, and hashed anew',
      LOG.with(at(4_321), rehashed(4_321)[0] ?? ''),
      { entry: 4_321, how: 'changed' },
    ],
    ['an entry was deleted', LOG.toSpliced(at(777), 1), { entry: 777, how: 'missing' }],
    [
      'an entry was inserted, that continues the one before it',
      LOG.toSpliced(at(5_000), 0, ...rehashed(5_000)),
      { entry: 5_000, how: 'inserted' },
    ],
    ['an entry stands there twice', LOG.toSpliced(at(61), 0, lineOf(60)), { entry: 60, how: 'inserted' }],
    [
      'two entries were swapped',
      LOG.with(at(300), lineOf(301)).with(at(301), lineOf(300)),
      { entry: 300, how: 'reordered' },
    ],
  ])('shows that %s', async (_what, forged, wrong) => {
    const { first, problems, notes } = await audit(forged);
    expect(notes).toEqual([]);
    expect(first).toMatchObject(wrong);
    expect(problems.length).toBeGreaterThan(0);
  });

  it('shows that it was cut behind a checkpoint that was kept, or that it is an older copy', async () => {
    expect((await audit(LOG.slice(0, 9_400), { kept: KEPT })).first).toEqual({ entry: 9_401, how: 'cut' });
    // Without one nobody can know.
    expect((await audit(LOG.slice(0, 9_400))).first).toBeNull();
  });

  /** Whoever has no key takes the checkpoints along as they are. */
  const rechained = (): string[] => {
    const lines = LOG.slice(0, at(2_500));
    for (const line of LOG.slice(at(2_501))) {
      const { kind, data } = JSON.parse(line);
      lines.push(
        ...writeEntries(JSON.parse(lines.at(-1) ?? ''), [{ at: T0, kind, data }]).map((one) => one.line),
      );
    }
    return lines;
  };

  it('shows that it was chained anew from an entry on without the key', async () => {
    const { first, problems } = await audit(rechained());
    expect(first).toEqual({ entry: 3_000, how: 'other_history' });
    expect(problems[0]).toContain('is not of this log');
  });

  it('shows that a checkpoint in it was replaced', async () => {
    const forged = LOG.with(
      at(3_001),
      append(LOG.slice(0, 3_000), {
        at: T0,
        kind: 'checkpoint.made',
        data: { note: KEPT },
      }).at(-1) ?? '',
    );
    expect((await audit(forged)).first).toEqual({ entry: 3_001, how: 'other_history' });
  });

  it('shows that all of it was signed by another key', async () => {
    const { first, problems } = await audit(aLog({ key: aLogKey() }));
    expect(first).toEqual({ entry: 1, how: 'signature' });
    expect(problems[0]).toContain('another key than the one given');
  });

  it('shows that all of it was written anew with the right key, by a checkpoint that was kept', async () => {
    const anew = aLog({ told: (number) => (number === 42 ? 'nothing' : `job ${number}`) });
    expect((await audit(anew)).first).toBeNull();
    const { first } = await audit(anew, { kept: KEPT });
    expect(first).toEqual({ entry: 9_500, how: 'other_history' });
  });

  it('takes no checkpoint for one that another key has signed, or that is of another log', async () => {
    for (const key of [aLogKey(), aLogKey('example.com/other')]) {
      const { problems } = await audit(LOG, { kept: sign(LOG.slice(0, 9_500), key) });
      expect(problems).toHaveLength(1);
    }
  });

  it('notes that the clock went back, which is no fault', async () => {
    let lines = append([], { at: T0, kind: 'transition', data: {} });
    lines = append(lines, { at: T0 - 3_600_000, kind: 'transition', data: {} });
    const { problems, notes } = await audit(lines);
    expect(problems).toEqual([]);
    expect(notes).toEqual([
      expect.stringContaining('before entry 2'),
      expect.stringContaining('nothing in this log is signed yet'),
    ]);
  });
});
