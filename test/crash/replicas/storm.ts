import { setTimeout as delay } from 'node:timers/promises';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { toError } from '../../../src/errors.ts';
import { play } from '../../../src/simulator/atlas/scenario.ts';
import { type AuditedDelivery, auditedDeliveries, isAllDelivered, lookInto } from '../inspect.ts';
import { CHANNELS, type Channel } from '../receivers.ts';
import { type ChannelCount, countChannel, countRecordedTwice, type StormEvent } from '../storm-count.ts';
import type { TroubleOptions } from '../troubles.ts';
import { type Act, type ActCounts, actsOf, between, type Stage } from './acts.ts';
import { leaveLogs } from './logs.ts';
import {
  auditedTwice,
  type Disturbance,
  explainedByDisturbances,
  mostPerMinute,
  sentByOthers,
} from './oracle.ts';
import type { Replica } from './replica.ts';
import type { ReplicaStormReport } from './report.ts';
import { readTestimony, type Testimony } from './witness.ts';
import { makeReplicaWorld, type ReplicaWorld } from './world.ts';

export interface ReplicaStormOptions {
  replicas: number;
  acts: ActCounts;
  jobs: number;
  troubles: TroubleOptions;
  /** So long it is from one act to the next, at random between the two, in milliseconds. */
  everyMs?: readonly [shortest: number, longest: number];
  pauseMs?: Stage['pauseMs'];
  /** See `Stage`. */
  stepMs?: number;
  /** Told what happens, for people who watch. */
  log?: (text: string) => void;
  /** A folder in which is left what each replica has said, and what the database has seen. */
  logs?: string | undefined;
}

/** What is left is lost when nothing of it has arrived for so long. */
const CALM_MS = 300_000;

/**
 * Lets jobs change and receivers fail while replicas are killed, stand still, lose their way to the database, and it restarts; then lets
 * them run in peace and counts what the receivers got and what the database saw.
 * @throws when a replica ends by itself.
 */
export async function runReplicaStorm(options: ReplicaStormOptions): Promise<ReplicaStormReport> {
  const { replicas, jobs, troubles, logs, log = () => {} } = options;
  const begun = performance.now();
  const world = await makeReplicaWorld({ replicas, jobs, troubles });
  const storm = new Storm(world, options, log);
  try {
    await Promise.all(world.replicas.map((replica) => replica.start()));
    await Promise.all(world.replicas.map((replica) => storm.verify(replica)));
    storm.listen();
    await storm.rage();
    await storm.calm();
    return await storm.report(Math.round((performance.now() - begun) / 1_000));
  } finally {
    storm.endListening();
    if (logs !== undefined) await storm.leaveLogs(logs).catch((thrown: unknown) => log(String(thrown)));
    await world.close();
  }
}

const RAN_OUT = '"The leases of this replica have run out';
const HEARD_WITHIN_MS = 2_000;

class Storm implements Stage {
  readonly world: ReplicaWorld;
  readonly pauseMs: Stage['pauseMs'];
  readonly stepMs: number;
  readonly log: (text: string) => void;
  readonly #options: ReplicaStormOptions;
  readonly #disturbances: Disturbance[] = [];
  readonly #problems: string[] = [];
  readonly #failures: string[] = [];
  readonly #busy = new Map<Replica, Promise<void>>();
  #verified = 0;
  #listening: NodeJS.Timeout | undefined;
  #restarts = 0;
  #restarting: Promise<void> | null = null;
  readonly #endings: Array<{ code: number | null; ms: number }> = [];

  constructor(world: ReplicaWorld, options: ReplicaStormOptions, log: (text: string) => void) {
    this.world = world;
    this.pauseMs = options.pauseMs ?? [16_000, 25_000];
    this.stepMs = options.stepMs ?? 60_000;
    this.log = log;
    this.#options = options;
  }

  note(disturbance: Disturbance): void {
    this.#disturbances.push(disturbance);
  }

  /** Notes when a replica says that it has lost its leases, as it does on a machine that is too busy: what it had in hand is cut short. */
  listen(): void {
    const heard = new Map<string, number>();
    this.#listening = setInterval(() => {
      for (const { name, output } of this.world.replicas) {
        const times = output().split(RAN_OUT).length - 1;
        const at = Date.now();
        if (times > (heard.get(name) ?? 0))
          this.note({ what: 'leases ran out', replica: name, from: at - HEARD_WITHIN_MS, to: at });
        heard.set(name, times);
      }
    }, HEARD_WITHIN_MS);
  }

  endListening(): void {
    clearInterval(this.#listening);
  }

  onStarted(replica: Replica): Promise<void> {
    return this.verify(replica);
  }

  /** Each act gets its share of the steps. Several acts may be under way, but one for each replica, and one for the database. */
  async rage(): Promise<void> {
    const { everyMs = [3_000, 20_000], acts: counts } = this.#options;
    const { steps } = this.world;
    const acts = actsOf(counts);
    for (const [index, act] of acts.entries()) {
      const share = steps.splice(0, Math.ceil(steps.length / (acts.length - index)));
      const gapMs = between(...everyMs);
      const times = share.map(() => between(0, gapMs)).sort((a, b) => a - b);
      const changing = play(share.map((step, at) => ({ at: times[at] ?? 0, do: step })));
      await Promise.all([changing, delay(gapMs)]);
      await this.#begin(act);
      this.log(`act ${index + 1} of ${acts.length}; accepted so far: ${this.#told()}`);
    }
    await Promise.all([...this.#busy.values(), this.#restarting]);
  }

  /** Runs the replicas until everything is told (or a long time has passed), and ends them in order. */
  async calm(): Promise<void> {
    const { replicas, receivers, postgres, expected } = this.world;
    for (const channel of CHANNELS) receivers[channel].trouble(null);
    this.log('left in peace');
    // What does not arrive is counted as lost; the report says more than a time-out would.
    let told = '';
    let movedAt = performance.now();
    const isMoving = (): boolean => {
      if (this.#told() !== told) movedAt = performance.now();
      told = this.#told();
      return performance.now() - movedAt < CALM_MS;
    };
    const store = { store: { url: postgres.url } };
    const isOver = async (): Promise<boolean> =>
      (await this.#events()).filter(({ jobId }) => jobId !== null).length >= expected &&
      (await isAllDelivered(store));
    while (!(await isOver()) && isMoving()) await delay(500);
    for (const replica of replicas) {
      const begun = performance.now();
      const { code } = await replica.end('SIGTERM');
      this.#endings.push({ code, ms: Math.round(performance.now() - begun) });
      await this.verify(replica);
    }
  }

  /** What `audit verify` finds beside the replicas, from the home of this one. */
  async verify(replica: Replica): Promise<void> {
    for (;;) {
      await this.#restarting;
      const restarts = this.#restarts;
      const { stdout, stderr } = await replica.command(['audit', 'verify', '--json']);
      try {
        const { problems } = JSON.parse(stdout) as { problems: string[] };
        this.#problems.push(...problems.map((problem) => `${replica.name}: ${problem}`));
        this.#verified += 1;
        return;
      } catch (cause) {
        // The database went away meanwhile.
        if (this.#restarts > restarts) continue;
        throw new Error(`audit verify has no verdict:\n${stdout}\n${stderr}`, { cause });
      }
    }
  }

  async report(seconds: number): Promise<ReplicaStormReport> {
    const { world } = this;
    const { replicas, receivers, postgres, expected, atlas } = world;
    const testimony = await readTestimony(postgres.url);
    const events = await this.#events();
    const lifetimes = new Map(replicas.map(({ name, lifetimes }) => [name, lifetimes]));
    const audited = await auditedDeliveries({ store: { url: postgres.url } });
    return {
      seconds,
      expected,
      channels: this.#channels(events, audited, testimony),
      jobs: this.#options.jobs,
      replicas: replicas.length,
      acts: this.#options.acts,
      otherEvents: countOf(events.filter(({ jobId }) => jobId === null).map(({ name }) => name)),
      recordedTwice: countRecordedTwice(events),
      sentByOthers: CHANNELS.flatMap((channel) =>
        sentByOthers(channel, receivers[channel].receipts(), testimony, lifetimes),
      ),
      writtenByOthers: testimony.intrusions.map(
        ({ at, writer, what, units }) =>
          `${new Date(at).toISOString()} process ${writer} wrote ${what} (${units})`,
      ),
      auditedTwice: auditedTwice(audited),
      auditProblems: this.#problems,
      failures: this.#failures,
      verified: this.#verified,
      failedStarts: replicas.reduce((sum, replica) => sum + replica.failedStarts, 0),
      takeovers: testimony.leases.filter(({ owner }) => owner !== null).length,
      mostPerMinute: mostPerMinute(atlas.narrow.requests),
      endings: this.#endings,
      saidInAlarm: countOf(replicas.flatMap((replica) => alarmsIn(replica.output()))),
    };
  }

  leaveLogs(folder: string): Promise<void> {
    return leaveLogs(this.world, folder, { disturbances: this.#disturbances });
  }

  /** Begins an act as soon as whom it happens to is free for it. */
  async #begin(act: Act): Promise<void> {
    const { replicas } = this.world;
    if (act.to === 'database') {
      await this.#restarting;
      this.#restarts += 1;
      this.#restarting = this.#kept(act.do(this, pick(replicas))).finally(() => {
        this.#restarting = null;
      });
      return;
    }
    const free = (): Replica[] => replicas.filter((replica) => !this.#busy.has(replica));
    while (free().length === 0) await delay(100);
    const replica = pick(free());
    const over = this.#kept(act.do(this, replica)).finally(() => this.#busy.delete(replica));
    this.#busy.set(replica, over);
  }

  /** What goes wrong in an act is a finding, and the storm goes on. */
  #kept(act: Promise<void>): Promise<void> {
    return act.catch((thrown: unknown) => {
      this.#failures.push(toError(thrown).message);
    });
  }

  #told(): string {
    const { receivers } = this.world;
    return CHANNELS.map((channel) => `${receivers[channel].receipts().length} ${channel}`).join(', ');
  }

  async #events(): Promise<StormEvent[]> {
    const store = { store: { url: this.world.postgres.url } };
    const { items } = await lookInto(store, (open) => open.listEvents({ limit: 1_000_000 }));
    return items.map(({ event, suppressed }) => ({
      id: event.id,
      jobId: jobOf(event)?.id ?? null,
      name: event.name,
      isMuted: suppressed === 'muted',
    }));
  }

  #channels(
    events: readonly StormEvent[],
    audited: readonly AuditedDelivery[],
    { deliveries }: Testimony,
  ): ReplicaStormReport['channels'] {
    const { receivers, refused, expected } = this.world;
    const idsOf = (kind: string, channel: Channel): Set<string> =>
      new Set(
        audited
          .filter((entry) => entry.kind === kind && entry.channel === channel)
          .map(({ eventId }) => eventId),
      );
    const count = (channel: Channel): ChannelCount =>
      countChannel({
        receipts: receivers[channel].receipts(),
        refused: refused(channel),
        events,
        expected,
        causeOf: explainedByDisturbances({
          channel,
          deliveries,
          disturbances: this.#disturbances,
          interrupted: idsOf('delivery.interrupted', channel),
        }),
        givenUp: idsOf('delivery.given_up', channel),
      });
    return { webhook: count('webhook'), slack: count('slack'), email: count('email') };
  }
}

function pick(replicas: readonly Replica[]): Replica {
  const replica = replicas[Math.floor(Math.random() * replicas.length)];
  if (replica === undefined) throw new RangeError('there are no replicas');
  return replica;
}

/** How often each text stands there. */
function countOf(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(texts, (text) => text)].map(([text, those]) => [text, those.length]),
  );
}

/** What a replica has said in alarm, without what differs from one time to the next. */
function alarmsIn(output: string): string[] {
  return output.split('\n').flatMap((line) => {
    if (!line.includes('"level":"error"')) return [];
    const { message } = JSON.parse(line) as { message: string };
    return [message.replaceAll(/\d+/g, '…')];
  });
}
