import { describe, expect, it } from 'vitest';
import type { SimulatedJob } from '../../../../src/simulator/atlas/jobs/simulated-job.ts';
import {
  cancel,
  expire,
  fail,
  finish,
  ready,
  serverlessJob,
} from '../../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, MINUTE, T0 } from '../../../support/builders.ts';
import { anAtlas, ask, read } from '../atlas-client.ts';
import { listOf, problemsOf, type Table } from '../field-tables.ts';
import { expectShapeOf } from './same-shape.ts';

const JOBS = `/groups/${GROUP_ID}/serverless/orders/backup/restoreJobs`;

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
  'pointInTimeUTCSeconds?': 'count',
  links: 'links',
};
const V1_FIELDS: Table = { ...FIELDS, createdAt: 'date' };

const END = T0 + 21 * MINUTE;
const LATER = T0 + 360 * MINUTE;
const CASES = [
  ['in-progress', 'automated', []],
  ['finished', 'automated', [finish(END)]],
  ['failed', 'automated', [fail(END)]],
  ['failed-and-cancelled', 'automated', [fail(END, { alsoCancelled: true })]],
  ['cancelled', 'automated', [cancel(END)]],
  ['expired-never-finished', 'automated', [expire(LATER)]],
  ['finished-then-expired', 'automated', [finish(END, LATER), expire(LATER)]],
  ['download-preparing', 'download', []],
  ['download-ready', 'download', [ready(LATER)]],
  ['download-expired', 'download', [ready(LATER), expire(LATER)]],
  ['pointInTime-in-progress', 'pointInTime', []],
] as const;

function aJob(deliveryType: SimulatedJob['deliveryType'] = 'automated'): SimulatedJob {
  return serverlessJob({ createdAt: T0, instance: 'orders', deliveryType });
}

describe('a serverless job', () => {
  it.each(CASES)('has exactly the fields and flags of the documented case %s', async (name, type, steps) => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders');
    const job = steps.reduce((life, step) => step(life), aJob(type));
    atlas.putJob(GROUP_ID, 'orders', job);
    const shown = await read(atlas, 'v1.0', `${JOBS}/${job.id}`);
    expectShapeOf(shown, 'serverless', name, { exactly: ['deliveryType'] });
    expect(shown.createdAt).toBe('2026-11-02T08:00:05Z');
    expect(problemsOf(shown, V1_FIELDS)).toEqual([]);
    expect(problemsOf(await read(atlas, 'v2', `${JOBS}/${job.id}`), FIELDS)).toEqual([]);
    expect(problemsOf(await read(atlas, 'v2', JOBS), listOf(FIELDS))).toEqual([]);
  });

  it('has no createdAt in v2, and is typed with its version', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders');
    const job = aJob();
    atlas.putJob(GROUP_ID, 'orders', job);
    const reply = await ask(atlas, 'v2', `${JOBS}/${job.id}`);
    expect(reply.headers.get('content-type')).toBe('application/vnd.atlas.2023-01-01+json;charset=utf-8');
    expectShapeOf((await reply.json()) as Record<string, unknown>, 'serverless', 'in-progress-no-createdAt');
  });

  it('can be odd: fields of the wrong type, new fields, fields taken away', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders');
    const job = aJob();
    const oddities = { failed: 'perhaps', surprise: 1, snapshotId: undefined };
    atlas.putJob(GROUP_ID, 'orders', job);
    atlas.updateJob(GROUP_ID, 'orders', job.id, { oddities });
    const shown = await read(atlas, 'v1.0', `${JOBS}/${job.id}`);
    expect(shown).toMatchObject({ failed: 'perhaps', surprise: 1 });
    expect(shown).not.toHaveProperty('snapshotId');
    expect(problemsOf(shown, V1_FIELDS)).toHaveLength(2);
  });
});
