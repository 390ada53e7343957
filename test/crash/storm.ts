import { setTimeout as delay } from 'node:timers/promises';
import type { Timestamp } from '../../src/domain/instant.ts';
import { play } from '../../src/simulator/scenario.ts';
import { type Daemon, type Home, startDaemon } from '../support/daemon.ts';
import { auditedDeliveries, isAllDelivered, lookInto, verifyByCommand } from './inspect.ts';
import { CHANNELS, type Channel } from './receivers.ts';
import { countChannel, countRecordedTwice, type StormEvent, type StormReport } from './storm-count.ts';
import { makeStormWorld, type StormWorld } from './storm-world.ts';

export interface StormOptions {
  kills: number;
  jobs: number;
  /** A daemon lives this long before it is killed, at random between the two, in milliseconds. */
  lifeMs?: readonly [shortest: number, longest: number];
  /** Told what happens, for people who watch. */
  log?: (text: string) => void;
}

/** About as long as a start takes. */
const START_MS = 600;

/** Every so many daemons, one is killed while it is still starting. */
const EARLY_EVERY = 5;

/** Time for the last daemon to tell what is left: Slack takes one message a second. */
const CALM_MS = 60_000;

/**
 * Lets jobs change while the daemon is killed again and again (`kill -9`, at random moments), then lets it run in peace and counts
 * what the receivers got.
 */
export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { kills, jobs } = options;
  const begun = performance.now();
  const world = await makeStormWorld(jobs);
  try {
    const { restartedAt, problems } = await killAgainAndAgain(world, options);
    restartedAt.push(Date.now());
    const exitCode = await runInPeace(world, options);
    problems.push(...(await verifyByCommand(world.home)));
    const events = await recordedEvents(world.home);
    return {
      jobs,
      kills,
      expected: world.expected,
      channels: await countAll(world, events, restartedAt),
      recordedTwice: countRecordedTwice(events),
      auditProblems: problems,
      exitCode,
      seconds: Math.round((performance.now() - begun) / 1000),
    };
  } finally {
    await world.close();
  }
}

/** Each life gets its share of the steps: some come while the daemon starts or lives, some when it is dead. */
async function killAgainAndAgain(
  { home, steps, receivers }: StormWorld,
  { kills, lifeMs = [50, 1_500], log = () => {} }: StormOptions,
): Promise<{ restartedAt: Timestamp[]; problems: string[] }> {
  const restartedAt: Timestamp[] = [];
  const problems: string[] = [];
  for (let kill = 1; kill <= kills; kill += 1) {
    if (kill > 1) restartedAt.push(Date.now());
    const life = between(...lifeMs);
    const share = steps.splice(0, Math.ceil(steps.length / (kills - kill + 1)));
    const times = share.map(() => between(0, START_MS + life)).sort((a, b) => a - b);
    const changing = play(share.map((step, index) => ({ at: times[index] ?? 0, do: step })));
    await killAtRandom(startDaemon(home), { life, isEarly: kill % EARLY_EVERY === 0 });
    problems.push(...(await verifyByCommand(home)));
    await changing;
    log(`kill ${kill} of ${kills}: ${receivers.webhook.receipts().length} webhooks so far`);
  }
  return { restartedAt, problems };
}

async function killAtRandom(
  daemon: Daemon,
  { life, isEarly }: { life: number; isEarly: boolean },
): Promise<void> {
  if (isEarly) await delay(between(0, START_MS));
  else {
    await daemon.url;
    await delay(life);
  }
  const { signal } = await daemon.kill('SIGKILL');
  if (signal !== 'SIGKILL') throw new Error(`the daemon ended by itself:\n${daemon.output()}`);
}

/** Runs a daemon until everything is told (or a long time has passed), and ends it in order. Returns its exit code. */
async function runInPeace(
  { home, receivers, expected }: StormWorld,
  { log = () => {} }: StormOptions,
): Promise<number | null> {
  const daemon = startDaemon(home);
  // Before it listens, a signal would end the process in the middle of its start.
  await daemon.url;
  const hasAll = (channel: Channel): boolean =>
    new Set(receivers[channel].receipts().flatMap(({ eventIds }) => eventIds)).size >= expected;
  // What does not arrive is counted as lost; the report says more than a time-out would.
  await Promise.allSettled(
    CHANNELS.map((channel) => receivers[channel].until(() => hasAll(channel), CALM_MS)),
  );
  // A repeat may still be owed.
  const deadline = performance.now() + CALM_MS;
  while (!(await isAllDelivered(home)) && performance.now() < deadline) await delay(100);
  const { code } = await daemon.kill('SIGTERM');
  if (!CHANNELS.every(hasAll)) log(`what the last daemon said:\n${daemon.output()}`);
  return code;
}

async function recordedEvents(home: Home): Promise<StormEvent[]> {
  const { items } = await lookInto(home, (store) => store.listEvents({ limit: 1_000_000 }));
  return items.map(({ event }) => ({ id: event.id, jobId: event.job?.id ?? '', name: event.name }));
}

async function countAll(
  { home, receivers, expected }: StormWorld,
  events: readonly StormEvent[],
  restartedAt: readonly Timestamp[],
): Promise<StormReport['channels']> {
  const cutOff = (await auditedDeliveries(home)).filter(({ kind }) => kind === 'delivery.interrupted');
  const count = (channel: Channel) =>
    countChannel({
      receipts: receivers[channel].receipts(),
      events,
      expected,
      restartedAt,
      interrupted: new Set(cutOff.filter((entry) => entry.channel === channel).map(({ eventId }) => eventId)),
    });
  return { webhook: count('webhook'), slack: count('slack'), email: count('email') };
}

function between(shortest: number, longest: number): number {
  return shortest + Math.random() * (longest - shortest);
}
