import { setTimeout as delay } from 'node:timers/promises';
import { makeHome } from '../../../test/support/daemon.ts';
import { startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { cpuMs, memoryOf } from '../process/process-cost.ts';
import { connectionTo, watchOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { count, inMb, megabytes, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { until } from '../until.ts';

const WATCHES = { long: 2_000, short: 20 };
const WATCHES_PER_PROJECT = 100;
const JOBS = 3;
/** From one poll of a watch to the next. */
const IDLE_MS = { long: 30_000, short: 500 };
const WANTED = { seconds: 15, mb: 250 };
const LOOK_EVERY_MS = 50;
const MS_PER_SECOND = 1_000;

/** What a daemon with very many watches takes. */
export const MANY_ROW: Row = { name: 'many', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const watches = bench.isShort ? WATCHES.short : WATCHES.long;
  const places = Array.from({ length: watches }, (_, index) => ({
    instanceName: `many-${index}`,
    groupId: `64b0c1d2e3f4a5b6c7d8${Math.floor(index / WATCHES_PER_PROJECT)
      .toString(16)
      .padStart(4, '0')}`,
  }));
  const atlas = await startAtlas();
  // No two instances have a job in common: an id that several watches know is looked for in the records of all of them.
  for (const [index, place] of places.entries())
    await atlas.put({ ...place, from: index * JOBS, count: JOBS, state: 'ended' });
  const home = await makeHome({
    connections: [connectionTo(atlas.url)],
    watches: places.map((place) =>
      watchOf({ ...place, name: place.instanceName, schedule: '*/30 * * * * *' }),
    ),
  });
  bench.say(`${count(watches)} watches`);
  const daemon = await startWatcher(bench.image, home);
  try {
    await until(async () => (await fetch(`${daemon.url}/readyz`)).status === 200, LOOK_EVERY_MS);
    const seconds = (performance.now() - daemon.startedAt) / MS_PER_SECOND;
    const before = cpuMs(daemon.pid);
    await delay(bench.isShort ? IDLE_MS.short : IDLE_MS.long);
    const idleMs = cpuMs(daemon.pid) - before;
    const memory = memoryOf(daemon.pid);
    return [
      {
        what: `${count(watches)} watches: start to ready, memory (private)`,
        goal: atMost(
          `${WANTED.seconds} s, ${WANTED.mb} MB`,
          [seconds, WANTED.seconds],
          [inMb(memory.resident), WANTED.mb],
        ),
        got: `${span(seconds * MS_PER_SECOND)}, ${megabytes(memory)}, peak ${count(inMb(memory.peak))} MB`,
      },
      {
        what: `${count(watches)} watches, each polled once in 30 s: CPU in these 30 s`,
        goal: null,
        got: `${span(idleMs)} (${span(idleMs / watches)} a poll)`,
      },
    ];
  } finally {
    await daemon.stop();
    await atlas.stop();
    await home.remove();
  }
}
