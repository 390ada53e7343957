import { describe, expect, it } from 'vitest';
import {
  fail,
  finish,
  flexJob,
  LINK_CANARY,
  queued,
  ready,
  running,
} from '../../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID, HOUR, MINUTE, T0 } from '../../../support/builders.ts';
import { anAtlas, ask, read } from '../atlas-client.ts';
import { listOf, problemsOf, type Table } from '../field-tables.ts';
import { expectShapeOf } from './same-shape.ts';

const JOBS = `/groups/${GROUP_ID}/flexClusters/orders/backup/restoreJobs`;

const FIELDS: Table = {
  id: 'id',
  status: ['PENDING', 'QUEUED', 'RUNNING', 'COMPLETED', 'FAILED'],
  deliveryType: ['RESTORE', 'DOWNLOAD'],
  restoreScheduledDate: 'date',
  'restoreFinishedDate?': 'date',
  expirationDate: 'date',
  snapshotFinishedDate: 'date',
  snapshotId: 'id',
  'snapshotUrl?': 'string',
  instanceName: 'string',
  projectId: 'id',
  'targetDeploymentItemName?': 'string',
  'targetProjectId?': 'id',
};

const END = T0 + MINUTE;
const CASES = [
  ['pending', 'automated', []],
  ['queued', 'automated', [queued()]],
  ['running', 'automated', [running()]],
  ['completed', 'automated', [running(), finish(END)]],
  ['failed', 'automated', [running(), fail(END)]],
  ['download-ready', 'download', [running(), ready(T0 + 4 * HOUR, END)]],
] as const;

describe('a Flex job', () => {
  it.each(CASES)('is as in the documented case %s', async (name, deliveryType, steps) => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders', 'flex');
    const fresh = flexJob({ createdAt: T0, instance: 'orders', deliveryType });
    const job = steps.reduce((life, step) => step(life), fresh);
    atlas.putJob(GROUP_ID, 'orders', job);
    const shown = await read(atlas, 'v2', `${JOBS}/${job.id}`);
    expectShapeOf(shown, 'flex', name, { exactly: ['expirationDate', 'restoreScheduledDate'] });
    expect(problemsOf(shown, FIELDS)).toEqual([]);
    expect(problemsOf(await read(atlas, 'v2', JOBS), listOf(FIELDS))).toEqual([]);
  });

  it('has its secret in the query of the link', async () => {
    const job = ready(
      T0 + HOUR,
      T0,
    )(flexJob({ createdAt: T0, instance: 'orders', deliveryType: 'download' }));
    expect(new URL(job.deliveryUrl[0]!).search).toContain(LINK_CANARY);
  });

  it('is listed newest first, whatever the order of the others', async () => {
    const atlas = await anAtlas({ order: 'insertion' });
    atlas.addInstance(GROUP_ID, 'orders', 'flex');
    const jobs = [2, 3, 1].map((age) => flexJob({ createdAt: T0 - age * HOUR, instance: 'orders' }));
    for (const job of jobs) atlas.putJob(GROUP_ID, 'orders', job);
    const { results } = await read(atlas, 'v2', JOBS);
    expect(results.map(({ id }) => id)).toEqual([jobs[2]!.id, jobs[0]!.id, jobs[1]!.id]);
  });

  it('is known to v2 alone', async () => {
    const atlas = await anAtlas();
    atlas.addInstance(GROUP_ID, 'orders', 'flex');
    expect((await ask(atlas, 'v1.0', JOBS)).status).toBe(404);
    const reply = await ask(atlas, 'v2', JOBS);
    expect(reply.headers.get('content-type')).toBe('application/vnd.atlas.2024-11-13+json;charset=utf-8');
  });
});
