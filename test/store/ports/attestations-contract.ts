import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { aJob, anAttestationRequest, anObservation, HOUR, jobId, T0 } from '../../support/builders.ts';
import { aCommit } from '../support.ts';

/** What every store does with attestations. */
export function attestationsContract(store: () => Store): void {
  describe('attestations', () => {
    it('come back as they were made, by job, the oldest first, each under an id of its own', async () => {
      const first = await store().attest(anAttestationRequest());
      const bare = { ticket: null, note: null, cleanUp: null };
      const second = await store().attest(anAttestationRequest({ ...bare, result: 'failed' }));
      const other = await store().attest(anAttestationRequest({ jobId: jobId(2) }));
      expect(first).toEqual({ ...anAttestationRequest(), id: 1 });
      expect(second).toMatchObject({ id: 2, result: 'failed', ...bare });
      const found = await store().attestationsOf([jobId(1), jobId(2), jobId(3)]);
      expect([...found]).toEqual([
        [jobId(1), [first, second]],
        [jobId(2), [other]],
      ]);
      expect(await store().attestationsOf([])).toEqual(new Map());
    });

    it('are written down with all that was said, and nothing else', async () => {
      await store().attest(anAttestationRequest());
      await store().attest(anAttestationRequest({ ticket: null, note: null, cleanUp: null }));
      const said = { jobId: jobId(1), result: 'passed', by: 'ann' };
      expect((await store().readAudit(0, 9)).map(({ kind, at, data }) => ({ kind, at, data }))).toEqual([
        {
          kind: 'attestation.made',
          at: new Date(T0).toISOString(),
          data: {
            attestationId: 1,
            ...said,
            ticket: 'OPS-17',
            note: '4,211 rows, as in the source',
            cleanUp: 'done',
          },
        },
        { kind: 'attestation.made', at: new Date(T0).toISOString(), data: { attestationId: 2, ...said } },
      ]);
    });

    it('go with the job when that is pruned, and those of other jobs stay', async () => {
      const at = T0 - 100 * 24 * HOUR;
      const old = aJob(['finished'], { id: jobId(1), createdAt: at });
      await store().commitPoll(aCommit({ at, observations: [anObservation(old, { changedAt: at })] }));
      await store().attest(anAttestationRequest());
      await store().attest(anAttestationRequest({ jobId: jobId(2) }));
      await store().prune({ thing: 'jobs', overBefore: T0, from: null, limit: 9 });
      const found = await store().attestationsOf([jobId(1), jobId(2)]);
      expect([...found.keys()]).toEqual([jobId(2)]);
    });

    it('stay while another watch still has the job, and go with the last', async () => {
      const at = T0 - 100 * 24 * HOUR;
      const job = aJob(['finished'], { id: jobId(1), createdAt: at });
      const seen = (watch: string, changedAt: number) => anObservation(job, { watch, changedAt });
      const observations = [seen('orders', at), seen('also orders', T0)];
      await store().commitPoll(aCommit({ at, observations }));
      const made = await store().attest(anAttestationRequest());
      const prune = (overBefore: number) =>
        store().prune({ thing: 'jobs', overBefore, from: null, limit: 9 });
      expect((await prune(T0)).pruned.jobs).toBe(1);
      expect([...(await store().attestationsOf([jobId(1)]))]).toEqual([[jobId(1), [made]]]);
      expect((await prune(T0 + 1)).pruned.jobs).toBe(1);
      expect(await store().attestationsOf([jobId(1)])).toEqual(new Map());
    });
  });
}
