import { describe, expect, it } from 'vitest';
import {
  type ClusterJobOptions,
  cancel,
  clusterJob,
  expire,
  fail,
  finish,
  type JobStep,
  LINK_CANARY,
  ready,
  readyInPart,
} from '../../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, HOUR, MINUTE, T0 } from '../../../support/builders.ts';
import { anAtlas, read, type Shown } from '../atlas-client.ts';
import { listOf, problemsOf, type Table } from '../field-tables.ts';
import { expectShapeOf } from './same-shape.ts';

const JOBS = `/groups/${GROUP_ID}/clusters/orders/backup/restoreJobs`;

const FIELDS: Table = {
  id: 'id',
  deliveryType: ['automated', 'download', 'pointInTime'],
  cancelled: 'boolean',
  expired: 'boolean',
  failed: 'boolean',
  'finishedAt?': 'date',
  'expiresAt?': 'date',
  timestamp: 'date',
  'snapshotId?': 'id',
  'targetClusterName?': 'string',
  'targetGroupId?': 'id',
  'targetDeploymentItemName?': 'string',
  deliveryUrl: 'strings',
  'components?': { each: { replicaSetName: 'string', downloadUrl: ['string', null] } },
  'privateDownloadDeliveryUrls?': { each: { deliveryUrl: 'string', endpointId: 'string' } },
  // The schema knows neither the nulls nor `time`; real replies have both.
  desiredTimestamp: { date: ['date', null], increment: ['count', null], 'time?': ['count', null] },
  'oplogTs?': 'count',
  'oplogInc?': 'count',
  'pointInTimeUTCSeconds?': 'count',
  links: 'links',
};

const END = T0 + 4 * MINUTE;
const LATER = T0 + 4 * HOUR;
const PRIVATE = { privateEndpointId: 'vpce-0123456789abcdef0' };
/** What real replies have, and the cases that follow the schema lack. */
const REAL = ['desiredTimestamp'];

const CASES: ReadonlyArray<readonly [string, Partial<ClusterJobOptions>, JobStep[], string[]]> = [
  ['automated-in-progress', {}, [], []],
  ['automated-finished', {}, [finish(END)], []],
  ['automated-failed', {}, [fail(END)], []],
  ['automated-cancelled', {}, [cancel(END)], []],
  ['download-preparing', { deliveryType: 'download' }, [], []],
  ['download-ready', { deliveryType: 'download' }, [ready(LATER)], []],
  ['download-expired', { deliveryType: 'download' }, [ready(LATER), expire(LATER)], []],
  ['download-failed', { deliveryType: 'download' }, [fail(END, { alsoCancelled: true })], []],
  ['download-private-endpoint', { deliveryType: 'download', ...PRIVATE }, [ready(LATER)], REAL],
  ['sharded-download-ready', { deliveryType: 'download', shards: 1 }, [ready(LATER)], REAL],
  ['sharded-download-partly-ready', { deliveryType: 'download', shards: 1 }, [readyInPart(1)], []],
  ['pointInTime-in-progress', { deliveryType: 'pointInTime' }, [], []],
];

async function show(
  options: Partial<ClusterJobOptions>,
  steps: readonly JobStep[],
): Promise<{ one: Shown; list: Shown; inV1: Shown }> {
  const atlas = await anAtlas();
  atlas.addInstance(GROUP_ID, 'orders', 'cluster');
  const fresh = clusterJob({ createdAt: T0, instance: 'orders', ...options });
  const job = steps.reduce((life, step) => step(life), fresh);
  atlas.putJob(GROUP_ID, 'orders', job);
  return {
    one: await read(atlas, 'v2', `${JOBS}/${job.id}`),
    list: await read(atlas, 'v2', JOBS),
    inV1: await read(atlas, 'v1.0', `${JOBS}/${job.id}`),
  };
}

describe('a job of a dedicated cluster', () => {
  it.each(CASES)('has the fields and flags of the documented case %s', async (name, options, steps, but) => {
    const { one, list, inV1 } = await show(options, steps);
    expectShapeOf(one, 'dedicated', name, { exactly: ['deliveryType'], but });
    expect(problemsOf(one, FIELDS)).toEqual([]);
    expect(problemsOf(inV1, { ...FIELDS, createdAt: 'date' })).toEqual([]);
    expect(problemsOf(list, listOf(FIELDS))).toEqual([]);
    expect(list.results).toEqual([one]);
  });

  it('has an object of nulls where no point in time is desired', async () => {
    const { one } = await show({}, []);
    expect(one.desiredTimestamp).toEqual({ increment: null, time: null, date: null });
  });

  it('can go back to a place in the oplog', async () => {
    const { one } = await show({ deliveryType: 'pointInTime', byOplog: true }, [finish(END)]);
    expect(one).toMatchObject({ oplogTs: (T0 - 9 * HOUR) / 1_000, oplogInc: 1 });
    expect(one).not.toHaveProperty('pointInTimeUTCSeconds');
    expect(problemsOf(one, FIELDS)).toEqual([]);
  });

  it('has one part for each shard and one for the config servers, and no link to any after it expired', async () => {
    const sharded = { deliveryType: 'download', shards: 2 } as const;
    const parts = async (...steps: JobStep[]) =>
      (await show(sharded, steps)).one.components as Array<{ replicaSetName: string; downloadUrl: string }>;
    expect((await parts(ready(LATER))).map(({ downloadUrl }) => downloadUrl.includes(LINK_CANARY))).toEqual([
      true,
      true,
      true,
    ]);
    expect((await parts(ready(LATER), expire(LATER))).map(({ downloadUrl }) => downloadUrl)).toEqual([
      null,
      null,
      null,
    ]);
  });
});
