import { describe, expect, it } from 'vitest';
import { clusterJobs } from '../../../src/source/kinds/cluster.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import { bodyOf, decodeExample, examplesOf, NOW } from './examples.ts';

const decode = (raw: unknown) => decodeExample('dedicated', raw);
const { target } = examplesOf('dedicated');

describe('a dedicated cluster', () => {
  it('gives its jobs no creation time, so that the id tells it', () => {
    const job = decode(bodyOf('dedicated', 'automated-finished'));
    expect(job).toMatchObject({
      kind: 'cluster',
      createdAt: 0x690710a5 * 1000,
      finishedAt: Date.parse('2026-11-02T08:04:02Z'),
    });
  });

  it('has no target for a download, and a target for all else', () => {
    expect(decode(bodyOf('dedicated', 'download-ready'))).toMatchObject({
      deliveryType: 'download',
      targetClusterName: null,
      targetGroupId: null,
    });
    expect(decode(bodyOf('dedicated', 'pointInTime-in-progress'))).toMatchObject({
      deliveryType: 'pointInTime',
      targetClusterName: 'orders-drill',
      snapshotId: null,
      snapshotAt: Date.parse('2026-11-01T23:00:00Z'),
    });
  });

  it.each([
    ['nulls', { increment: null, time: null, date: null }],
    ['nothing', undefined],
    ['null', null],
    ['a time of some form', { date: '2026-11-02T07:30:00Z', increment: 1 }],
    ['anything', [7]],
  ])('is understood with %s for a desired time', (_name, desiredTimestamp) => {
    const raw = { ...bodyOf('dedicated', 'automated-in-progress'), desiredTimestamp };
    expect(decode(raw).state).toBe('in_progress');
  });

  it('has no end while a download is ready, and the end of its link', () => {
    expect(decode(bodyOf('dedicated', 'download-ready'))).toMatchObject({
      state: 'ready',
      finishedAt: null,
      expiresAt: Date.parse('2026-11-02T12:05:10Z'),
      reached: [{ milestone: 'started' }, { milestone: 'ready', at: null }],
    });
  });

  it('is ready by the links of its shards alone, once every one is there', () => {
    const sharded = bodyOf('dedicated', 'sharded-download-ready');
    const components = sharded.components as Array<Record<string, unknown>>;
    expect(decode({ ...sharded, deliveryUrl: [] }).state).toBe('ready');
    const [first, ...others] = components;
    const without = [{ ...first, downloadUrl: undefined }, ...others];
    expect(decode({ ...sharded, deliveryUrl: [], components: without }).state).toBe('in_progress');
  });

  it('is not ready by a private link alone, of which nothing is known', () => {
    const isPrivate = { ...bodyOf('dedicated', 'download-private-endpoint'), deliveryUrl: [] };
    expect(decode(isPrivate).state).toBe('in_progress');
  });
});

describe('where the jobs of dedicated clusters are read', () => {
  it('is the same in both versions of the API', () => {
    const path = `groups/${target.groupId}/clusters/orders-prod/backup/restoreJobs`;
    expect(clusterJobs.listPath(target, { pageNum: 1, itemsPerPage: 100 })).toBe(
      `/api/atlas/v2/${path}?includeCount=false&itemsPerPage=100&pageNum=1`,
    );
    expect(clusterJobs.jobPath({ ...target, apiVersion: 'v1.0' }, 'abc')).toBe(`/api/atlas/v1.0/${path}/abc`);
    expect(clusterJobs.accept('v1.0')).toBe('application/json');
    expect(clusterJobs.accept('v2')).toBe('application/vnd.atlas.2023-01-01+json');
    expect(clusterJobs.role).toBe('Project Backup Manager');
    expect(clusterJobs.decode(null, target, NOW, scrubValue)).toMatchObject({
      kind: 'unreadable',
      jobId: null,
    });
  });
});
