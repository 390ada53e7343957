import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { proverOf } from '../../../src/app/audit/proofs.ts';
import { checkProofs } from '../../../src/audit/proofs/check-proofs.ts';
import type { AuditDraft } from '../../../src/domain/audit.ts';
import { rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import { temporaryDirectory } from '../../store/support.ts';
import { jobId, T0 } from '../../support/builders.ts';
import { aLogKey } from '../../support/signed-log.ts';
import { openNewStore } from '../../support/test-store.ts';

const JOB = jobId(1);
const about = (jobId: string): AuditDraft => ({
  at: T0,
  kind: 'anomaly.seen',
  data: { jobId, problem: 'odd' },
});
const waiting = new AbortController().signal;

async function aStore() {
  const store = await openNewStore();
  onTestFinished(() => store.close());
  const key = aLogKey();
  const sign = () =>
    store.recordCheckpoint({
      ...{ at: T0 + 1_000, key: verifierKeyText(key.verifier) },
      sign: (tree) => makeCheckpoint({ size: tree.size, root: rootOf(tree) }, key),
    });
  return { store, key, sign };
}

describe('what a daemon proves of a restore', () => {
  it('is nothing before the log is signed', async () => {
    const { store } = await aStore();
    await store.recordAudit([about(JOB)]);
    expect(await proverOf(store)(JOB, waiting)).toBeNull();
  });

  it('holds without the log, out of whichever store, and tells what is not signed yet', async () => {
    const { store, key, sign } = await aStore();
    await store.recordAudit([about(jobId(2)), about(JOB), about(JOB)]);
    const made = await sign();
    await store.recordAudit([about(JOB)]);
    const proof = await proverOf(store)(JOB, waiting);
    expect(proof).toMatchObject({ entries: 2, unsigned: 1, signed: { at: T0 + 1_000, size: made?.size } });
    const directory = temporaryDirectory();
    for (const { name, text } of proof?.files ?? []) writeFileSync(join(directory, name), text);
    const checked = await checkProofs(directory, key.verifier);
    expect(checked.map(({ entry, fault }) => [entry?.data.jobId, fault])).toEqual([
      [JOB, null],
      [JOB, null],
    ]);
    expect(await proverOf(store)(jobId(3), waiting)).toMatchObject({ files: [], entries: 0, unsigned: 0 });
  });

  it('is given up with whoever has asked', async () => {
    const { store, sign } = await aStore();
    await store.recordAudit([about(JOB)]);
    await sign();
    const gone = AbortSignal.abort(new Error('gone'));
    await expect(proverOf(store)(JOB, gone)).rejects.toThrow('gone');
  });
});
