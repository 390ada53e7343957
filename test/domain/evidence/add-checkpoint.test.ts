import { expect, it } from 'vitest';
import {
  addCheckpointText,
  judgeCheckpoint,
  parseAddCheckpoint,
} from '../../../src/domain/evidence/add-checkpoint.ts';
import { EMPTY_FRONTIER, leafHash, rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { parseCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { RangeRoots } from '../../../src/domain/evidence/range-roots.ts';
import {
  cosign,
  cosignedAt,
  parseNote,
  parseVerifierKey,
  parseWitnessKey,
  witnessKeyText,
} from '../../../src/domain/evidence/signed-note.ts';
import { consistencyRanges } from '../../../src/domain/evidence/tree-proof.ts';
import { aLogKey, aWitnessKey, signLines, treeOf } from '../../support/signed-log.ts';

const KEY = aLogKey();
const LINES = Array.from({ length: 40 }, (_, index) => `line ${index}`);
const FORGED = LINES.with(3, 'forged');

/** Asks to go on from the first `old` of these lines to the first `size`. */
function request(lines: readonly string[], old: number, size: number, key = KEY) {
  const ranges = consistencyRanges(old, size);
  const roots = new RangeRoots(ranges, EMPTY_FRONTIER);
  for (const line of lines.slice(0, size)) roots.take(leafHash(line));
  const text = addCheckpointText(
    { oldSize: old, proof: roots.rootsOf(ranges) ?? [] },
    signLines(lines.slice(0, size), key),
  );
  const parsed = parseAddCheckpoint(text);
  if (parsed === null) throw new Error(text);
  return parsed;
}
const knows = (size: number) => ({ size, root: rootOf(treeOf(LINES.slice(0, size))) });
const judge =
  (...asked: Parameters<typeof request>) =>
  (known: number | null) =>
    judgeCheckpoint(request(...asked), KEY.verifier, known === null ? null : knows(known));

it('a witness cosigns what has only grown since it looked last', () => {
  expect(judge(LINES, 0, 7)(null)).toEqual({ kind: 'cosign' });
  for (let size = 7; size <= 40; size += 1)
    expect(judge(LINES, 7, size)(7), `${size}`).toEqual({ kind: 'cosign' });
});

it('it refuses a log that was rolled back, that has forked, or that it does not know', () => {
  // Rolled back: the log itself no longer knows how far it was.
  expect(judge(LINES, 5, 9)(20)).toEqual({ kind: 'conflict', size: 20 });
  expect(judge(LINES, 20, 20)(20)).toEqual({ kind: 'cosign' });
  expect(judge(FORGED, 7, 12)(7)).toMatchObject({ kind: 'refuse', status: 422 });
  expect(judge(FORGED, 7, 7)(7)).toMatchObject({ kind: 'refuse', status: 422 });
  expect(judge(LINES, 0, 7, aLogKey())(null)).toMatchObject({ kind: 'refuse', status: 403 });
  expect(judgeCheckpoint(request(LINES, 0, 7), null, null)).toMatchObject({ kind: 'refuse', status: 404 });
  const shrunk = { ...request(LINES, 0, 7), oldSize: 9 };
  expect(judgeCheckpoint(shrunk, KEY.verifier, knows(9))).toMatchObject({ kind: 'refuse', status: 400 });
  const unfit = { ...request(LINES, 7, 12), proof: [] };
  expect(judgeCheckpoint(unfit, KEY.verifier, knows(7))).toMatchObject({ kind: 'refuse', status: 422 });
});

it.each(['', 'old 7', 'old 07\n\n', 'old -1\n\n', 'new 7\n\n', 'old 7\nnot a hash\n\n'])(
  'reads no request in %j',
  (begin) => {
    expect(parseAddCheckpoint(begin + signLines(LINES, KEY))).toBeNull();
    expect(parseAddCheckpoint(`old 7\n\n${signLines(LINES, KEY)}`)).toMatchObject({ oldSize: 7, proof: [] });
  },
);

it('a cosignature holds for its text, its time and its key alone', () => {
  const witness = aWitnessKey();
  const note = signLines(LINES, KEY);
  const parsed = parseCheckpoint(note);
  const line = cosign(parsed?.note.text ?? '', witness, 1_700_000_000);
  const cosigned = parseNote(note + line);
  if (cosigned === null) throw new Error(line);
  expect(cosignedAt(cosigned, witness.verifier)).toBe(1_700_000_000);
  expect(cosignedAt({ ...cosigned, text: cosigned.text.replace('40', '41') }, witness.verifier)).toBe(
    'wrong',
  );
  const other = aWitnessKey();
  expect(cosignedAt(cosigned, other.verifier)).toBeNull();
  // The key is of another type than one that signs logs.
  const text = witnessKeyText(witness.verifier);
  expect(parseWitnessKey(text)).toEqual(witness.verifier);
  expect(parseVerifierKey(text)).toBeNull();
});
