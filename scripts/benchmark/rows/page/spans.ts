import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '../../process/monotonic.ts';
import { cpuMs } from '../../process/process-cost.ts';
import { quantile } from '../../report/figures.ts';
import type { BusyWorld } from './world.ts';

/** A stretch of time that was measured. */
export interface Span {
  /** Where it was measured. */
  world: BusyWorld;
  /** By the machine's monotonic clock, in milliseconds. */
  from: number;
  to: number;
  /** CPU time of the daemon, in milliseconds. */
  cpuMs: number;
}

/** Lets so many milliseconds pass, and says what the daemon took meanwhile. */
export async function spanOf(world: BusyWorld, ms: number): Promise<Span> {
  const { pid } = world.watcher;
  const [from, before] = [monotonicMs(), cpuMs(pid)];
  await delay(ms);
  return { world, from, to: monotonicMs(), cpuMs: cpuMs(pid) - before };
}

/** CPU time a second, in milliseconds. */
export function aSecond(spans: readonly Span[]): number {
  const sum = (of: (span: Span) => number): number => spans.reduce((all, span) => all + of(span), 0);
  return (sum((span) => span.cpuMs) / sum(({ from, to }) => to - from)) * 1_000;
}

/** How late polls came: so many milliseconds behind the earliest of the same watch, by how long after its tick each was answered. */
export interface Lateness {
  median: number;
  p99: number;
  most: number;
}

/** Says for several lists of spans how late the polls in them were; the earliest poll of a watch is looked for in all of them. */
export async function latenessIn(
  periodMs: number,
  lists: ReadonlyArray<readonly Span[]>,
): Promise<Lateness[]> {
  const late = lists.map((): number[] => []);
  for (const world of new Set(lists.flat().map((span) => span.world))) {
    const own = lists.map((spans) => spans.filter((span) => span.world === world));
    for (const name of world.names)
      for (const [index, ms] of (await lateAt(world, name, periodMs, own)).entries())
        late[index]?.push(...ms);
  }
  return late.map((each) => ({
    median: quantile(each, 0.5),
    p99: quantile(each, 0.99),
    most: Math.max(...each),
  }));
}

async function lateAt(
  { atlas }: BusyWorld,
  name: string,
  periodMs: number,
  lists: ReadonlyArray<readonly Span[]>,
): Promise<number[][]> {
  const { polls } = await atlas.look(name);
  const within = lists.map((spans) =>
    polls.filter(({ atMs }) => spans.some(({ from, to }) => atMs >= from && atMs < to)),
  );
  const all = within.flat();
  const anchor = all[0]?.atMs ?? 0;
  // Nearest to a whole number of periods after the first: before or behind it.
  const phase = (atMs: number): number => {
    const behind = (atMs - anchor) % periodMs;
    return behind > periodMs / 2 ? behind - periodMs : behind < -periodMs / 2 ? behind + periodMs : behind;
  };
  const earliest = Math.min(...all.map(({ atMs }) => phase(atMs)));
  return within.map((each) => each.map(({ atMs }) => phase(atMs) - earliest));
}
