import { describe, expect, it } from 'vitest';
import type { AtlasSimulator } from '../../../../src/simulator/atlas/atlas.ts';
import {
  cancel,
  collectionJob,
  fail,
  finalizing,
  finish,
  type JobStep,
  progress,
} from '../../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, MINUTE, T0 } from '../../../support/builders.ts';
import { anAtlas, ask, read } from '../atlas-client.ts';
import { listOf, problemsOf, type Table } from '../field-tables.ts';
import { expectShapeOf } from './same-shape.ts';

const JOBS = `/groups/${GROUP_ID}/clusters/orders/collectionRestoreJobs`;

const INDEX_STATES = ['NOT_STARTED', 'IN_PROGRESS', 'SUCCESSFUL', 'FAILED', 'NOT_RESTORED'];
const FIELDS: Table = {
  id: 'id',
  state: ['INITIALIZING', 'IN_PROGRESS', 'FINALIZING', 'SUCCESSFUL', 'CANCELED', 'FAILED'],
  createdAt: 'date',
  'finishedAt?': 'date',
  'errorMessage?': 'string',
  restoredDocuments: 'count',
  totalDocuments: 'count',
  indexStatus: { state: INDEX_STATES, failedCollectionCount: 'count' },
  indexStrategy: ['ALL', 'NONE', 'ALL_EXCEPT_TTL'],
  writeStrategy: ['CREATE_NEW', 'OVERWRITE_EXISTING'],
  databases: { each: { sourceNamespace: 'string', 'targetNamespace?': 'string' } },
  collections: { each: { sourceNamespace: 'string', 'targetNamespace?': 'string' } },
  databaseSuffix: 'string',
  collectionSuffix: 'string',
  'snapshotId?': 'id',
  'oplogTs?': 'count',
  'oplogInc?': 'count',
  'pointInTimeUtcSeconds?': 'count',
  targetClusterName: 'string',
  targetGroupId: 'id',
};
const PART_FIELDS: Table = {
  effectiveTargetNamespace: 'string',
  indexStatus: { state: INDEX_STATES },
  restoredDocuments: 'count',
  sourceNamespace: 'string',
  state: [
    'NOT_STARTED',
    'IN_PROGRESS',
    'FINALIZING',
    'NOT_FOUND',
    'UNSUPPORTED',
    'SUCCESSFUL',
    'ROLLBACK',
    'NOT_RESTORED',
    'FAILED',
    'INDEX_BUILD_FAILED',
  ],
  targetNamespace: 'string',
  totalDocuments: 'count',
};

const END = T0 + 44 * MINUTE;
const CASES = [
  ['initializing', []],
  ['in-progress', [progress(15_500)]],
  ['finalizing', [finalizing()]],
  ['successful', [finish(END)]],
  ['successful-with-index-failures', [finish(END, null, { failedIndexes: 1 })]],
  ['failed', [progress(4_200), fail(END)]],
  ['canceled', [cancel(END)]],
] as const;

async function withJob(
  steps: readonly JobStep[],
  collections?: string[],
): Promise<{ atlas: AtlasSimulator; path: string }> {
  const atlas = await anAtlas();
  atlas.addInstance(GROUP_ID, 'orders', 'cluster');
  const fresh = collectionJob({ createdAt: T0, instance: 'orders', ...(collections && { collections }) });
  const job = steps.reduce((life, step) => step(life), fresh);
  atlas.putJob(GROUP_ID, 'orders', job);
  return { atlas, path: `${JOBS}/${job.id}` };
}

describe('a collection restore', () => {
  it.each(CASES)('is as in the documented case %s', async (name, steps) => {
    const { atlas, path } = await withJob(steps);
    const shown = await read(atlas, 'v2', path);
    const exactly = ['restoredDocuments', 'totalDocuments', 'indexStatus', 'errorMessage', 'createdAt'];
    expectShapeOf(shown, 'collection', name, { exactly });
    expect(problemsOf(shown, FIELDS)).toEqual([]);
    expect(problemsOf(await read(atlas, 'v2', JOBS), listOf(FIELDS, { countable: false }))).toEqual([]);
    const parts = await read(atlas, 'v2', `${path}/collections`);
    expect(problemsOf(parts, listOf(PART_FIELDS, { countable: false }))).toEqual([]);
  });

  it('counts its list even when the count is declined, for it does not know the parameter', async () => {
    const { atlas } = await withJob([]);
    const { totalCount, links } = await read(atlas, 'v2', `${JOBS}?includeCount=false`);
    expect(totalCount).toBe(1);
    expect(links[0]!.href).not.toContain('includeCount');
  });

  it('may find more documents on the way', async () => {
    const { atlas, path } = await withJob([progress(10), progress(11, 30_000)]);
    expect(await read(atlas, 'v2', path)).toMatchObject({ restoredDocuments: 11, totalDocuments: 30_000 });
  });
});

describe('the collections of a restore', () => {
  const names = ['sales.orders', 'sales.customers', 'sales.carts'];
  const statesAfter = async (...steps: JobStep[]) => {
    const { atlas, path } = await withJob(steps, names);
    const { results } = await read(atlas, 'v2', `${path}/collections`);
    return results.map(({ state }) => state);
  };

  it('are unknown while it initializes', async () => {
    expect(await statesAfter()).toEqual([]);
  });

  it.each<[string, JobStep[], string[]]>([
    ['goes on', [progress(1)], ['IN_PROGRESS', 'IN_PROGRESS', 'IN_PROGRESS']],
    ['builds indexes', [finalizing()], ['FINALIZING', 'FINALIZING', 'FINALIZING']],
    ['ends well', [finish(END)], ['SUCCESSFUL', 'SUCCESSFUL', 'SUCCESSFUL']],
    [
      'ends without some indexes',
      [finish(END, null, { failedIndexes: 1 })],
      ['INDEX_BUILD_FAILED', 'SUCCESSFUL', 'SUCCESSFUL'],
    ],
    ['fails', [progress(1), fail(END)], ['FAILED', 'ROLLBACK', 'ROLLBACK']],
    ['is cancelled', [progress(1), cancel(END)], ['NOT_RESTORED', 'NOT_RESTORED', 'NOT_RESTORED']],
  ])('have states of their own when it %s', async (_, steps, expected) => {
    expect(await statesAfter(...steps)).toEqual(expected);
  });

  it('share its documents', async () => {
    const { atlas, path } = await withJob([progress(15_500)], names);
    const { results } = await read(atlas, 'v2', `${path}/collections`);
    const sum = (field: string) => results.reduce((total, part) => total + Number(part[field]), 0);
    expect([sum('restoredDocuments'), sum('totalDocuments')]).toEqual([15_500, 20_000]);
  });

  it('can be read one by one, and are not found by another name', async () => {
    const { atlas, path } = await withJob([progress(1)], names);
    const one = await read(atlas, 'v2', `${path}/collections/sales.carts`);
    expect(one).toMatchObject({ sourceNamespace: 'sales.carts' });
    expect(problemsOf(one, PART_FIELDS)).toEqual([]);
    expect((await ask(atlas, 'v2', `${path}/collections/sales.nothing`)).status).toBe(404);
  });
});
