import { describe, expect, it } from 'vitest';
import type { AtlasOptions, AtlasSimulator } from '../../../../src/simulator/atlas/atlas.ts';
import { ATLAS_RATE_LIMITS } from '../../../../src/simulator/atlas/limits/rate-limits.ts';
import { GROUP_ID, T0 } from '../../../support/builders.ts';
import * as client from '../atlas-client.ts';
import { ask, documented, type Root } from '../atlas-client.ts';

const OTHER_GROUP = '64b0c1d2e3f4a5b6c7d8e9ff';
const CLUSTER_JOBS = '/clusters/orders/backup/restoreJobs';

let now = T0;

async function anAtlas(options: Partial<AtlasOptions>): Promise<AtlasSimulator> {
  now = T0;
  const atlas = await client.anAtlas({ now: () => now, ...options });
  for (const groupId of [GROUP_ID, OTHER_GROUP]) {
    atlas.addInstance(groupId, 'orders', 'cluster');
    atlas.addInstance(groupId, 'carts', 'flex');
    atlas.addInstance(groupId, 'users');
  }
  return atlas;
}

function get(atlas: AtlasSimulator, path: string, root: Root = 'v2', groupId = GROUP_ID): Promise<Response> {
  return ask(atlas, root, path === '/groups' ? path : `/groups/${groupId}${path}`);
}

async function statuses(atlas: AtlasSimulator, ...paths: string[]): Promise<number[]> {
  const found: number[] = [];
  for (const path of paths) found.push((await get(atlas, path)).status);
  return found;
}

describe('a rate limit', () => {
  it('refuses what is above it in the words of v2, and says how long to wait', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 2, refill: 6 } } });
    expect(await statuses(atlas, CLUSTER_JOBS, CLUSTER_JOBS)).toEqual([200, 200]);
    const reply = await get(atlas, CLUSTER_JOBS);
    const expected = documented<{ body: Record<string, unknown>; status: number }>(
      'errors',
      'rate-limited-token-bucket',
    );
    expect(reply.status).toBe(expected.status);
    expect(Object.fromEntries(reply.headers)).toMatchObject({
      'ratelimit-limit': '2',
      'ratelimit-remaining': '0',
      'retry-after': '10',
      'x-error-code': 'RATE_LIMITED_TOKEN_BUCKET',
    });
    const path = `api/atlas/v2/groups/${GROUP_ID}${CLUSTER_JOBS}`;
    expect(await reply.json()).toEqual({
      ...expected.body,
      detail: `Rate limit exceeded for ${path}. Please retry after 10 seconds. Request capacity: 2. Refill rate: 6 per 60 seconds.`,
      parameters: [path, 10, 2, 6, 60],
    });
    now += 10_000;
    expect(await statuses(atlas, CLUSTER_JOBS, CLUSTER_JOBS)).toEqual([200, 429]);
  });

  it('speaks in v1.0 without headers', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 1, refill: 100 } } });
    expect((await get(atlas, CLUSTER_JOBS, 'v1.0')).headers.has('ratelimit-limit')).toBe(false);
    const reply = await get(atlas, CLUSTER_JOBS, 'v1.0');
    expect(await reply.json()).toMatchObject({
      error: 429,
      errorCode: 'RATE_LIMITED',
      parameters: [`/api/atlas/v1.0/groups/${GROUP_ID}${CLUSTER_JOBS}`, 100, 1],
    });
  });

  it('can keep silent about what is left, and about how long to wait', async () => {
    const atlas = await anAtlas({
      rateLimits: { cloudBackups: { capacity: 1, refill: 1 } },
      rateHeaders: false,
      retryAfter: false,
    });
    const replies = [await get(atlas, CLUSTER_JOBS), await get(atlas, CLUSTER_JOBS)];
    expect(replies.map(({ status }) => status)).toEqual([200, 429]);
    for (const { headers } of replies) {
      for (const name of ['ratelimit-limit', 'ratelimit-remaining', 'retry-after']) {
        expect(headers.has(name), name).toBe(false);
      }
    }
  });

  it('tells what is left with errors too, and counts them', async () => {
    const atlas = await anAtlas({ rateLimits: ATLAS_RATE_LIMITS });
    const left = async (path: string) => (await get(atlas, path)).headers.get('ratelimit-remaining');
    expect(await left(CLUSTER_JOBS)).toBe('1199');
    expect(await left('/clusters/nothing/backup/restoreJobs')).toBe('1198');
    expect(await left('/clusters')).toBe('9999');
  });

  it('counts no logins, nothing that it refused, and no address that is none', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 1, refill: 1 } } });
    await fetch(`${atlas.url}/api/atlas/v2/groups/${GROUP_ID}${CLUSTER_JOBS}`);
    expect(await statuses(atlas, '/nothing', CLUSTER_JOBS, CLUSTER_JOBS)).toEqual([404, 200, 429]);
    now += 60_000;
    expect(await statuses(atlas, CLUSTER_JOBS)).toEqual([200]);
  });
});

describe('a bucket', () => {
  it.each([
    [
      'cloudBackups',
      [CLUSTER_JOBS, '/clusters/orders/collectionRestoreJobs', '/clusters/orders/restoreJobs'],
    ],
    ['flexRestoreJobs', ['/flexClusters/carts/backup/restoreJobs']],
    ['flexClusters', ['/flexClusters']],
    ['clusters', ['/clusters']],
    ['serverless', ['/serverless', '/serverless/users/backup/restoreJobs']],
    ['projects', ['/groups', '']],
  ] as const)('is shared by all that is %s', async (set, paths) => {
    const all = [
      CLUSTER_JOBS,
      '/flexClusters/carts/backup/restoreJobs',
      '/flexClusters',
      '/clusters',
      '/serverless',
      '/groups',
    ];
    const others = all.filter((path) => !(paths as readonly string[]).includes(path));
    const atlas = await anAtlas({ rateLimits: { [set]: { capacity: 1, refill: 1 } } });
    expect(atlas.takeTokens(GROUP_ID, set, 1)).toBe(1);
    expect(await statuses(atlas, ...paths)).toEqual(paths.map(() => 429));
    expect(await statuses(atlas, ...others)).toEqual(others.map(() => 200));
  });

  it('belongs to one project', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 1, refill: 1 } } });
    expect(await statuses(atlas, CLUSTER_JOBS, CLUSTER_JOBS)).toEqual([200, 429]);
    expect((await get(atlas, CLUSTER_JOBS, 'v2', OTHER_GROUP)).status).toBe(200);
  });

  it('can be drawn upon by another client, to the last token', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 10, refill: 10 } } });
    expect([
      atlas.takeTokens(GROUP_ID, 'cloudBackups', 7),
      atlas.takeTokens(GROUP_ID, 'cloudBackups', 7),
    ]).toEqual([7, 3]);
    expect(await statuses(atlas, CLUSTER_JOBS)).toEqual([429]);
    expect(() => atlas.takeTokens(GROUP_ID, 'clusters', 1)).toThrow('no limit for clusters');
  });

  it('fills steadily, up to its capacity', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 5, refill: 60 } } });
    const refill = (afterMs: number) => {
      now += afterMs;
      return atlas.takeTokens(GROUP_ID, 'cloudBackups', 100);
    };
    expect([refill(0), refill(1_500), refill(500), refill(60_000)]).toEqual([5, 1, 1, 5]);
  });

  it('can fill in steps', async () => {
    const atlas = await anAtlas({ rateLimits: { cloudBackups: { capacity: 10, refill: 5, inSteps: true } } });
    atlas.takeTokens(GROUP_ID, 'cloudBackups', 10);
    now += 5_000;
    const reply = await get(atlas, CLUSTER_JOBS);
    expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, '55']);
    now += 55_000;
    expect(atlas.takeTokens(GROUP_ID, 'cloudBackups', 100)).toBe(5);
    now += 180_000;
    expect(atlas.takeTokens(GROUP_ID, 'cloudBackups', 100)).toBe(10);
  });
});
