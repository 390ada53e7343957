import { describe, expect, it } from 'vitest';
import type { PrunedJob } from '../../src/domain/job/observation.ts';
import { connectDaemon } from '../../src/remote/remote-records.ts';
import { createStoreRecords } from '../../src/views/records/store-records.ts';
import { cli } from '../cli/harness.ts';
import { HOUR, jobId, T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { readingStore } from '../support/reading-store.ts';
import { serve } from './serve.ts';

const ID = jobId(1);
const SHORT = `${ID.slice(0, 4)}…${ID.slice(-4)}`;
const pruned = (over: Partial<PrunedJob> = {}): PrunedJob => ({
  ...{ watch: 'orders', jobId: ID, milestones: ['started', 'finished'], state: 'finished' },
  ...{ firstSight: 'new', firstSeenAt: T0, changedAt: T0 + HOUR },
  ...over,
});
const WORDS = `restore ${SHORT} of watch orders was pruned, as older than store.keep: it was last seen to change at 2026-11-02T09:00:05Z, and was finished then`;
const HINT = `The audit log may hold more of it: "restore-watcher audit prove ${ID} --out DIR".`;

describe('a restore that was pruned', () => {
  it.each([ID, SHORT])('is said to be, and what became of it, asked for as %s', async (given) => {
    const { get } = await serve({ pruned: [pruned()] });
    const { status, body } = await get(`/api/v1/jobs/${encodeURIComponent(given)}`);
    expect({ status, body }).toEqual({ status: 404, body: { error: WORDS, hint: HINT, isPruned: true } });
    const page = await get(`/jobs/${encodeURIComponent(given)}`);
    expect(page.status).toBe(404);
    expect(page.text).toContain('No longer on record');
    expect(page.text).toContain('was finished then');
  });

  it('is not guessed at where several fit', async () => {
    const other = pruned({ jobId: jobId(2) });
    const { get } = await serve({ pruned: [pruned(), other] });
    const { body } = await get(`/api/v1/jobs/${ID.slice(0, 6)}`);
    expect(body.error).toBe('no such job on record');
  });

  it('is said to be by history, beside the store and over a daemon', async () => {
    const store = readingStore({ pruned: [pruned()] });
    const near = await cli(['history', SHORT], { store });
    expect(near.code).toBe(1);
    expect(near.err).toContain(`note: ${WORDS}\nhint: ${HINT}`);
    const clock = createManualClock(T0);
    const { server } = await serve({}, { store, clock });
    const far = await cli(['history', SHORT, '--server', server.url], {
      parts: { connectDaemon: (address) => connectDaemon(address, { clock }) },
    });
    expect(far.code).toBe(1);
    expect(far.err).toContain(`note: ${WORDS}\nhint: ${HINT}`);
    expect(await createStoreRecords(store, { clock }).goneJob('7777')).toBeNull();
  });
});
