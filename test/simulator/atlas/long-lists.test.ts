import { describe, expect, it } from 'vitest';
import type { AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import { clusterJob, flexJob } from '../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, HOUR, T0 } from '../../support/builders.ts';
import { anAtlas, read } from './atlas-client.ts';

const PATHS = {
  serverless: 'serverless/orders/backup/restoreJobs',
  flex: 'flexClusters/orders/backup/restoreJobs',
  cluster: 'clusters/orders/backup/restoreJobs',
  collection: 'clusters/orders/collectionRestoreJobs',
  legacy: 'clusters/orders/restoreJobs',
} as const;

async function page(
  atlas: AtlasSimulator,
  kind: keyof typeof PATHS,
  pageNum: number,
  itemsPerPage = 500,
): Promise<string[]> {
  const query = `itemsPerPage=${itemsPerPage}&pageNum=${pageNum}`;
  const { results } = await read(atlas, 'v2', `/groups/${GROUP_ID}/${PATHS[kind]}?${query}`);
  return results.map(({ id }) => id);
}

describe('restores of the past', () => {
  it('make a long list, newest first for Flex', async () => {
    const atlas = await anAtlas({ now: () => T0 });
    atlas.addInstance(GROUP_ID, 'orders', 'flex');
    const ids = atlas.addPast(GROUP_ID, 'orders', 2_160);
    expect(new Set(ids).size).toBe(2_160);
    const pages = [];
    for (const pageNum of [1, 2, 3, 4, 5, 6]) pages.push(await page(atlas, 'flex', pageNum));
    expect(pages.map(({ length }) => length)).toEqual([500, 500, 500, 500, 160, 0]);
    expect(pages.flat()).toEqual(ids.toReversed());
  });

  it.each(['serverless', 'flex', 'cluster', 'collection', 'legacy'] as const)(
    'have all ended well, the last one a day ago: %s',
    async (kind) => {
      const atlas = await anAtlas({ now: () => T0 });
      atlas.addInstance(GROUP_ID, 'orders', kind);
      const [older, newer] = atlas.addPast(GROUP_ID, 'orders', 2);
      const seconds = (id: string) => Number.parseInt(id.slice(0, 8), 16);
      expect([seconds(older!), seconds(newer!)]).toEqual([
        (T0 - 30 * HOUR) / 1_000,
        (T0 - 24 * HOUR) / 1_000,
      ]);
      const { results } = await read(atlas, 'v2', `/groups/${GROUP_ID}/${PATHS[kind]}`);
      expect(JSON.stringify(results).match(/"finishedAt"|"COMPLETED"|"FINISHED"/g)).toHaveLength(2);
    },
  );

  it('can lie anywhere in time', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders', 'cluster');
    const ids = atlas.addPast(GROUP_ID, 'orders', 2, { until: T0, everyMs: 60_000 });
    expect(ids.map((id) => Number.parseInt(id.slice(0, 8), 16))).toEqual([T0 / 1_000 - 60, T0 / 1_000]);
  });

  it('are not for instances that have no backups, or are not there', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'tiny', 'free');
    for (const name of ['tiny', 'nowhere']) expect(() => atlas.addPast(GROUP_ID, name, 1)).toThrow(name);
  });
});

describe('a list that changes while it is read', () => {
  it('shows a job twice when one comes in between two pages in front of it', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders', 'flex');
    atlas.addPast(GROUP_ID, 'orders', 4);
    const fresh = flexJob({ createdAt: Date.now(), instance: 'orders' });
    const asked: unknown[] = [];
    atlas.betweenPages((next) => {
      asked.push(next);
      atlas.putJob(GROUP_ID, 'orders', fresh);
    });
    const first = await page(atlas, 'flex', 1, 2);
    const second = await page(atlas, 'flex', 2, 2);
    expect(second[0]).toBe(first[1]);
    expect(asked).toEqual([{ groupId: GROUP_ID, instanceName: 'orders', pageNum: 2 }]);
    atlas.betweenPages(null);
    expect((await page(atlas, 'flex', 1, 2))[0]).toBe(fresh.id);
    expect(asked).toHaveLength(1);
  });

  it('hides one when another goes', async () => {
    const atlas = await anAtlas({ order: 'newest' });
    atlas.addInstance(GROUP_ID, 'orders', 'cluster');
    const jobs = [1, 2, 3].map((age) => clusterJob({ createdAt: T0 - age * HOUR, instance: 'orders' }));
    for (const job of jobs) atlas.putJob(GROUP_ID, 'orders', job);
    atlas.betweenPages(() => atlas.removeJob(GROUP_ID, 'orders', jobs[0]!.id));
    expect([await page(atlas, 'cluster', 1, 1), await page(atlas, 'cluster', 2, 1)]).toEqual([
      [jobs[0]!.id],
      [jobs[2]!.id],
    ]);
  });
});
