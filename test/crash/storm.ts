import { setTimeout as delay } from 'node:timers/promises';
import { jobOf } from '../../src/domain/event/subject.ts';
import { play } from '../../src/simulator/atlas/scenario.ts';
import { type Daemon, type Home, startDaemon } from '../support/daemon.ts';
import {
  auditedDeliveries,
  auditProblems,
  countGivenUp,
  deliveriesInHand,
  isAllDelivered,
  lookInto,
  verifyByCommand,
} from './inspect.ts';
import { createOtherHands, type OtherHands } from './other-hands.ts';
import {
  DELIVERY_POINTS,
  type DeliveryPoint,
  killInDelivery,
  killInPoll,
  POLL_POINTS,
  type PollPoint,
} from './points.ts';
import { CHANNELS, type Channel } from './receivers.ts';
import {
  type ChannelCount,
  countChannel,
  countRecordedTwice,
  explainedByKills,
  type Life,
  type StormEvent,
  type StormReport,
} from './storm-count.ts';
import { makeStormWorld, type StormWorld } from './storm-world.ts';
import type { TroubleOptions } from './troubles.ts';

export interface StormOptions {
  /** So often a daemon is killed at a random moment. */
  atRandom: number;
  /** So often at each of the named points. */
  atEachPoint: number;
  /** All of them unless given. */
  points?: readonly StormPoint[];
  /** There must be enough that every daemon has something to tell: each job is good for two kills. */
  jobs: number;
  /** How the receivers fail until the last daemon is left in peace. */
  troubles: TroubleOptions;
  /** A daemon that is killed at random lives this long, at random between the two, in milliseconds. */
  lifeMs?: readonly [shortest: number, longest: number];
  /** Others mute, redrive and change the configuration meanwhile. */
  otherHands?: boolean;
  /** Told what happens, for people who watch. */
  log?: (text: string) => void;
}

/** Points in a delivery, for each channel, and in a poll (see `points.ts`). */
export type StormPoint = `${Channel} ${DeliveryPoint}` | `poll ${PollPoint}`;

/** Lets a daemon live while the steps are taken, and kills it. */
interface Kill {
  name: string;
  end(world: StormWorld, steps: Array<() => void>, others: OtherHands | null): Promise<void>;
}

type AtPoint = (world: StormWorld, start: () => Daemon) => Promise<Daemon>;

const AT_POINTS = Object.fromEntries<AtPoint>([
  ...CHANNELS.flatMap((channel) =>
    DELIVERY_POINTS.map((point): [StormPoint, AtPoint] => [
      `${channel} ${point}`,
      ({ home, receivers }, start) =>
        killInDelivery(point, { channel, home, receiver: receivers[channel], start }),
    ]),
  ),
  ...POLL_POINTS.map((point): [StormPoint, AtPoint] => [
    `poll ${point}`,
    ({ atlas, home }, start) => killInPoll(point, { atlas, home, start }),
  ]),
]) as Record<StormPoint, AtPoint>;

const ALL_POINTS = Object.keys(AT_POINTS) as StormPoint[];

/** About as long as a start takes. */
const START_MS = 600;

/** Every so many daemons, one is killed while it is still starting. */
const EARLY_EVERY = 5;

/** The audit log is verified after every kill, and so often by the command. */
const COMMAND_EVERY = 25;

/** Time for the last daemon to tell what is left. */
const CALM_MS = 300_000;

/**
 * Lets jobs change and receivers fail while the daemon is killed again and again (`kill -9`), at random moments and at named points
 * in random order, then lets it run in peace and counts what the receivers got.
 * @throws when a daemon ends by itself, or never gets to a named point.
 */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { jobs, atEachPoint, points = ALL_POINTS, troubles } = options;
  const begun = performance.now();
  const kills = shuffled([
    ...killsAtRandom(options),
    ...points.flatMap((point) => Array<Kill>(atEachPoint).fill(killAtPoint(point))),
  ]);
  if (jobs * 2 < kills.length) throw new RangeError(`${kills.length} kills want ${kills.length / 2} jobs`);

  const world = await makeStormWorld(jobs, { ...troubles, refuses: options.otherHands ?? false });
  const others = options.otherHands ? createOtherHands(world.home) : null;
  try {
    const { lives, problems } = await killAgainAndAgain(world, kills, others, options);
    lives.push({ startedAt: Date.now(), inHand: new Set() });
    const exitCode = await runInPeace(world, others, options);
    problems.push(...(await verifyByCommand(world.home)));
    const events = await recordedEvents(world.home);
    return {
      deeds: others?.done ?? {},
      failedCommands: [...(others?.failures ?? [])],
      muted: events.filter(({ jobId, isMuted }) => jobId !== null && isMuted).length,
      jobs,
      kills: kills.length,
      atEachPoint,
      points: points.length,
      expected: world.expected,
      channels: await countAll(world, events, lives),
      recordedTwice: countRecordedTwice(events),
      auditProblems: problems,
      exitCode,
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  } finally {
    await world.close();
  }
}

/** Each life gets its share of the steps. */
async function killAgainAndAgain(
  world: StormWorld,
  kills: readonly Kill[],
  others: OtherHands | null,
  { log = () => {} }: StormOptions,
): Promise<{ lives: Life[]; problems: string[] }> {
  const { home, steps, receivers } = world;
  const lives: Life[] = [];
  const problems: string[] = [];
  for (const [index, kill] of kills.entries()) {
    const share = steps.splice(0, Math.ceil(steps.length / (kills.length - index)));
    const startedAt = Date.now();
    await kill.end(world, share, others);
    lives.push({ startedAt, inHand: deliveriesInHand(home) });
    const count = index + 1;
    problems.push(...(await (count % COMMAND_EVERY === 0 ? verifyByCommand(home) : auditProblems(home))));
    const told = CHANNELS.map((channel) => `${receivers[channel].receipts().length} ${channel}`);
    log(`kill ${count} of ${kills.length}, ${kill.name}; accepted so far: ${told.join(', ')}`);
  }
  return { lives, problems };
}

/** Some steps come while the daemon starts or lives, some when it is dead. */
function killsAtRandom({ atRandom, lifeMs = [50, 1_000] }: StormOptions): Kill[] {
  return Array.from({ length: atRandom }, (_, index) => {
    const isEarly = index % EARLY_EVERY === EARLY_EVERY - 1;
    return {
      name: isEarly ? 'while it starts' : 'at random',
      end: async ({ home }, steps, others) => {
        const life = between(...lifeMs);
        const times = steps.map(() => between(0, START_MS + life)).sort((a, b) => a - b);
        const changing = play(steps.map((step, index) => ({ at: times[index] ?? 0, do: step })));
        const daemon = startDaemon(home);
        const meddling = delay(between(0, START_MS + life)).then(() => others?.act(daemon));
        await killAtRandom(daemon, isEarly ? null : life);
        await Promise.all([changing, meddling]);
      },
    };
  });
}

async function killAtRandom(daemon: Daemon, life: number | null): Promise<void> {
  if (life === null) await delay(between(0, START_MS));
  else {
    await daemon.url;
    await delay(life);
  }
  const { signal } = await daemon.kill('SIGKILL');
  if (signal !== 'SIGKILL') throw new Error(`the daemon ended by itself:\n${daemon.output()}`);
}

/** The steps come first, so that there is something to find and to tell. */
function killAtPoint(name: StormPoint): Kill {
  return {
    name,
    end: async (world, steps, others) => {
      // A mute would keep from the channel what it is to be caught with.
      await others?.untilUnmuted();
      for (const step of steps) step();
      await AT_POINTS[name](world, () => startDaemon(world.home));
    },
  };
}

/** Runs a daemon until everything is told (or a long time has passed), and ends it in order. Returns its exit code. */
async function runInPeace(
  { home, receivers, expected }: StormWorld,
  others: OtherHands | null,
  { log = () => {} }: StormOptions,
): Promise<number | null> {
  for (const channel of CHANNELS) receivers[channel].trouble(null);
  await others?.untilUnmuted();
  const daemon = startDaemon(home);
  log('left in peace');
  // What does not arrive is counted as lost; the report says more than a time-out would.
  const deadline = performance.now() + CALM_MS;
  const isOver = async (): Promise<boolean> =>
    (await recordedEvents(home)).filter(({ jobId }) => jobId !== null).length >= expected &&
    (await isAllDelivered(home));
  await daemon.url;
  while (!(await isOver()) && performance.now() < deadline) {
    if ((await countGivenUp(home)) > 0) await others?.redrive();
    await delay(200);
  }
  const hasTime = performance.now() < deadline;
  const { code } = await daemon.kill('SIGTERM');
  if (!hasTime) log(`what the last daemon said:\n${daemon.output()}`);
  return code;
}

async function recordedEvents(home: Home): Promise<StormEvent[]> {
  const { items } = await lookInto(home, (store) => store.listEvents({ limit: 1_000_000 }));
  return items.map(({ event, suppressed }) => ({
    id: event.id,
    jobId: jobOf(event)?.id ?? null,
    name: event.name,
    isMuted: suppressed === 'muted',
  }));
}

async function countAll(
  { home, receivers, expected, refused }: StormWorld,
  events: readonly StormEvent[],
  lives: readonly Life[],
): Promise<StormReport['channels']> {
  const deliveries = await auditedDeliveries(home);
  const idsOf = (kind: string, channel: Channel): Set<string> =>
    new Set(
      deliveries
        .filter((entry) => entry.kind === kind && entry.channel === channel)
        .map(({ eventId }) => eventId),
    );
  const count = (channel: Channel): ChannelCount =>
    countChannel({
      receipts: receivers[channel].receipts(),
      refused: refused(channel),
      events,
      expected,
      causeOf: explainedByKills({ channel, lives, interrupted: idsOf('delivery.interrupted', channel) }),
      givenUp: idsOf('delivery.given_up', channel),
    });
  return { webhook: count('webhook'), slack: count('slack'), email: count('email') };
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function between(shortest: number, longest: number): number {
  return shortest + Math.random() * (longest - shortest);
}
