import { setTimeout as delay } from 'node:timers/promises';
import type { Bench, Row } from '../../bench.ts';
import { memoryOf } from '../../process/process-cost.ts';
import { count, mean, megabytes, span, standardError } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { aSecond, type Lateness, latenessIn, type Span, spanOf } from './spans.ts';
import { openViewers, type Viewers } from './viewers.ts';
import { type BusyWorld, startBusyWorld } from './world.ts';

const VIEWERS = 20;
const SIGN_EVERY_MS = 4_000;
/** Pages glance once a second, and look soon after something was recorded. */
const WANTED = { tickMs: 10, lateMs: 50 };
const POLLED = {
  long: { schedule: '*/10 * * * * *', everyMs: 10_000 },
  short: { schedule: '* * * * * *', everyMs: 1_000 },
};
/** As many polls in each: all watches tick together, and their polls take more than the pages do. */
const SPAN_MS = { long: 40_000, short: 1_500 };
const SETTLE_MS = { long: 10_000, short: 500 };
/** Pages stay open for hours. What opening twenty at once leaves to be tidied up, and what closing those of the other daemon does, is done by then. */
const OPEN_MS = { long: 30_000, short: 500 };
/**
 * A daemon runs for months: what V8 compiles once, while it gets to know the pages and then their changes, is not what they cost. In each turn the other one of
 * the two daemons has the pages.
 */
const SCENES = {
  quiet: { warmUpMs: 60_000, turns: 4 },
  busy: { warmUpMs: 240_000, turns: 4 },
  others: { warmUpMs: 60_000, turns: 2 },
} as const;
const SHORT_SCENE = { warmUpMs: 500, turns: 2 };
/** A restore has ended so many changes after it began. */
const LASTS = 15;

/**
 * What pages that are open take: CPU time, and how late polls are for them. Measured of two daemons alike at the same time, of which one has the
 * pages: a machine is faster at one time than at another.
 */
export const LIVE_ROW: Row = { name: 'page-live', measure };

type Pair = readonly [BusyWorld, BusyWorld];

async function measure(bench: Bench): Promise<Line[]> {
  const polled = bench.isShort ? POLLED.short : POLLED.long;
  const pair: Pair = [await startBusyWorld(bench, polled), await startBusyWorld(bench, polled)];
  try {
    await delay(bench.isShort ? SETTLE_MS.short : SETTLE_MS.long);
    bench.say('while nothing changes');
    const quiet = await turns(bench, pair, sameView(), 'quiet');
    bench.say('with a change every second');
    const changes = pair.map(keepChanging);
    await delay(bench.isShort ? SETTLE_MS.short : SETTLE_MS.long);
    const busy = await turns(bench, pair, sameView(), 'busy');
    bench.say('each with a filter of its own');
    const others = await turns(bench, pair, ownViews(pair[0]), 'others');
    for (const { stop } of changes) await stop();
    return await linesOf(pair[0].scale, polled.everyMs, { quiet, busy, others });
  } finally {
    for (const world of pair) await world.close();
  }
}

function sameView(): string[] {
  return Array.from({ length: VIEWERS }, () => '/');
}

function ownViews({ names }: BusyWorld): string[] {
  const ranges = ['2h', '24h', '7d', '30d'];
  return Array.from({ length: VIEWERS }, (_, index) =>
    index < ranges.length
      ? `/?range=${ranges[index]}`
      : `/?range=24h&watch=${names[index % names.length] ?? ''}`,
  );
}

/** What was measured in turn. */
interface Turns {
  without: Span[];
  with: Span[];
  /** Bytes that viewers were sent, in all. */
  bytes: number;
  /** Glances of the pages, one a second, or looks that found a change where there are more. */
  ticks: number;
  resident: string;
}

async function turns(
  bench: Bench,
  pair: Pair,
  paths: readonly string[],
  scene: keyof typeof SCENES,
): Promise<Turns> {
  const length = bench.isShort ? 'short' : 'long';
  const spanMs = SPAN_MS[length];
  const { warmUpMs, turns: times } = bench.isShort ? SHORT_SCENE : SCENES[scene];
  await warmUp(pair, paths, warmUpMs);
  const found: Turns = { without: [], with: [], bytes: 0, ticks: 0, resident: '' };
  for (let turn = 0; turn < times; turn += 1) {
    const [watched, other] = turn % 2 === 0 ? pair : [pair[1], pair[0]];
    const viewers: Viewers = await openViewers(watched.watcher.url, paths);
    await delay(OPEN_MS[length]);
    const [before, signs] = [viewers.bytes(), viewers.signs()];
    const [withPages, without] = await Promise.all([spanOf(watched, spanMs), spanOf(other, spanMs)]);
    found.with.push(withPages);
    found.without.push(without);
    found.bytes += viewers.bytes() - before;
    found.ticks += Math.max(spanMs / 1_000, viewers.signs() - signs - spanMs / SIGN_EVERY_MS);
    found.resident = megabytes(memoryOf(watched.watcher.pid));
    viewers.close();
  }
  return found;
}

async function warmUp(pair: Pair, paths: readonly string[], forMs: number): Promise<void> {
  const opened: Viewers[] = [];
  for (const { watcher } of pair) opened.push(await openViewers(watcher.url, paths));
  await delay(forMs);
  for (const viewers of opened) viewers.close();
}

/** Has a restore begin and another one end in turn, one a second. */
function keepChanging(world: BusyWorld): { stop(): Promise<void> } {
  let isOver = false;
  const run = async (): Promise<void> => {
    for (let number = 0; !isOver; number += 1) {
      await world.begin(number);
      await delay(500);
      if (number >= LASTS) await world.end(number - LASTS);
      await delay(500);
    }
  };
  const running = run();
  return {
    stop: async () => {
      isOver = true;
      await running;
    },
  };
}

async function linesOf(
  { watches, jobs }: BusyWorld['scale'],
  everyMs: number,
  found: { quiet: Turns; busy: Turns; others: Turns },
): Promise<Line[]> {
  const what = `${VIEWERS} open pages, ${count(watches)} watches, ${count(jobs)} restores`;
  const [without, withViewers] = await latenessIn(everyMs, [
    Object.values(found).flatMap((turns) => turns.without),
    Object.values(found).flatMap((turns) => turns.with),
  ]);
  if (without === undefined || withViewers === undefined) throw new Error('no poll was seen');
  return [
    tickLine(`${what}: CPU a tick, nothing changes`, found.quiet, WANTED.tickMs),
    tickLine(
      `${what}: CPU a tick, a restore begins and another ends every second`,
      found.busy,
      WANTED.tickMs,
    ),
    tickLine(`the same, each page with a filter of its own`, found.others, null),
    {
      what: 'polls behind the earliest of their watch, p99, with these pages and without',
      goal: atMost(`${WANTED.lateMs} ms more`, [withViewers.p99 - without.p99, WANTED.lateMs]),
      got: `${lateness(withViewers)}; without: ${lateness(without)}`,
    },
    { what: 'memory (private) of the daemon with these pages open', goal: null, got: found.busy.resident },
  ];
}

function tickLine(what: string, turns: Turns, limit: number | null): Line {
  const seconds = turns.with.reduce((sum, { from, to }) => sum + (to - from) / 1_000, 0);
  const ticksASecond = turns.ticks / seconds;
  const more = turns.with.map((span, turn) => aSecond([span]) - aSecond(turns.without.slice(turn, turn + 1)));
  const ms = mean(more) / ticksASecond;
  const error = standardError(more) / ticksASecond;
  const kilobytes = turns.bytes / 1_000 / turns.ticks / VIEWERS;
  return {
    what,
    goal: limit === null ? null : atMost(`${limit} ms`, [ms, limit]),
    got: `${span(ms)} ± ${span(error)} (the daemon without: ${span(aSecond(turns.without))} a second), ${ticksASecond.toFixed(1)} ticks a second, ${kilobytes.toFixed(1)} kB to each`,
  };
}

function lateness({ median, p99, most }: Lateness): string {
  return `${span(p99)} (median ${span(median)}, most ${span(most)})`;
}
