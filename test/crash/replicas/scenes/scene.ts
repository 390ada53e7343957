import { setTimeout as delay } from 'node:timers/promises';
import { fetchOnce } from '../../../support/fetch-once.ts';
import { auditedDeliveries, isAllDelivered, lookInto } from '../../inspect.ts';
import { CHANNELS } from '../../receivers.ts';
import { leaveLogs } from '../logs.ts';
import { sentByOthers } from '../oracle.ts';
import type { Replica } from '../replica.ts';
import { readTestimony } from '../witness.ts';
import { makeReplicaWorld, type ReplicaWorld } from '../world.ts';

/** What a scene has shown: figures for people, and what must not be. */
export interface Finding {
  figures: string[];
  violations: string[];
}

/** One thing that happens to three replicas which are well otherwise, and what comes of it. */
export interface Scene {
  /** How many jobs there are to start and end. */
  jobs: number;
  /** Keys of the configuration that are other than usual. */
  settings?: () => Promise<Record<string, unknown>>;
  /** Closes what the settings have opened. */
  end?: () => Promise<void> | undefined;
  play(world: ReplicaWorld, log: (text: string) => void): Promise<Finding>;
}

/** How a scene is played. */
export interface SceneOptions {
  /** Told what happens, for people who watch. */
  log: (text: string) => void;
  /** The program that runs until the scene updates it. */
  older?: string | undefined;
  /** A folder in which is left what each replica has said, and what the database has seen. */
  logs?: string | undefined;
}

const REPLICAS = 3;
/** Time to tell what is left. */
const CALM_MS = 120_000;

/** Plays a scene, lets everything be told, and looks at what every scene must keep: nothing lost, told twice, or done for another. */
export async function playScene(
  { jobs, settings, end, play }: Scene,
  { log, older, logs }: SceneOptions,
): Promise<Finding> {
  const world = await makeReplicaWorld({
    replicas: REPLICAS,
    jobs,
    troubles: { share: 0, mostPerEvent: 0 },
    settings: (await settings?.()) ?? {},
    older,
  });
  try {
    await Promise.all(world.replicas.map((replica) => replica.start()));
    await untilShared(world);
    log('all replicas have work');
    const { figures, violations } = await play(world, log);
    await untilTold(world);
    return { figures, violations: [...violations, ...(await breachesOf(world))] };
  } finally {
    if (logs !== undefined) await leaveLogs(world, logs).catch((thrown: unknown) => log(String(thrown)));
    await end?.();
    await world.close();
  }
}

/** Waits until each replica has some of the work. */
export async function untilShared({ replicas }: ReplicaWorld): Promise<void> {
  const [first] = replicas;
  if (first === undefined) return;
  for (;;) {
    const { items } = (await (await fetchOnce(`${first.url}/api/v1/replicas`)).json()) as {
      items: Array<{ units: string[] }>;
    };
    if (items.filter(({ units }) => units.length > 0).length === replicas.length) return;
    await delay(200);
  }
}

/** Waits until everything that has happened is told, or a long time has passed. */
async function untilTold({ postgres, steps, expected, receivers }: ReplicaWorld): Promise<void> {
  const happened = expected - steps.length;
  const deadline = performance.now() + CALM_MS;
  const told = (): number =>
    Math.min(
      ...CHANNELS.map(
        (channel) => new Set(receivers[channel].receipts().flatMap(({ eventIds }) => eventIds)).size,
      ),
    );
  while (performance.now() < deadline)
    if (told() >= happened && (await isAllDelivered({ store: { url: postgres.url } }))) return;
    else await delay(200);
}

async function breachesOf({
  postgres,
  replicas,
  receivers,
  steps,
  expected,
}: ReplicaWorld): Promise<string[]> {
  const testimony = await readTestimony(postgres.url);
  const lifetimes = new Map(replicas.map(({ name, lifetimes }) => [name, lifetimes]));
  const happened = expected - steps.length;
  const store = { store: { url: postgres.url } };
  const { items } = await lookInto(store, (open) => open.listEvents({ limit: 1_000_000 }));
  const others = items.filter(({ event }) => event.subject.kind !== 'job').map(({ event }) => event.name);
  const interrupted = (await auditedDeliveries(store)).filter(({ kind }) => kind === 'delivery.interrupted');
  return [
    ...CHANNELS.flatMap((channel) => {
      const ids = receivers[channel].receipts().flatMap(({ eventIds }) => eventIds);
      const different = new Set(ids).size;
      const twins = ids.length - different;
      const explained = interrupted.filter((entry) => entry.channel === channel).length;
      return [
        ...(different === happened ? [] : [`${channel} was told of ${different} of ${happened} events`]),
        ...(twins > explained ? [`${channel} was told ${twins} events again, of ${explained} cut off`] : []),
        ...sentByOthers(channel, receivers[channel].receipts(), testimony, lifetimes),
      ];
    }),
    ...testimony.intrusions.map(({ writer, what }) => `process ${writer} wrote ${what} without the lease`),
    ...others.map((name) => `an event that nothing was the reason of: ${name}`),
  ];
}

/** The replica that has most of the work, as the database has it. */
export async function busiest(world: ReplicaWorld): Promise<Replica> {
  const { leases } = await readTestimony(world.postgres.url);
  const owners = new Map(leases.map(({ unit, owner }) => [unit, owner]));
  const countOf = ({ lifetimes }: Replica): number =>
    [...owners.values()].filter((owner) => owner?.includes(`:${lifetimes.at(-1)?.pid}#`)).length;
  const [first] = world.replicas.toSorted((a, b) => countOf(b) - countOf(a));
  if (first === undefined) throw new RangeError('there are no replicas');
  return first;
}

/**
 * When each project was asked for its jobs next after that time, in milliseconds from then on; the last of them. Not the one whose budget
 * binds: that waits for its ceiling anyway.
 */
export function polledAgainAfter({ places, atlas: { wide } }: ReplicaWorld, since: number): number {
  const free = places.filter(({ atlas }) => atlas === wide);
  const waits = free.map(({ atlas, groupId, instance }) => {
    const next = atlas.requests.find(
      ({ path, at, authenticated }) =>
        authenticated && at > since && path.includes(groupId) && path.includes(`/${instance}/`),
    );
    return next === undefined ? Number.POSITIVE_INFINITY : next.at - since;
  });
  return Math.max(...waits);
}

/** `a, b and c` as milliseconds, sorted. */
export function milliseconds(values: readonly number[]): string {
  return values
    .map((value) => Math.round(value))
    .toSorted((a, b) => a - b)
    .join(', ');
}
