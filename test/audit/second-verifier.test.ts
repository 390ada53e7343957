import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { gatherEvidence } from '../../src/audit/evidence.ts';
import { type AuditEntry, type AuditHead, GENESIS, writeEntries } from '../../src/domain/audit.ts';
import { parseStub, stubLine } from '../../src/domain/evidence/audit-stub.ts';
import { EMPTY_FRONTIER, growFrontier, leafHash, rootOf } from '../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import { verifierKeyText } from '../../src/domain/evidence/signed-note.ts';
import { temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { aLogKey } from '../support/signed-log.ts';

const VERIFIER = resolve('config/audit/verify.py');
/** Each signature costs a start of openssl. `AUDIT_LOGS=1000` tries as many. */
const RUNS = Number(process.env.AUDIT_LOGS ?? 60);

const key = aLogKey();
const other = aLogKey();
const sign = (lines: readonly string[], by = key): string =>
  makeCheckpoint({ size: lines.length, root: rootOf(growFrontier(EMPTY_FRONTIER, lines.map(leafHash))) }, by);

/** A log of these texts, signed behind some of its entries. */
function logOf(texts: readonly string[], signedAt: readonly number[], by: typeof key): string[] {
  const lines: string[] = [];
  const append = (kind: 'checkpoint.key' | 'checkpoint.made' | 'transition', data: object): void => {
    const head: AuditHead = JSON.parse(lines.at(-1) ?? JSON.stringify(GENESIS));
    const [entry] = writeEntries(head, [{ at: T0 + lines.length, kind, data: { ...data } }]);
    lines.push(entry?.line ?? '');
  };
  append('checkpoint.key', { key: verifierKeyText(by.verifier), before: null });
  for (const [index, text] of texts.entries()) {
    append('transition', { text });
    if (signedAt.includes(index)) append('checkpoint.made', { note: sign(lines, by) });
  }
  return lines;
}

/** Where a line leaves the log: behind its entry, or behind all that a stub stands for. */
function headAt(line: string | undefined): AuditHead {
  if (line === undefined) return GENESIS;
  return parseStub(line)?.last ?? JSON.parse(line);
}

/** The same log once its first entries are pruned, at the first checkpoint in it; as it was where there is none. */
function pruned(lines: string[], by: typeof key): string[] {
  const seq = lines.findIndex((line) => line.includes('"kind":"checkpoint.made"'));
  if (seq === -1) return lines;
  const gone = lines.slice(0, seq);
  const [last, made]: AuditEntry[] = [seq - 1, seq].map((index) => JSON.parse(lines[index] ?? ''));
  const frontier = growFrontier(EMPTY_FRONTIER, gone.map(leafHash));
  const stub = stubLine({
    last: { seq, hash: last?.hash ?? '' },
    frontier,
    checkpoint: String(made?.data.note),
    key: verifierKeyText(by.verifier),
  });
  const head: AuditHead = JSON.parse(lines.at(-1) ?? '');
  const [cut] = writeEntries(head, [{ at: T0, kind: 'audit.pruned', data: { last: seq } }]);
  return [stub, ...lines.slice(seq), cut?.line ?? ''];
}

/** What somebody does to a log; `at` is any of its lines. */
const DAMAGES: ReadonlyArray<(lines: string[], at: number) => string[]> = [
  (lines) => lines,
  (lines) => lines,
  (lines, at) => lines.with(at, lines[at]?.replace('"text":"', '"text":"x') ?? ''),
  (lines, at) => lines.toSpliced(at, 1),
  (lines, at) => lines.toSpliced(at, 0, lines[at] ?? ''),
  (lines, at) => [...lines.slice(0, at), ...lines.slice(at).toReversed()],
  (lines, at) => lines.slice(0, at),
  (lines, at) => lines.with(at, lines[at]?.replace(/[0-9a-f]{64}/, 'a'.repeat(64)) ?? ''),
  (lines, at) => {
    const forged = lines.slice(0, at);
    for (const line of lines.slice(at + 1)) {
      const { kind, data = {} } = JSON.parse(line);
      const head = headAt(forged.at(-1));
      forged.push(...writeEntries(head, [{ at: T0, kind, data }]).map((one) => one.line));
    }
    return forged;
  },
];

const logs = fc.record({
  texts: fc.array(fc.string({ unit: 'binary', maxLength: 12 }), { minLength: 1, maxLength: 14 }),
  signedAt: fc.array(fc.nat(14), { maxLength: 2 }),
  damage: fc.nat(DAMAGES.length - 1),
  at: fc.nat(),
  kept: fc.option(fc.nat(20)),
  isPruned: fc.boolean(),
  isForged: fc.boolean(),
});

it(`agrees with the program on ${RUNS} logs, good and damaged`, { timeout: RUNS * 4_000 }, async () => {
  const directory = temporaryDirectory();
  const cases = await Promise.all(
    fc.sample(logs, RUNS).map(async ({ texts, signedAt, damage, at, kept, isForged, isPruned }, number) => {
      const by = isForged && number % 8 === 0 ? other : key;
      const written = logOf(texts, signedAt, by);
      const whole = isPruned ? pruned(written, by) : written;
      const lines = (DAMAGES[damage] ?? DAMAGES[0])?.(whole, at % whole.length) ?? [];
      const [file, note] = [
        join(directory, `${number}`, 'audit.jsonl'),
        join(directory, `${number}`, 'kept.note'),
      ];
      // By themselves: one would be taken for a piece of another.
      mkdirSync(join(directory, `${number}`));
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
      if (kept !== null) writeFileSync(note, sign(written.slice(0, kept)));
      const checkpoints = kept === null ? [] : [note];
      const evidence = await gatherEvidence({ key: key.verifier, checkpoints, own: undefined });
      const { problems } = await checkAudit(null, { store: '', files: [file] }, evidence);
      return { file, note: kept === null ? '' : note, isSound: problems.length === 0, problems };
    }),
  );
  const list = join(directory, 'list.json');
  writeFileSync(list, JSON.stringify(cases));
  execFileSync('python3', ['-c', ALL_OF_THEM, VERIFIER, list, verifierKeyText(key.verifier)]);
  const found: string[] = JSON.parse(readFileSync(`${list}.out`, 'utf8'));
  expect(cases.filter(({ isSound }) => isSound).length).toBeGreaterThan(RUNS / 12);
  expect(cases.filter(({ isSound }) => !isSound).length).toBeGreaterThan(RUNS / 3);
  const apart = cases.flatMap(({ isSound, problems }, index) =>
    isSound === (found[index] === 'sound') ? [] : [{ problems, found: found[index] }],
  );
  expect(apart).toEqual([]);
});

/** What the second verifier prints about a log and the checkpoints that were kept of it. */
function verified(lines: readonly string[], kept: readonly string[]): string {
  const directory = temporaryDirectory();
  const file = join(directory, 'audit.jsonl');
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
  const options = kept.flatMap((note, index) => {
    const name = join(directory, `${index}.note`);
    writeFileSync(name, note);
    return ['--checkpoint', name];
  });
  const { stdout, stderr } = spawnSync(
    'python3',
    [VERIFIER, file, '--key', verifierKeyText(key.verifier), ...options],
    { encoding: 'utf8' },
  );
  return `${stdout}${stderr}`.trim();
}

it('finds a fork in whatever order two checkpoints of one size are given', () => {
  const [log, fork] = [logOf(['a', 'b', 'c'], [], key), logOf(['a', 'b', 'other'], [], key)];
  const [own, others] = [sign(log), sign(fork)];
  expect(verified(log, [own])).toBe('sound: 4 entries');
  const wrong = 'wrong: entry 4: the first 4 entries are not those of the checkpoint';
  expect(verified(log, [own, others])).toBe(wrong);
  expect(verified(log, [others, own])).toBe(wrong);
});

it('says which checkpoint it cannot compare, since more than its entries are cut off', () => {
  const log = logOf(['a', 'b', 'c'], [1], key);
  expect(verified(pruned(log, key), [sign(log.slice(0, 2)), sign(log)])).toBe(
    'sound: 6 entries\nnot compared: the checkpoint of 2 entries, since more than those are cut off',
  );
});

/** One Python for all: to start one takes longer than to verify. */
const ALL_OF_THEM = `
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("verify", sys.argv[1])
v = importlib.util.module_from_spec(spec)
sys.dont_write_bytecode = True
spec.loader.exec_module(v)
key = v.parse_key(sys.argv[3])
def one(case):
    try:
        kept = [v.parse_checkpoint(open(case["note"], encoding="utf-8", newline="").read())] if case["note"] else []
        for checkpoint in kept:
            v.check_signature(checkpoint, key)
        v.verify(case["file"], key, kept)
        return "sound"
    except v.Wrong as fault:
        return str(fault)
json.dump([one(case) for case in json.load(open(sys.argv[2]))], open(sys.argv[2] + ".out", "w"))
`;

it('is short enough to be read before it is believed', () => {
  const code = readFileSync(VERIFIER, 'utf8').replaceAll(/"""[\s\S]*?"""/g, '');
  const lines = code.split('\n').filter((line) => /^\s*[^\s#]/.test(line));
  expect(lines.length).toBeLessThan(100);
});
