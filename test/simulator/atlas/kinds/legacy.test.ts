import { describe, expect, it } from 'vitest';
import {
  cancel,
  expire,
  fail,
  finish,
  type JobStep,
  type LegacyJobOptions,
  LINK_CANARY,
  legacyBatch,
  legacyJob,
  queued,
  ready,
  usedUp,
} from '../../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, HOUR, MINUTE, T0 } from '../../../support/builders.ts';
import { anAtlas, ask, documented, read } from '../atlas-client.ts';
import { listOf, problemsOf, type Table } from '../field-tables.ts';
import { expectShapeOf } from './same-shape.ts';

const JOBS = `/groups/${GROUP_ID}/clusters/orders-old/restoreJobs`;

const FIELDS: Table = {
  id: 'id',
  groupId: 'id',
  clusterId: 'id',
  clusterName: 'string',
  created: 'date',
  statusName: ['IN_PROGRESS', 'FINISHED', 'BROKEN', 'KILLED'],
  delivery: {
    methodName: ['HTTP', 'AUTOMATED_RESTORE'],
    statusName: [
      'NOT_STARTED',
      'IN_PROGRESS',
      'PENDING',
      'READY',
      'FAILED',
      'INTERRUPTED',
      'EXPIRED',
      'MAX_DOWNLOADS_EXCEEDED',
    ],
    'expirationHours?': 'count',
    'maxDownloads?': 'count',
    'expires?': 'date',
    'url?': 'string',
    'urlV2?': 'string',
    'authHeader?': 'string',
    'authValue?': 'string',
    'targetClusterName?': 'string',
    'targetGroupId?': 'id',
  },
  'batchId?': 'id',
  encryptionEnabled: 'boolean',
  'hashes?': { each: { fileName: 'string', hash: 'string', typeName: ['SHA1'] } },
  'snapshotId?': 'id',
  'timestamp?': { date: 'date', increment: 'count' },
  links: 'links',
};

const END = T0 + 9 * MINUTE;
const LATER = T0 + 48 * HOUR;
const CASES: ReadonlyArray<readonly [string, Partial<LegacyJobOptions>, JobStep[], string[]]> = [
  ['in-progress', {}, [], []],
  ['finished-link-ready', {}, [ready(LATER, END)], []],
  ['finished-link-expired', {}, [ready(LATER, END), expire(LATER)], []],
  ['finished-downloads-used-up', {}, [ready(LATER, END), usedUp()], []],
  ['broken', {}, [fail(END)], []],
  ['killed', {}, [cancel(END)], []],
  ['batch-member', { batchId: '690710a5c1d2e3f4a5b6c7ff' }, [queued()], []],
  ['auth-header-secret', { secretInHeader: true }, [ready(LATER, END)], ['hashes']],
];

describe('a legacy job', () => {
  it.each(CASES)('is as in the documented case %s', async (name, options, steps, but) => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders-old', 'legacy');
    const fresh = legacyJob({ createdAt: T0, instance: 'orders-old', ...options });
    const job = steps.reduce((life, step) => step(life), fresh);
    atlas.putJob(GROUP_ID, 'orders-old', job);
    const shown = await read(atlas, 'v2', `${JOBS}/${job.id}`);
    expectShapeOf(shown, 'legacy', name, { but, exactly: ['created', 'groupId', 'clusterName'] });
    expectDelivery(shown.delivery, name);
    expect(problemsOf(shown, FIELDS)).toEqual([]);
    for (const api of ['v1.0', 'v2'] as const) {
      expect(problemsOf(await read(atlas, api, JOBS), listOf(FIELDS))).toEqual([]);
    }
  });

  it('can restore into a cluster, and then says which', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders-old', 'legacy');
    const job = finish(END)(
      legacyJob({ createdAt: T0, instance: 'orders-old', target: 'orders-new', deliveryType: 'pointInTime' }),
    );
    atlas.putJob(GROUP_ID, 'orders-old', job);
    const shown = await read(atlas, 'v1.0', `${JOBS}/${job.id}`);
    expect(shown).toMatchObject({
      statusName: 'FINISHED',
      delivery: { methodName: 'AUTOMATED_RESTORE', statusName: 'READY', targetClusterName: 'orders-new' },
      timestamp: { date: '2026-11-01T23:00:05Z' },
    });
    expect(problemsOf(shown, FIELDS)).toEqual([]);
  });

  it('of a sharded cluster is one of a batch, which can be listed alone', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders-old', 'legacy');
    const options = { createdAt: T0, instance: 'orders-old' };
    const batch = legacyBatch({ ...options, shards: 2 });
    for (const job of [...batch, legacyJob(options)]) atlas.putJob(GROUP_ID, 'orders-old', job);
    const { results, totalCount } = await read(atlas, 'v2', `${JOBS}?batchId=${batch[0]!.batchId}`);
    expect(totalCount).toBe(3);
    expect(results.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
  });
});

describe('Ops Manager', () => {
  it('asks for the jobs of a cluster by its id, in an API of its own', async () => {
    const atlas = await anAtlas();
    atlas.setProject(GROUP_ID, { product: 'ops_manager' });
    const id = atlas.addInstance(GROUP_ID, 'orders-old', 'legacy');
    const job = ready(LATER, END)(legacyJob({ createdAt: T0, instance: 'orders-old', secretInHeader: true }));
    atlas.putJob(GROUP_ID, 'orders-old', job);
    const list = await read(atlas, 'public', `/groups/${GROUP_ID}/clusters/${id}/restoreJobs`);
    expect(problemsOf(list, listOf(FIELDS))).toEqual([]);
    expect(list.results[0]).toMatchObject({ clusterId: id, delivery: { authValue: LINK_CANARY } });
    const one = await read(atlas, 'public', `/groups/${GROUP_ID}/clusters/${id}/restoreJobs/${job.id}`);
    expect(one.id).toBe(job.id);
    expect((await ask(atlas, 'public', JOBS)).status).toBe(404);
  });

  it.each([
    ['v2', 'ops_manager', 'NOT_ATLAS_GROUP'],
    ['public', 'atlas', 'ATLAS_GROUP'],
  ] as const)('and Atlas do not answer for each other: %s', async (api, product, errorCode) => {
    const atlas = await anAtlas();
    atlas.setProject(GROUP_ID, { product });
    const id = atlas.addInstance(GROUP_ID, 'orders-old', 'legacy');
    const reply = await ask(atlas, api, `/groups/${GROUP_ID}/clusters/${id}/restoreJobs`);
    expect(reply.status).toBe(404);
    expect(await reply.json()).toMatchObject({ errorCode });
  });
});

function expectDelivery(shown: unknown, name: string): void {
  const { delivery } = documented<{ body: { delivery: Record<string, unknown> } }>('legacy', name).body;
  // That case says nothing of when its link ends.
  const but = name === 'auth-header-secret' ? ['expires'] : [];
  expect(Object.keys(shown as object).sort()).toEqual([...Object.keys(delivery), ...but].sort());
  expect(shown).toMatchObject({ statusName: delivery.statusName, methodName: delivery.methodName });
}
