import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { finish, flexJob, legacyJob, ready } from '../../src/simulator/atlas/scenario.ts';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import {
  createAuthority,
  type Listening,
  type PrivateAuthority,
  startTlsFront,
} from '../support/private-authority.ts';
import { awaken, factsOf, GROUP, pollsOf, settle, startWorld, untilPolled, type World } from './support.ts';

const OPS_MANAGER = 'opsmanager.example.com';
const ATLAS = 'atlas.example.com';
const ACCOUNT = {
  clientId: 'mdb_sa_id_64b0c1d2e3f4a5b6c7d8e9f0',
  clientSecret: 'mdb_sa_sk_canary-of-the-account',
};

const authority = createAuthority([OPS_MANAGER, ATLAS]);
afterAll(() => authority?.remove());

describe.skipIf(authority === null)('a server with a certificate of a private authority', () => {
  const caFile = authority?.caFile ?? '';

  it('is read when caFile names the authority: Ops Manager, over TLS', async () => {
    const world = await startWorld();
    const { clusterId, front } = await opsManager(world);
    const baseUrl = `https://127.0.0.1:${front.port}/api/public/v1.0`;
    const config = world.config({
      connections: [world.connection({ baseUrl, caFile })],
      watches: [world.watch({ kind: 'legacy', instanceName: clusterId })],
    });
    await expectDownloadTold(world, config);
  });

  it('is read through a proxy that HTTPS_PROXY names: Ops Manager, by caFile', async () => {
    const world = await startWorld();
    const { clusterId, front } = await opsManager(world);
    const proxy = await aProxy(front);
    const config = world.config({
      connections: [world.connection({ baseUrl: `https://${OPS_MANAGER}`, caFile })],
      watches: [world.watch({ kind: 'legacy', instanceName: clusterId })],
    });
    await expectDownloadTold(world, config, { HTTPS_PROXY: proxy.url });
    expect(new Set(proxy.asked)).toEqual(new Set([`${OPS_MANAGER}:443`]));
  });

  it('is read through a proxy that HTTPS_PROXY names: Atlas, token and all, by NODE_EXTRA_CA_CERTS', async () => {
    const world = await startWorld({ atlas: { serviceAccount: ACCOUNT } });
    world.atlas.addInstance(GROUP, 'flexible', 'flex');
    const proxy = await aProxy(await aFront(world));
    const auth = { type: 'serviceAccount', ...ACCOUNT };
    const config = world.config({
      connections: [world.connection({ baseUrl: `https://${ATLAS}`, auth })],
      watches: [world.watch({ kind: 'flex', instanceName: 'flexible' })],
    });
    const env = { HTTPS_PROXY: proxy.url, NODE_EXTRA_CA_CERTS: caFile };
    const daemon = await awaken(await settle(config), env);
    await untilPolled(daemon, 1);

    const job = flexJob({ createdAt: Date.now(), instance: 'flexible' });
    world.atlas.putJob(GROUP, 'flexible', job);
    await world.untilArrived(1, ['webhook']);
    world.atlas.updateJob(GROUP, 'flexible', job.id, finish(Date.now()));
    await world.untilArrived(2, ['webhook']);
    expect(factsOf(world.told())).toEqual([`${job.id} started`, `${job.id} finished`]);
    expect(world.atlas.tokens.requests).toBe(1);
    expect(new Set(proxy.asked)).toEqual(new Set([`${ATLAS}:443`]));
  });

  async function aFront(world: World): Promise<Listening> {
    const front = await startTlsFront(world.atlas.url, authority as PrivateAuthority);
    onTestFinished(() => front.close());
    return front;
  }

  async function opsManager(world: World): Promise<{ clusterId: string; front: Listening }> {
    world.atlas.setProject(GROUP, { product: 'ops_manager' });
    const clusterId = world.atlas.addInstance(GROUP, 'shop', 'legacy');
    return { clusterId, front: await aFront(world) };
  }
});

async function aProxy({ port }: Listening): Promise<ConnectProxy> {
  const proxy = await startConnectProxy({ toPort: port });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** A daemon of its own sees a download of a legacy backup begin and become ready. */
async function expectDownloadTold(
  world: World,
  config: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<void> {
  const daemon = await awaken(await settle(config), env);
  await untilPolled(daemon, 1);
  const job = legacyJob({ createdAt: Date.now(), instance: 'shop' });
  world.atlas.putJob(GROUP, 'shop', job);
  await world.untilArrived(1, ['webhook']);
  world.atlas.updateJob(GROUP, 'shop', job.id, ready(Date.now() + 3_600_000));
  await world.untilArrived(2, ['webhook']);

  expect(factsOf(world.told())).toEqual([`${job.id} started`, `${job.id} ready`]);
  expect([...(await pollsOf(daemon.base, 'failed')).values()]).toEqual([0]);
  const paths = world.atlas.requests.map(({ path }) => path);
  expect(paths.filter((path) => !path.startsWith('/api/public/v1.0/groups/'))).toEqual([]);
}
