import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { gatherEvidence } from '../../src/audit/evidence.ts';
import { cosign, parseNote } from '../../src/domain/evidence/signed-note.ts';
import { temporaryDirectory } from '../store/support.ts';
import { aLogKey, aWitnessKey, SignedLog } from '../support/signed-log.ts';

const KEY = aLogKey();
const WITNESS = aWitnessKey();
const SECONDS = 1_790_000_000;

/** A log with two checkpoints, and what is said of the cosignature of the second. */
function cosigned({
  by = WITNESS,
  size,
  over,
}: {
  by?: typeof WITNESS;
  size?: number;
  over?: string;
} = {}): SignedLog {
  const log = new SignedLog(KEY);
  log.append({ kind: 'transition', data: { jobId: 'one' } });
  const first = log.sign();
  log.append({ kind: 'transition', data: { jobId: 'two' } });
  const signed = log.seq;
  const note = log.sign();
  const line = cosign(parseNote(over === 'first' ? first : note)?.text ?? '', by, SECONDS);
  log.append({
    kind: 'checkpoint.cosigned',
    data: { witness: WITNESS.verifier.name, size: size ?? signed, line },
  });
  return log.append({ kind: 'transition', data: { jobId: 'three' } });
}

/** What an auditor finds who has the key of the log and that of the witness. */
async function verify(log: SignedLog, { isAsked = true } = {}) {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  writeFileSync(file, log.text);
  const witnesses = isAsked ? [WITNESS.verifier] : [];
  const evidence = await gatherEvidence({ key: KEY.verifier, witnesses, checkpoints: [], own: undefined });
  const { first, problems, notes } = await checkAudit(null, { store: '', files: [file] }, evidence);
  return { first, problems, notes };
}

describe('what a witness has cosigned in a log', () => {
  it('is said, with its own time', async () => {
    expect(await verify(cosigned())).toEqual({
      first: null,
      problems: [],
      notes: ['witness.example/w1 has cosigned the first 4 entries at 2026-09-21T14:13:20.000Z'],
    });
  });

  it.each([
    ['is by another key', cosigned({ by: aWitnessKey() })],
    ['is over another checkpoint', cosigned({ over: 'first' })],
    ['is of entries that were never signed', cosigned({ size: 3 })],
  ])('does not count where it %s', async (_what, log) => {
    expect((await verify(log)).first).toEqual({ entry: 6, how: 'signature' });
    // Who does not ask for it has no key to judge it by.
    expect((await verify(log, { isAsked: false })).problems).toEqual([]);
  });

  it('is missed where it has cosigned nothing', async () => {
    const log = new SignedLog(KEY);
    log.sign();
    expect((await verify(log)).problems).toEqual(['witness.example/w1 has cosigned nothing in this log']);
  });
});
