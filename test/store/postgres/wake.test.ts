import { getEventListeners } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { StoreAddress } from '../../../src/store/ports/address.ts';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import type { WakeCall } from '../../../src/store/ports/replicas/wake.ts';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import { listenForWakes, type WakePace } from '../../../src/store/postgres/wake.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { startCuttingProxy } from '../../support/postgres/cutting-proxy.ts';
import { hasPostgres, newPostgresSchema } from '../../support/postgres/shared.ts';
import { aCommit, plan } from '../support.ts';

/** As it was before a test looked at it. */
const plainly = EventTarget.prototype.addEventListener;
const SOON = { timeout: PATIENCE_MS };
const SWIFT: WakePace = { probeEveryMs: 50, answerMs: PATIENCE_MS, againMs: 10, deafForMs: 10 };

async function open(address: StoreAddress): Promise<Store> {
  const store = await openPostgresStore(address);
  onTestFinished(() => store.close());
  return store;
}

async function join(store: Store): Promise<SharedMembership> {
  const membership = await store.join(aJoining());
  if (membership.kind !== 'shared') throw new Error('alone');
  return membership;
}

/** What is heard at this address, and how often nothing was. */
function listenAt(address: StoreAddress, pace: Partial<WakePace> = {}) {
  const calls: WakeCall[] = [];
  const listener = {
    woken: (call: WakeCall): void => void calls.push(call),
    deaf: (): void => {
      heard.deaf += 1;
    },
  };
  const stop = listenForWakes(readPlace(address), listener, { ...SWIFT, ...pace });
  onTestFinished(stop);
  const heard = { calls, deaf: 0, stop };
  return heard;
}

/** The same address by way of this port. */
function through(address: StoreAddress, port: number): StoreAddress {
  const url = new URL(address.url);
  url.port = String(port);
  return { ...address, url: url.href };
}

/** Commits events that these channels are owed, again and again, until the first of them was heard: who listens may not be connected yet. */
async function commitUntilHeard(store: Store, { calls }: { calls: readonly WakeCall[] }): Promise<void> {
  const before = calls.length;
  let number = 1000 + before * 100;
  await expect
    .poll(async () => {
      number += 1;
      await store.commitPoll(aCommit({ events: [plan(number, { channels: ['first'] })] }));
      return calls.length;
    }, SOON)
    .toBeGreaterThan(before);
  await expect.poll(() => calls.length, SOON).toBeGreaterThan(before);
}

it('leaves nothing behind of attempts to connect that failed', async () => {
  const signals = new Set<AbortSignal>();
  const listen = vi.spyOn(EventTarget.prototype, 'addEventListener').mockImplementation(function (
    this: EventTarget,
    ...added
  ) {
    if (this instanceof AbortSignal && added[0] === 'abort') signals.add(this);
    return plainly.apply(this, added);
  });
  onTestFinished(() => listen.mockRestore());
  const refused = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => refused.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void refused.close());
  let attempts = 0;
  refused.on('connection', () => {
    attempts += 1;
  });
  const { port } = refused.address() as AddressInfo;
  listenAt({ url: `postgres://127.0.0.1:${port}/none` }, { againMs: 1 });
  await expect.poll(() => attempts, SOON).toBeGreaterThan(12);
  const left = [...signals].map((signal) => getEventListeners(signal, 'abort').length);
  expect(signals.size).toBeGreaterThan(0);
  // Of the attempt in hand, or of the pause before the next one.
  expect(Math.max(...left)).toBeLessThan(4);
});

describe.skipIf(!hasPostgres())('whoever listens to a PostgreSQL', () => {
  it('is called once for each channel that something is owed to, hurried or given up', async () => {
    const address = await newPostgresSchema();
    const store = await open(address);
    const heard = listenAt(address);
    await commitUntilHeard(store, heard);
    heard.calls.length = 0;
    const channels = ['oncall', 'dba'];
    const events = [plan(1, { channels }), plan(2, { channels })];
    await store.commitPoll(aCommit({ events }));
    const owed = channels.toSorted().map((channel) => ({ what: 'owed', channel }));
    const inOrder = () => heard.calls.filter((call) => channelOf(call) !== 'first').toSorted(byChannel);
    await expect.poll(inOrder, SOON).toEqual(owed);

    heard.calls.length = 0;
    const { items } = await store.listDeliveries({ channel: 'dba', limit: 9 });
    const outcomes = items.map(({ id }) => ({ id, kind: 'given_up' as const, at: T0 + 9, detail: '' }));
    await store.recordOutcomes(outcomes, []);
    await expect.poll(inOrder, SOON).toEqual([{ what: 'given_up', channel: 'dba' }]);

    heard.calls.length = 0;
    await store.redrive('given_up', T0 + 10);
    await expect.poll(inOrder, SOON).toEqual([{ what: 'owed', channel: 'dba' }]);
  });

  it('is called when a replica gives up leases or hands them over, and not when one takes or keeps them', async () => {
    const address = await newPostgresSchema();
    const [store, another] = [await open(address), await open(address)];
    const [one, other] = [await join(store), await join(another)];
    const heard = listenAt(address);
    await commitUntilHeard(store, heard);
    const calls = () => heard.calls.filter(({ what }) => what === 'leases').length;
    const wish = { wanted: ['project:main/a', 'project:main/b'], configuration: '' };
    await one.beat(wish);
    await one.beat(wish);
    await commitUntilHeard(store, heard);
    expect(calls()).toBe(0);
    await one.release(['project:main/a'], other.replica);
    await expect.poll(calls, SOON).toBe(1);
    await one.release(['project:main/b'], null);
    await expect.poll(calls, SOON).toBe(2);
  });

  it('hears nothing of another watcher in the same database', async () => {
    const [mine, another] = [await newPostgresSchema(), await newPostgresSchema()];
    const [store, other] = [await open(mine), await open(another)];
    const heard = listenAt(mine);
    await commitUntilHeard(store, heard);
    await other.commitPoll(aCommit({ events: [plan(1, { channels: ['theirs'] })] }));
    await store.commitPoll(aCommit({ events: [plan(1, { channels: ['ours'] })] }));
    await expect.poll(() => heard.calls.some((call) => channelOf(call) === 'ours'), SOON).toBe(true);
    expect(heard.calls.some((call) => channelOf(call) === 'theirs')).toBe(false);
  });

  it('hears again after the connection was lost', async () => {
    const address = await newPostgresSchema();
    const store = await open(address);
    const proxy = await startCuttingProxy(Number(new URL(address.url).port));
    onTestFinished(() => proxy.close());
    const heard = listenAt(through(address, proxy.port));
    await commitUntilHeard(store, heard);
    proxy.cut();
    await commitUntilHeard(store, heard);
    expect(heard.deaf).toBe(0);
  });

  it('ends in time, though the database does not answer any more', async () => {
    const address = await newPostgresSchema();
    const store = await open(address);
    const proxy = await startCuttingProxy(Number(new URL(address.url).port));
    onTestFinished(() => proxy.close());
    const heard = listenAt(through(address, proxy.port));
    await commitUntilHeard(store, heard);
    proxy.hang(true);
    const limits = readPlace(address).limits;
    const begunAt = performance.now();
    await heard.stop();
    expect(performance.now() - begunAt).toBeLessThan(limits.connectMs);
  });

  it('says once that nothing is passed on, and hears as soon as something is', async () => {
    const address = await newPostgresSchema();
    const store = await open(address);
    const pooler = await startPooler(Number(new URL(address.url).port));
    const heard = listenAt(through(address, pooler.port), { answerMs: 200 });
    await expect.poll(() => pooler.connections(), SOON).toBeGreaterThan(3);
    expect(heard).toMatchObject({ calls: [], deaf: 1 });
    pooler.passOn();
    await commitUntilHeard(store, heard);
  });
});

function byChannel(a: WakeCall, b: WakeCall): number {
  return channelOf(a) < channelOf(b) ? -1 : 1;
}

function channelOf(call: WakeCall): string {
  return 'channel' in call ? call.channel : '';
}

/** PostgreSQL's protocol: what a server says unasked to whoever listens. */
const NOTIFICATION = 'A'.charCodeAt(0);
const LENGTH_AT = 1;
const HEAD_BYTES = 5;

/** Passes on everything but notifications, as a pooler does that lends its connections for a transaction each. */
async function startPooler(toPort: number) {
  let connections = 0;
  let isDeaf = true;
  const server = createServer((client) => {
    connections += 1;
    const upstream = connect(toPort, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      socket.on('error', () => {});
      socket.on('close', () => other.destroy());
    }
    client.on('data', (chunk) => upstream.write(chunk));
    let rest = Buffer.alloc(0);
    upstream.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= HEAD_BYTES && rest.length > rest.readInt32BE(LENGTH_AT)) {
        const message = rest.subarray(0, 1 + rest.readInt32BE(LENGTH_AT));
        rest = rest.subarray(message.length);
        if (!isDeaf || message[0] !== NOTIFICATION) client.write(message);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => connections,
    passOn: () => {
      isDeaf = false;
    },
  };
}
