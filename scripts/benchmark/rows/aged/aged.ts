import { DatabaseSync } from 'node:sqlite';
import { startAtlas } from '../../atlas/atlas.ts';
import type { Bench, Row } from '../../bench.ts';
import { createLoopProbe, type LoopProbe } from '../../probe/loop.ts';
import { cpuMs, memoryOf } from '../../process/process-cost.ts';
import { startWatcher, type Watcher } from '../../program/watcher.ts';
import { startReceiver } from '../../receiver/receiver.ts';
import { count, median, megabytes, span } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { commandLines } from './commands.ts';
import { age, homeOf, putInstances, settle } from './home.ts';
import { type Known, readsOf } from './questions.ts';
import { verifyLine } from './verify.ts';

const WANTED = { readMs: 50, metricsMs: 10 };
const TIMES = { long: 7, short: 2 };

/** What a store that is two years old costs whoever asks it. */
export const AGED_ROW: Row = { name: 'aged', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const [atlas, receiver] = [await startAtlas(), await startReceiver(0)];
  await putInstances(atlas);
  const [home, empty] = [await homeOf(atlas, receiver), await homeOf(atlas, receiver)];
  try {
    const known = await age(bench, home);
    const events = countEvents(home.dbFile);
    const probe = await createLoopProbe(home.dir);
    const daemon = await startWatcher(bench.image, home, probe);
    const lines: Line[] = [];
    try {
      const listening = span(performance.now() - daemon.startedAt);
      // Its first poll asks for thousands of jobs by id, since the simulated Atlas lists none of them.
      await daemon.polled();
      lines.push({
        what: `a store of ${count(events)} events: start until it answers over HTTP, memory (private) after the first poll`,
        goal: null,
        got: `${listening}, ${megabytes(memoryOf(daemon.pid))}`,
      });
      lines.push(...(await readLines(bench, daemon, probe, known)));
      await settle(bench, empty);
      lines.push(...(await commandLines(bench, { home, empty, known })));
    } finally {
      await daemon.stop();
    }
    lines.push(await verifyLine(bench, home));
    return lines;
  } finally {
    await Promise.all([atlas.stop(), receiver.stop()]);
    await Promise.all([home.remove(), empty.remove()]);
  }
}

/** What one read took. */
interface ReadCost {
  path: string;
  cpuMs: number;
  wallMs: number;
  longestBlockMs: number;
}

async function readLines(bench: Bench, daemon: Watcher, probe: LoopProbe, known: Known): Promise<Line[]> {
  bench.say('every read over HTTP');
  const times = bench.isShort ? TIMES.short : TIMES.long;
  const metrics = await costOfRead(daemon, probe, '/metrics', times);
  const costs: ReadCost[] = [];
  for (const path of readsOf(known)) costs.push(await costOfRead(daemon, probe, path, times));
  bench.detail(
    'Every read over HTTP, on a store that is two years old',
    ['read', 'CPU', 'time', 'loop held up'],
    [metrics, ...costs].map(({ path, ...cost }) => [
      `\`${path}\``,
      span(cost.cpuMs),
      span(cost.wallMs),
      span(cost.longestBlockMs),
    ]),
  );
  const slowest = costs.toSorted((a, b) => b.wallMs - a.wallMs)[0] ?? metrics;
  const longest = Math.max(metrics.longestBlockMs, ...costs.map(({ longestBlockMs }) => longestBlockMs));
  return [
    {
      what: '`/metrics` on it: CPU',
      goal: atMost(`${WANTED.metricsMs} ms`, [metrics.cpuMs, WANTED.metricsMs]),
      got: `${span(metrics.cpuMs)}, answered within ${span(metrics.wallMs)}`,
    },
    {
      what: `the slowest of ${costs.length} reads over HTTP on it`,
      goal: atMost(`${WANTED.readMs} ms`, [slowest.wallMs, WANTED.readMs]),
      got: `${span(slowest.wallMs)}: \`${slowest.path}\``,
    },
    {
      what: 'the longest that any of them held up the loop',
      goal: atMost(`${WANTED.readMs} ms`, [longest, WANTED.readMs]),
      got: span(longest),
    },
  ];
}

/** One after the other; the first one finds nothing in memory, and counts like the others. */
async function costOfRead(daemon: Watcher, probe: LoopProbe, path: string, times: number): Promise<ReadCost> {
  const walls: number[] = [];
  const { result, longestBlockMs } = await probe.during(async () => {
    const before = cpuMs(daemon.pid);
    for (let turn = 0; turn < times; turn += 1) {
      const beganAt = performance.now();
      const response = await fetch(daemon.url + path);
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`${path} answers ${response.status}`);
      walls.push(performance.now() - beganAt);
    }
    return (cpuMs(daemon.pid) - before) / times;
  });
  return { path, cpuMs: result, wallMs: median(walls), longestBlockMs };
}

function countEvents(dbFile: string): number {
  const db = new DatabaseSync(dbFile, { readOnly: true });
  try {
    return Number(db.prepare('select count(*) as events from event').get()?.events);
  } finally {
    db.close();
  }
}
