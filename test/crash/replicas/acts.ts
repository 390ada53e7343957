import { setTimeout as delay } from 'node:timers/promises';
import type { Disturbance } from './oracle.ts';
import type { Replica } from './replica.ts';
import type { ReplicaWorld } from './world.ts';

/** How often each thing happens in a storm. */
export interface ActCounts {
  /** `kill -9` of a replica. */
  kills: number;
  /** A replica stands still (SIGSTOP) for longer than a lease. */
  pauses: number;
  /** The way from a replica to the database fails, in turn in each of `CUTS`. */
  cuts: number;
  /** The wall clock of a replica steps. */
  clockSteps: number;
  /** PostgreSQL is stopped as its administrator does, and started again. */
  fastRestarts: number;
  /** The same without a word, as a crash does. */
  immediateRestarts: number;
}

/** Something that happens to one replica, or to the database. Resolves when it is over. */
export interface Act {
  name: keyof ActCounts;
  to: 'replica' | 'database';
  do(stage: Stage, replica: Replica): Promise<void>;
}

/** Where acts happen. */
export interface Stage {
  world: ReplicaWorld;
  /** Writes down what a disturbance may explain. */
  note(disturbance: Disturbance): void;
  /** Called when a replica was started and listens. */
  onStarted(replica: Replica): Promise<void>;
  /** How long a replica stands still, in milliseconds. */
  pauseMs: readonly [shortest: number, longest: number];
  /** How far from the true time a clock steps, at most, in milliseconds. Beyond five minutes, receivers refuse what is signed. */
  stepMs: number;
  log(text: string): void;
}

/** How the way to the database fails: each as the way is, and for how many milliseconds. */
const CUTS: Readonly<Record<string, (replica: Replica) => Promise<void>>> = {
  'all connections cut': async ({ proxy }) => proxy.cut(),
  'cut before a commit': async ({ proxy }) => {
    proxy.cutBefore('commit');
    await delay(2_000);
  },
  'cut behind a commit': async ({ proxy }) => {
    proxy.cutBehind('commit');
    await delay(2_000);
  },
  'refused for a moment': ({ proxy }) => forAWhile(1_000, 8_000, proxy.refuse),
  'refused beyond a lease': ({ proxy }) => forAWhile(16_000, 22_000, proxy.refuse),
  'silent for a moment': ({ proxy }) => forAWhile(1_000, 8_000, proxy.hang),
  'silent beyond a lease': ({ proxy }) => forAWhile(16_000, 22_000, proxy.hang),
};

async function forAWhile(least: number, most: number, set: (isOn: boolean) => void): Promise<void> {
  set(true);
  await delay(between(least, most));
  set(false);
}

/** The acts of a storm, in random order. */
export function actsOf(counts: ActCounts): Act[] {
  let cuts = 0;
  const make: Record<keyof ActCounts, () => Act> = {
    kills: () => ({ name: 'kills', to: 'replica', do: kill }),
    pauses: () => ({ name: 'pauses', to: 'replica', do: pause }),
    cuts: () => {
      const [what = '', act = async () => {}] = Object.entries(CUTS)[cuts++ % Object.keys(CUTS).length] ?? [];
      return { name: 'cuts', to: 'replica', do: (stage, replica) => cut(what, act, stage, replica) };
    },
    clockSteps: () => ({ name: 'clockSteps', to: 'replica', do: stepClock }),
    fastRestarts: () => ({ name: 'fastRestarts', to: 'database', do: (stage) => restart(stage, 'fast') }),
    immediateRestarts: () => ({
      name: 'immediateRestarts',
      to: 'database',
      do: (stage) => restart(stage, 'immediate'),
    }),
  };
  return Object.entries(counts)
    .flatMap(([name, count]) => Array.from({ length: count }, make[name as keyof ActCounts]))
    .map((act) => ({ act, place: Math.random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ act }) => act);
}

/** One of four stays away for longer than a lease. */
async function kill(stage: Stage, replica: Replica): Promise<void> {
  const awayMs = Math.random() < 0.25 ? between(16_000, 20_000) : between(0, 2_000);
  stage.log(`${replica.name} is killed, and away for ${Math.round(awayMs)} ms`);
  const from = Date.now();
  const { signal } = await replica.end('SIGKILL');
  stage.note({ what: 'kill', replica: replica.name, from, to: Date.now() });
  const lastWords = signal === 'SIGKILL' ? null : replica.daemon().output().slice(-2_000);
  await delay(awayMs);
  await replica.start();
  await stage.onStarted(replica);
  if (lastWords !== null) throw new Error(`${replica.name} had ended by itself:\n${lastWords}`);
}

async function pause(stage: Stage, replica: Replica): Promise<void> {
  const forMs = between(...stage.pauseMs);
  stage.log(`${replica.name} stands still for ${Math.round(forMs)} ms`);
  const from = Date.now();
  const { child } = replica.daemon();
  child.kill('SIGSTOP');
  await delay(forMs);
  child.kill('SIGCONT');
  stage.note({ what: 'pause', replica: replica.name, from, to: Date.now() });
}

async function cut(
  what: string,
  act: (replica: Replica) => Promise<void>,
  stage: Stage,
  replica: Replica,
): Promise<void> {
  stage.log(`${replica.name} on its way to the database: ${what}`);
  const from = Date.now();
  await act(replica);
  stage.note({ what, replica: replica.name, from, to: Date.now() });
}

async function stepClock(stage: Stage, replica: Replica): Promise<void> {
  const aheadMs = Math.round(between(-stage.stepMs, stage.stepMs));
  stage.log(`${replica.name} has its clock step to ${aheadMs} ms ahead`);
  await replica.stepTo(aheadMs);
}

async function restart(stage: Stage, how: 'fast' | 'immediate'): Promise<void> {
  const awayMs = between(0, 8_000);
  const { postgres } = stage.world;
  stage.log(`PostgreSQL is stopped (${how}), and away for ${Math.round(awayMs)} ms`);
  const from = Date.now();
  await postgres.stop(how);
  await delay(awayMs);
  await postgres.start();
  stage.note({ what: `${how} restart`, replica: null, from, to: Date.now() });
}

/** A number at random. */
export function between(shortest: number, longest: number): number {
  return shortest + Math.random() * (longest - shortest);
}
