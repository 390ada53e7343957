import { describe, expect, it } from 'vitest';
import {
  afterJob,
  afterMending,
  afterRefusal,
  afterTime,
  firstTrust,
  sweepMsOf,
  type Trust,
} from '../../../src/domain/polling/trust.ts';

const NOW = Date.parse('2026-11-23T10:00:00Z');
const DAY_MS = 86_400_000;
const job = (isTold: boolean) => ({ id: '60800a1b2c3d4e5f60718293', isTold });
const afterJobs = (trust: Trust, ...told: boolean[]): Trust =>
  told.reduce((before, isTold) => afterJob(before, job(isTold), NOW + 1), trust);

describe('trust in a feed', () => {
  it('is there from the start for clusters and Flex, and has to be earned for collections', () => {
    expect(firstTrust('cluster', NOW).standing).toBe('trusted');
    expect(firstTrust('flex', NOW).standing).toBe('trusted');
    expect(firstTrust('collection', NOW).standing).toBe('proving');
  });

  it('ends with the first job that the feed has missed, which it names', () => {
    const told = afterJobs(firstTrust('cluster', NOW), true, true);
    expect(told).toMatchObject({ standing: 'trusted', since: NOW, proofs: [true, true] });
    expect(afterJobs(told, false)).toEqual({
      standing: 'distrusted',
      since: NOW + 1,
      reason: 'missed',
      detail: 'the feed did not tell of job 60800a1b2c3d4e5f60718293 within a minute',
      proofs: [true, true, false],
    });
  });

  it('is earned by three jobs in a row, and given up after three that were missed', () => {
    const proving = firstTrust('collection', NOW);
    expect(afterJobs(proving, true, true)).toMatchObject({ standing: 'proving' });
    expect(afterJobs(proving, true, true, true)).toMatchObject({ standing: 'trusted', since: NOW + 1 });
    expect(afterJobs(proving, false, true, true, true)).toMatchObject({ standing: 'proving' });
    expect(afterJobs(proving, false, true, false, false)).toMatchObject({ standing: 'distrusted' });
  });

  it('goes by the last twenty jobs', () => {
    const twenty = Array.from({ length: 20 }, () => true);
    expect(afterJobs(firstTrust('collection', NOW), false, ...twenty)).toMatchObject({
      standing: 'trusted',
      proofs: twenty,
    });
  });

  it('ends when the feed is refused, and whatever comes then changes nothing before a day has gone by', () => {
    const why = { reason: 'refused' as const, detail: 'GET …: 403 ACCESS_FORBIDDEN' };
    const refused = afterRefusal(afterJobs(firstTrust('flex', NOW), true), why, NOW);
    expect(refused).toMatchObject({ standing: 'distrusted', since: NOW, ...why });
    expect(afterJobs(refused, true, true, true)).toBe(refused);
    expect(afterRefusal(refused, { reason: 'unreadable', detail: 'x' }, NOW + 5)).toBe(refused);
    expect(afterTime(refused, 'flex', NOW + DAY_MS - 1)).toBe(refused);
    expect(afterTime(refused, 'flex', NOW + DAY_MS)).toEqual(firstTrust('flex', NOW + DAY_MS));
    expect(afterTime(refused, 'collection', NOW + DAY_MS).standing).toBe('proving');
    const trusted = firstTrust('flex', NOW);
    expect(afterTime(trusted, 'flex', NOW + 9 * DAY_MS)).toBe(trusted);
  });

  it('begins anew when somebody says that the feed can be read now, and not after a job that it missed', () => {
    const refused = afterRefusal(firstTrust('cluster', NOW), { reason: 'refused', detail: 'no' }, NOW);
    expect(afterMending(refused, 'cluster', NOW + 5)).toEqual(firstTrust('cluster', NOW + 5));
    const missed = afterJobs(firstTrust('cluster', NOW), false);
    expect(afterMending(missed, 'cluster', NOW + 5)).toBe(missed);
    const trusted = firstTrust('cluster', NOW);
    expect(afterMending(trusted, 'cluster', NOW + 5)).toBe(trusted);
  });

  it('is checked by a sweep at every tick for an hour', () => {
    const trust = { since: NOW };
    expect(sweepMsOf(trust, 600_000, NOW + 3_599_999)).toBe(0);
    expect(sweepMsOf(trust, 600_000, NOW + 3_600_000)).toBe(600_000);
  });
});
