import { describe, expect, it, onTestFinished } from 'vitest';
import { finish, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { GROUP_ID } from '../support/builders.ts';
import type { Daemon } from '../support/daemon.ts';
import { INSTANCE } from './configuration.ts';
import { auditedDeliveries, auditProblems, isAllDelivered, lookInto } from './inspect.ts';
import {
  type DeliveryPlace,
  type DeliveryPoint,
  killInDelivery,
  killInPoll,
  type PollPlace,
  type PollPoint,
} from './points.ts';
import { CHANNELS, type Channel, startReceiver } from './receivers.ts';
import { aDaemon, aHome, anAtlas } from './scene.ts';

interface Scene extends DeliveryPlace, PollPlace {
  /** Ends the job, so that there is something to tell behind what was cut off. */
  finishJob(): void;
}

/** A running job that is watched by its id, so that the first poll has its start to tell. */
async function aScene(channel: Channel): Promise<Scene> {
  const atlas = await anAtlas();
  const createdAt = Date.now();
  const id = newJobId(createdAt);
  atlas.putJob(GROUP_ID, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE }));
  const receiver = await startReceiver(channel);
  onTestFinished(() => receiver.close());
  const home = await aHome(atlas, { watch: { restoreJobIds: [id] }, channels: [receiver.config] });
  return {
    atlas,
    channel,
    home,
    receiver,
    start: () => aDaemon(home),
    finishJob: () => atlas.updateJob(GROUP_ID, INSTANCE, id, finish(Date.now())),
  };
}

const idsAccepted = ({ receiver }: Scene): string[] =>
  receiver.receipts().flatMap(({ eventIds }) => eventIds);

/**
 * Looks at what the killed daemon left behind, lets its successor tell the rest and stop in order. Returns the names of the events
 * that the receiver has accepted, in order. The audit log must know of the attempts that were cut off: at these events, once each.
 */
async function goOnAfterKill(scene: Scene, killed: Daemon, cutOff: string[]): Promise<string[]> {
  const { channel, home, receiver, finishJob } = scene;
  expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(await auditProblems(home)).toEqual([]);
  finishJob();

  const successor = aDaemon(home);
  await successor.url;
  await receiver.until(() => new Set(idsAccepted(scene)).size === 2);
  await expect.poll(() => isAllDelivered(home)).toBe(true);
  expect(await successor.kill('SIGTERM')).toEqual({ code: 0, signal: null });

  expect(await auditProblems(home)).toEqual([]);
  const entries = await auditedDeliveries(home);
  const interrupted = entries.filter(({ kind }) => kind === 'delivery.interrupted');
  expect(interrupted).toMatchObject(cutOff.map((event) => ({ channel, event, attempt: 1 })));
  return idsAccepted(scene).map((id) => entries.find(({ eventId }) => eventId === id)?.event ?? id);
}

describe.each(CHANNELS)('a daemon that is killed while it tells %s', (channel) => {
  it.each<[string, DeliveryPoint, string[]]>([
    ['tells once when it had connected and sent nothing', 'connected', ['started', 'finished']],
    ['tells once when it had sent all and nobody had answered', 'sent', ['started', 'finished']],
    [
      'tells a second time, under the same id, when the receiver had accepted and that was not recorded',
      'accepted',
      ['started', 'started', 'finished'],
    ],
  ])('%s', async (_title, point, told) => {
    const scene = await aScene(channel);
    const victim = await killInDelivery(point, scene);
    expect(idsAccepted(scene)).toHaveLength(told.length - 2);
    expect(await goOnAfterKill(scene, victim, ['started'])).toEqual(told);
    expect(new Set(idsAccepted(scene)).size).toBe(2);
  });
});

describe('a daemon that is killed', () => {
  it('tells once when the receiver had refused for now and that was recorded', async () => {
    const scene = await aScene('email');
    const victim = await killInDelivery('refused', scene);
    expect(idsAccepted(scene)).toEqual([]);
    expect(await goOnAfterKill(scene, victim, [])).toEqual(['started', 'finished']);
  });

  it.each<[string, PollPoint]>([
    ['tells once when it had asked Atlas and nothing had been answered', 'asked'],
    ['tells once when it had read what Atlas answered and that was not recorded', 'read'],
  ])('%s', async (_title, point) => {
    const scene = await aScene('webhook');
    const victim = await killInPoll(point, scene);
    expect(await lookInto(scene.home, (store) => store.listEvents({ limit: 1 }))).toMatchObject({
      items: [],
    });
    expect(await goOnAfterKill(scene, victim, [])).toEqual(['started', 'finished']);
  });
});
