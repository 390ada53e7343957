import { describe, expect, it } from 'vitest';
import { PATIENCE_MS } from '../support/patience.ts';
import { claimsOf, deniesJob } from './claims.ts';
import { mutateInProcess } from './in-process.ts';
import { mutateOverHttp } from './over-http.ts';
import { mutateToChannels } from './to-channels.ts';

/** Most of the time it is waited for answers that do not end. */
const LANES = 5;

describe('answers that have gone wrong', () => {
  it('tell nothing that they do not say', async () => {
    const { falsehoods, slowest } = await mutateInProcess(1_500);
    expect(falsehoods).toEqual([]);
    expect(slowest.ms).toBeLessThan(PATIENCE_MS);
  });

  it('do no more harm over any of the ways to Atlas, mutated on the wire as well', async () => {
    const reports = await mutateOverHttp(60, { lanes: LANES });
    for (const [way, { falsehoods }] of Object.entries(reports))
      expect({ way, falsehoods }).toEqual({ way, falsehoods: [] });
    expect(Object.keys(reports)).toContain('http');
  });
});

describe('rubbish from receivers', () => {
  it('is an acceptance or a classified fault to every HTTP channel', async () => {
    const reports = await mutateToChannels(15, { lanes: LANES });
    for (const [way, { falsehoods }] of Object.entries(reports)) {
      expect({ way, falsehoods }).toEqual({ way, falsehoods: [] });
    }
    expect(Object.keys(reports)).toContain('slack over http');
  });
});

describe('what a job of an answer claims, read in the plainest way', () => {
  it('is what stands there, and no more', () => {
    expect([...claimsOf('cluster', { finishedAt: '2026-11-02T08:00:00Z', failed: true })]).toEqual([
      'started',
      'finished',
      'failed',
    ]);
    expect([...claimsOf('cluster', { failed: 'true', finishedAt: null })]).toEqual(['started']);
    expect([...claimsOf('collection', { state: 'CANCELED' })]).toEqual(['started', 'cancelled']);
    expect([...claimsOf('flex', { status: 'COMPLETED', deliveryType: 'DOWNLOAD' })]).toEqual([
      'started',
      'ready',
    ]);
    expect([...claimsOf('legacy', { statusName: 'KILLED', delivery: {} })]).toEqual(['started', 'cancelled']);
    expect([...claimsOf('legacy', null)]).toEqual([]);
  });

  it('is "no such job" by a code about jobs alone', () => {
    expect(deniesJob(404, { errorCode: 'RESTORE_JOB_NOT_FOUND' })).toBe(true);
    expect(deniesJob(404, { errorCode: 'RESOURCE_NOT_FOUND' })).toBe(false);
    expect(deniesJob(404, { message: 'no route' })).toBe(false);
    expect(deniesJob(500, { errorCode: 'RESTORE_JOB_NOT_FOUND' })).toBe(false);
  });
});
