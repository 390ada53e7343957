import { expect, it } from 'vitest';
import type { AtlasSimulator } from '../../../src/simulator/atlas/atlas.ts';
import { inventedEvent } from '../../../src/simulator/atlas/feed/feed-endpoints.ts';
import { restoreEventsOf } from '../../../src/simulator/atlas/feed/restore-events.ts';
import {
  cancel,
  clusterJob,
  collectionJob,
  fail,
  finish,
  flexJob,
  ready,
} from '../../../src/simulator/atlas/scenario.ts';
import { GROUP_ID } from '../../support/builders.ts';
import { anAtlas, ask, read } from './atlas-client.ts';
import { listOf, problemsOf } from './field-tables.ts';

const AT = Date.parse('2026-11-23T10:00:00Z');
const JOB = { instance: 'orders', createdAt: AT };
const PATH = `/groups/${GROUP_ID}/events`;

async function aProject(now = () => AT + 60_000): Promise<AtlasSimulator> {
  const atlas = await anAtlas({ now });
  atlas.addInstance(GROUP_ID, 'orders', 'cluster');
  return atlas;
}

const typesOf = async (atlas: AtlasSimulator, query = ''): Promise<unknown[]> =>
  (await read(atlas, 'v2', PATH + query)).results.map(({ eventTypeName }) => eventTypeName);

it.each([
  [clusterJob(JOB), ['CPS_RESTORE_REQUESTED_AUDIT']],
  [finish(AT)(clusterJob(JOB)), ['CPS_RESTORE_REQUESTED_AUDIT', 'CPS_RESTORE_SUCCESSFUL']],
  [fail(AT)(clusterJob(JOB)), ['CPS_RESTORE_REQUESTED_AUDIT', 'CPS_RESTORE_FAILED']],
  [
    fail(AT)(clusterJob({ ...JOB, deliveryType: 'download' })),
    ['CPS_RESTORE_REQUESTED_AUDIT', 'CPS_SNAPSHOT_DOWNLOAD_REQUEST_FAILED'],
  ],
  [cancel(AT)(clusterJob(JOB)), ['CPS_RESTORE_REQUESTED_AUDIT']],
  [collectionJob(JOB), []],
  [finish(AT)(collectionJob(JOB)), ['CPS_COLLECTION_RESTORE_SUCCESSFUL']],
  [finish(AT, null, { failedIndexes: 1 })(collectionJob(JOB)), ['CPS_COLLECTION_RESTORE_PARTIAL_SUCCESS']],
  [cancel(AT)(collectionJob(JOB)), ['CPS_COLLECTION_RESTORE_CANCELED']],
  [finish(AT)(flexJob(JOB)), ['TENANT_RESTORE_REQUESTED_AUDIT', 'TENANT_RESTORE_COMPLETED_AUDIT']],
  [fail(AT)(flexJob(JOB)), ['TENANT_RESTORE_REQUESTED_AUDIT', 'TENANT_RESTORE_FAILED']],
  [
    ready(AT + 1, AT)(flexJob({ ...JOB, deliveryType: 'download' })),
    ['TENANT_SNAPSHOT_DOWNLOAD_REQUESTED_AUDIT', 'TENANT_RESTORE_COMPLETED_AUDIT'],
  ],
])('tells of each kind and state what Atlas does (%#)', (job, types) => {
  expect(restoreEventsOf(job).map(({ type }) => type)).toEqual(types);
});

it('makes the id of a requested event from the second, the process and a counter a few steps on', () => {
  for (let count = 0; count < 50; count += 1) {
    const job = flexJob(JOB);
    const [event] = restoreEventsOf(job);
    const seconds =
      Number.parseInt(event?.id.slice(0, 8) ?? '', 16) - Number.parseInt(job.id.slice(0, 8), 16);
    const counter = (text = '') => Number.parseInt(text.slice(-6), 16);
    expect(event?.id.slice(8, -6)).toBe(job.id.slice(8, -6));
    expect([0, 1]).toContain(seconds);
    expect([4, 5, 6, 36, 60]).toContain((counter(event?.id) - counter(job.id) + 2 ** 24) % 2 ** 24);
  }
});

it('shows the newest first, without a cluster, and those alone that were asked for', async () => {
  const atlas = await aProject();
  atlas.putJob(GROUP_ID, 'orders', finish(AT + 30_000)(clusterJob(JOB)));
  const body = await read(atlas, 'v2', PATH);
  expect(body.results.map(({ eventTypeName }) => eventTypeName)).toEqual([
    'CPS_RESTORE_SUCCESSFUL',
    'CPS_RESTORE_REQUESTED_AUDIT',
  ]);
  const table = listOf({
    id: 'id',
    created: 'date',
    eventTypeName: 'string',
    groupId: 'id',
    isGlobalAdmin: 'boolean',
    apiKeyId: 'id',
    publicKey: 'string',
    links: 'links',
  });
  expect(problemsOf(body, table)).toEqual([]);
  expect(await typesOf(atlas, '?eventType=CPS_RESTORE_FAILED&eventType=CPS_RESTORE_SUCCESSFUL')).toEqual([
    'CPS_RESTORE_SUCCESSFUL',
  ]);
  expect(await typesOf(atlas, '?minDate=2026-11-23T10:00:20Z')).toEqual(['CPS_RESTORE_SUCCESSFUL']);
  expect((await ask(atlas, 'v2', `${PATH}?minDate=lately`)).status).toBe(400);
});

it('lags, loses, invents, garbles and refuses when it is told to', async () => {
  let now = AT;
  const atlas = await aProject(() => now);
  atlas.putJob(GROUP_ID, 'orders', clusterJob(JOB));
  now += 2_000;
  atlas.setFeed(GROUP_ID, { lagMs: 60_000 });
  expect(await typesOf(atlas)).toEqual([]);
  now += 60_000;
  expect(await typesOf(atlas)).toEqual(['CPS_RESTORE_REQUESTED_AUDIT']);
  atlas.setFeed(GROUP_ID, { loses: ({ type }) => type === 'CPS_RESTORE_REQUESTED_AUDIT' });
  expect(await typesOf(atlas)).toEqual([]);
  atlas.setFeed(GROUP_ID, { loses: () => true, invents: [inventedEvent('CPS_RESTORE_FAILED', now)] });
  expect(await typesOf(atlas)).toEqual(['CPS_RESTORE_FAILED']);
  atlas.setFeed(GROUP_ID, { isGarbled: true });
  expect((await read(atlas, 'v2', PATH)).results).toEqual([expect.objectContaining({ created: 'lately' })]);
  atlas.setFeed(GROUP_ID, null);
  expect(await typesOf(atlas)).toEqual(['CPS_RESTORE_REQUESTED_AUDIT']);
  atlas.refuse(GROUP_ID, 'ACCESS_FORBIDDEN', { onlyPath: '/events' });
  expect((await ask(atlas, 'v2', PATH)).status).toBe(403);
  expect((await ask(atlas, 'v2', `/groups/${GROUP_ID}/clusters`)).status).toBe(200);
});
