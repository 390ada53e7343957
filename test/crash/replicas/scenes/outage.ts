import { setTimeout as delay } from 'node:timers/promises';
import {
  type HttpReceiver,
  type ReceivedRequest,
  startHttpReceiver,
} from '../../../../src/simulator/receivers/http-receiver.ts';
import { fetchOnce } from '../../../support/fetch-once.ts';
import { CHANNELS } from '../../receivers.ts';
import type { ReplicaWorld } from '../world.ts';
import type { Scene } from './scene.ts';

const AWAY_MS = 300_000;
const BEAT_EVERY_MS = 10_000;
/** What still can must have told by then: the default of `failingAfter`. */
const TOLD_WITHIN_MS = 300_000;

/** PostgreSQL is away for five minutes while restores go on. */
export function outageScene(): Scene {
  let receiver: HttpReceiver<ReceivedRequest> | null = null;
  const beats = (): number[] => receiver?.received.map(({ at }) => at) ?? [];
  return {
    jobs: 60,
    settings: async () => {
      receiver = await startHttpReceiver({
        what: 'heartbeat',
        path: '/beat',
        read: (request) => request,
        own: () => 200,
      });
      return { heartbeat: { url: receiver.url, every: `${BEAT_EVERY_MS / 1_000}s` } };
    },
    end: async () => receiver?.close(),
    play: async (world, log) => {
      while (beats().length < world.replicas.length) await delay(500);
      const from = Date.now();
      await world.postgres.stop('fast');
      const told = Promise.all(world.replicas.map((_, index) => untilTold(world, index, from)));
      const changes = goOn(world, AWAY_MS);
      const [ways] = await Promise.all([told, changes]);
      const lastBeat = Math.max(
        0,
        ...beats()
          .filter((at) => at > from)
          .map((at) => at - from),
      );
      const before = countOf(world);
      log('PostgreSQL is back');
      const backAt = performance.now();
      await world.postgres.start();
      const happened = world.expected - world.steps.length;
      while (countOf(world) < happened && performance.now() - backAt < AWAY_MS) await delay(100);
      const afterMs = Math.round(performance.now() - backAt);
      return {
        figures: [
          ...ways.map(({ logMs, readyMs }, index) => {
            const { name } = world.replicas[index] ?? { name: '' };
            return `${name}: an error in the log after ${logMs} ms, /readyz red after ${readyMs} ms`;
          }),
          `the last heartbeat came ${lastBeat} ms after the stop`,
          `everything was told ${afterMs} ms after the start (${happened - before} events)`,
        ],
        violations: [
          ...ways
            .flatMap(({ logMs, readyMs }) => [logMs, readyMs])
            .filter((ms) => ms > TOLD_WITHIN_MS)
            .map((ms) => `told only after ${ms} ms`),
          ...(lastBeat > TOLD_WITHIN_MS / 2 ? [`a heartbeat came ${lastBeat} ms after the stop`] : []),
        ],
      };
    },
  };
}

/** How long it takes until a replica says so in its log, and in `/readyz`. */
async function untilTold(
  world: ReplicaWorld,
  index: number,
  from: number,
): Promise<{ logMs: number; readyMs: number }> {
  const replica = world.replicas[index];
  if (replica === undefined) throw new RangeError('there is no such replica');
  const daemon = replica.daemon();
  const saidBefore = daemon.lines().filter(({ level }) => level === 'error').length;
  const isSaid = (): boolean => daemon.lines().filter(({ level }) => level === 'error').length > saidBefore;
  const logged = untilTrue(async () => isSaid(), from);
  const red = untilTrue(async () => (await fetchOnce(`${replica.url}/readyz`)).status === 503, from);
  return { logMs: await logged, readyMs: await red };
}

async function untilTrue(holds: () => Promise<boolean>, from: number): Promise<number> {
  while (!(await holds()) && Date.now() - from < AWAY_MS) await delay(100);
  return Date.now() - from;
}

/** Restores start and end meanwhile. */
async function goOn(world: ReplicaWorld, forMs: number): Promise<void> {
  const until = performance.now() + forMs;
  const everyMs = forMs / 40;
  while (performance.now() < until) {
    world.steps.shift()?.();
    await delay(everyMs);
  }
}

function countOf({ receivers }: ReplicaWorld): number {
  return Math.min(
    ...CHANNELS.map(
      (channel) => new Set(receivers[channel].receipts().flatMap(({ eventIds }) => eventIds)).size,
    ),
  );
}
