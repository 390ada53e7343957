import { describe, expect, it, onTestFinished } from 'vitest';
import { finish, newJobId, serverlessJob } from '../../src/simulator/scenario.ts';
import { GROUP_ID } from '../support/builders.ts';
import type { Daemon, Home } from '../support/daemon.ts';
import { auditedDeliveries, auditProblems, isAllDelivered } from './inspect.ts';
import { CHANNELS, type Channel, type CrashReceiver, startReceiver } from './receivers.ts';
import { aDaemon, aHome, anAtlas, INSTANCE } from './scene.ts';
import { startTrap } from './trap.ts';
import { takeWriteLock } from './write-lock.ts';

interface Scene {
  channel: Channel;
  home: Home;
  receiver: CrashReceiver;
  /** Ends the job, so that there is something to tell behind what was cut off. */
  finishJob(): void;
}

/** A running job that is watched by its id, so that the first poll has its start to tell. */
async function aScene(channel: Channel): Promise<Scene> {
  const atlas = await anAtlas();
  const createdAt = Date.now();
  const id = newJobId(createdAt);
  atlas.putJob(GROUP_ID, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE }));
  const receiver = await aReceiver(channel);
  const home = await aHome(atlas, { watch: { restoreJobIds: [id] }, channels: [receiver.config] });
  return {
    channel,
    home,
    receiver,
    finishJob: () => atlas.updateJob(GROUP_ID, INSTANCE, id, finish(Date.now())),
  };
}

async function aReceiver(channel: Channel, port?: number): Promise<CrashReceiver> {
  const receiver = await startReceiver(channel, port);
  onTestFinished(() => receiver.close());
  return receiver;
}

const idsAccepted = ({ receiver }: Scene): string[] =>
  receiver.receipts().flatMap(({ eventIds }) => eventIds);

/**
 * Looks at what the killed daemon left behind, lets its successor tell the rest and stop in order. Returns the names of the events
 * that the receiver has accepted, in order, and checks that the audit log knows of the attempt that was cut off.
 */
async function goOnAfterKill(scene: Scene, killed: Daemon): Promise<string[]> {
  const { channel, home, receiver, finishJob } = scene;
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await auditProblems(home)).toEqual([]);
  finishJob();

  const successor = aDaemon(home);
  await successor.url;
  await receiver.until(() => new Set(idsAccepted(scene)).size === 2);
  await expect.poll(() => isAllDelivered(home), { timeout: 10_000 }).toBe(true);
  expect(await successor.kill('SIGTERM')).toEqual({ code: 0, signal: null });

  expect(await auditProblems(home)).toEqual([]);
  const entries = await auditedDeliveries(home);
  const interrupted = entries.filter(({ kind }) => kind === 'delivery.interrupted');
  expect(interrupted).toMatchObject([{ channel, event: 'started', attempt: 1 }]);
  return idsAccepted(scene).map((id) => entries.find(({ eventId }) => eventId === id)?.event ?? id);
}

describe.each(CHANNELS)('a daemon that is killed while it tells %s', (channel) => {
  it('tells once when it had connected and sent nothing', async () => {
    const scene = await aScene(channel);
    const port = portOf(scene.receiver);
    await scene.receiver.close();
    let victim: Daemon | null = null;
    const trap = await startTrap(port, () => victim?.child.kill('SIGKILL'));
    victim = aDaemon(scene.home);
    await victim.exited;
    await trap.close();

    scene.receiver = await aReceiver(channel, port);
    expect(await goOnAfterKill(scene, victim)).toEqual(['started', 'finished']);
  });

  it('tells once when it had sent all and nobody had answered', async () => {
    const scene = await aScene(channel);
    let victim: Daemon | null = null;
    scene.receiver.atNextMessage('hang', () => victim?.child.kill('SIGKILL'));
    victim = aDaemon(scene.home);
    await victim.exited;

    expect(idsAccepted(scene)).toEqual([]);
    expect(await goOnAfterKill(scene, victim)).toEqual(['started', 'finished']);
  });

  it('tells a second time, under the same id, when the receiver had accepted and that was not recorded', async () => {
    const scene = await aScene(channel);
    const locked = Promise.withResolvers<() => void>();
    scene.receiver.atNextMessage('accept', () => locked.resolve(takeWriteLock(scene.home.dbFile)));
    const victim = aDaemon(scene.home);
    const unlock = await locked.promise;
    // So it has heard that the receiver accepts.
    await victim.waitForLine(({ message }) => message.startsWith('The outcome of a delivery could not be'));
    await victim.kill('SIGKILL');
    unlock();

    expect(idsAccepted(scene)).toHaveLength(1);
    expect(await goOnAfterKill(scene, victim)).toEqual(['started', 'started', 'finished']);
    expect(new Set(idsAccepted(scene)).size).toBe(2);
  });
});

function portOf({ config }: CrashReceiver): number {
  return Number(new URL(String(config.url ?? config.smtpUrl)).port);
}
