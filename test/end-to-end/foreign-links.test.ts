import { request as ask, createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import type { SimulatedJob } from '../../src/simulator/atlas/jobs/simulated-job.ts';
import {
  clusterJob,
  collectionJob,
  fail,
  flexJob,
  LINK_CANARY,
  legacyJob,
  ready,
  running,
  serverlessJob,
} from '../../src/simulator/atlas/scenario.ts';
import { leaksOf, tracesOf } from '../support/leaks.ts';
import { awaken, factsOf, GROUP, pollsOf, settle, startWorld, untilPolled, type World } from './support.ts';

const MANAGED_GROUP = '64b0c1d2e3f4a5b6c7d8e9ff';
const LEGACY_GROUP = '64b0c1d2e3f4a5b6c7d8e9fe';
/** More than a page of them: there is a `next` link. */
const OLD_JOBS = 501;

it('never calls a link of a reply, and shows none, whatever kind of job it stands in', async () => {
  const world = await startWorld();
  const foreign = await startForeignHost();
  const front = await startRewritingFront(world.atlas.url, foreign.url);
  const home = await settle(await aConfig(world, front));
  const daemon = await awaken(home);
  await untilPolled(daemon, 1);

  const jobs = newJobs();
  for (const { groupId, instance, job } of jobs) world.atlas.putJob(groupId, instance, job);
  await world.untilArrived(jobs.length, ['webhook']);
  for (const { groupId, instance, job } of jobs) {
    const step =
      job.kind === 'collection'
        ? fail(Date.now(), { message: `cannot write to ${foreign.url}/${LINK_CANARY}` })
        : ready(Date.now() + 3_600_000);
    world.atlas.updateJob(groupId, instance, job.id, step);
  }
  await world.untilArrived(2 * jobs.length);
  await untilPolled(daemon, 2);

  const facts = jobs.flatMap(({ job: { id, kind } }) => [
    `${id} started`,
    `${id} ${kind === 'collection' ? 'failed' : 'ready'}`,
  ]);
  expect(factsOf(world.told()).toSorted()).toEqual(facts.toSorted());
  expect(new Set((await pollsOf(daemon.base, 'failed')).values())).toEqual(new Set([0]));
  for (const kind of LINK_KINDS) expect(front.sent(), `served no ${kind}`).toContain(kind);

  const seen = await tracesOf(
    world,
    home,
    daemon,
    jobs.map(({ job }) => job.id),
  );
  expect(leaksOf([LINK_CANARY, new URL(foreign.url).host], seen)).toEqual([]);
  expect(
    [...seen].flatMap(([where, text]) => (text === '' ? [where] : [])),
    'looked at nothing',
  ).toEqual([]);
  expect(foreign.requests).toEqual([]);
});

it('would find a link as it is and in base64', () => {
  const link = `https://restore.example.com/${LINK_CANARY}/x.tar.gz`;
  for (const text of [link, Buffer.from(link).toString('base64'), link.toUpperCase()]) {
    expect(leaksOf([LINK_CANARY], new Map([['somewhere', `{"a":"${text}"}`]]))).not.toEqual([]);
  }
});

/** Where links stand in the replies of this test. */
const LINK_KINDS = [
  '"rel":"self"',
  '"rel":"next"',
  '"rel":"https://cloud.mongodb.com/snapshot"',
  '"deliveryUrl":[',
  '"downloadUrl":',
  '"privateDownloadDeliveryUrls":',
  '"snapshotUrl":',
  '"url":',
  '"urlV2":',
  '"authValue":',
];

/** A running download of each kind and form, and one collection restore, which has no download. */
function newJobs(): Array<{ groupId: string; instance: string; job: SimulatedJob }> {
  const createdAt = Date.now();
  const download = (instance: string) => ({ createdAt, instance, deliveryType: 'download' as const });
  const endpoint = 'vpce-0123456789abcdef0';
  return [
    { groupId: GROUP, instance: 'orders', job: serverlessJob(download('orders')) },
    { groupId: GROUP, instance: 'flexible', job: running()(flexJob(download('flexible'))) },
    {
      groupId: GROUP,
      instance: 'main',
      job: clusterJob({ ...download('main'), privateEndpointId: endpoint }),
    },
    { groupId: GROUP, instance: 'main', job: clusterJob({ ...download('main'), shards: 2 }) },
    { groupId: GROUP, instance: 'main', job: collectionJob({ createdAt, instance: 'main' }) },
    { groupId: LEGACY_GROUP, instance: 'old', job: legacyJob(download('old')) },
    {
      groupId: MANAGED_GROUP,
      instance: 'shop',
      job: legacyJob({ ...download('shop'), secretInHeader: true }),
    },
  ];
}

async function aConfig(world: World, front: { url: string }): Promise<Record<string, unknown>> {
  const { atlas } = world;
  atlas.addInstance(GROUP, 'flexible', 'flex');
  atlas.addPast(GROUP, 'flexible', OLD_JOBS);
  atlas.addInstance(GROUP, 'main', 'cluster', { shards: 2 });
  atlas.addInstance(LEGACY_GROUP, 'old', 'legacy');
  atlas.setProject(MANAGED_GROUP, { product: 'ops_manager' });
  const clusterId = atlas.addInstance(MANAGED_GROUP, 'shop', 'legacy');
  const watch = (kind: string, instanceName: string, changes: Record<string, unknown> = {}) =>
    world.watch({
      name: `${kind}-${instanceName}`,
      connection: 'atlas',
      kind,
      instanceName,
      reconcileEvery: '2s',
      ...changes,
    });
  return world.config({
    connections: [
      world.connection({ baseUrl: front.url }),
      world.connection({ name: 'ops-manager', baseUrl: `${front.url}/api/public/v1.0` }),
    ],
    watches: [
      watch('serverless', 'orders'),
      watch('flex', 'flexible'),
      watch('cluster', 'main'),
      // Found by listing: those lists have links, too.
      watch('collection', '*', { name: 'collections', discoverEvery: '2s' }),
      watch('legacy', 'old', { groupId: LEGACY_GROUP }),
      watch('legacy', clusterId, { name: 'managed', connection: 'ops-manager', groupId: MANAGED_GROUP }),
    ],
    log: { level: 'debug', format: 'json' },
  });
}

/** A host that must never be asked for anything. */
async function startForeignHost(): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  const url = await serve((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    response.end('{"results":[],"links":[]}');
  });
  return { url, requests };
}

/** Hands on what Atlas says, but for its links: each leads to the foreign host. */
async function startRewritingFront(
  atlas: string,
  foreign: string,
): Promise<{ url: string; sent: () => string }> {
  let sent = '';
  const url = await serve((request, response) => {
    const { method, headers, url: path = '/' } = request;
    const onward = ask(new URL(path, atlas), { method, headers }, async (reply) => {
      const body = abroad(await text(reply), foreign);
      sent += body;
      const { 'content-length': _, ...kept } = reply.headers;
      response.writeHead(reply.statusCode ?? 502, { ...kept, link: `<${foreign}/header>; rel="next"` });
      response.end(body);
    });
    onward.on('error', () => response.destroy());
    onward.end();
  });
  return { url, sent: () => sent };
}

/** The `rel` of a link is no link. */
function abroad(body: string, foreign: string): string {
  return body.replaceAll(/(?<!"rel":)"https?:\/\/[^/"]+/g, `"${foreign}`);
}

async function serve(handle: RequestListener): Promise<string> {
  const server = createServer(handle);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(async () => {
    const closed = new Promise((done) => server.close(done));
    server.closeAllConnections();
    await closed;
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
