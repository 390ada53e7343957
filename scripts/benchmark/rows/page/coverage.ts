import { setTimeout as delay } from 'node:timers/promises';
import { makeHome } from '../../../../test/support/daemon.ts';
import { startAtlas } from '../../atlas/atlas.ts';
import type { Bench, Row } from '../../bench.ts';
import { createLoopProbe } from '../../probe/loop.ts';
import { cpuMs, memoryOf } from '../../process/process-cost.ts';
import { configOf } from '../../program/config.ts';
import { startWatcher } from '../../program/watcher.ts';
import { count, megabytes, span } from '../../report/figures.ts';
import { atMost, type Line } from '../../report/line.ts';
import { recordManyPlaces } from './many-places.ts';
import { fetchCoded, openViewers } from './viewers.ts';

const PLACES = { long: 10_000, short: 100 };
const WANTED = { blockMs: 50, tickMs: 10 };
/** Of an open page: what was read of coverage is read again once a minute. */
const OPEN_MS = { long: 65_000, short: 1_500 };
const SETTLE_MS = { long: 5_000, short: 500 };

/** What it costs the page that very many instances are on record. */
export const COVERAGE_ROW: Row = { name: 'page-coverage', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const atlas = await startAtlas();
  await atlas.put({ instanceName: 'estate', count: 1, state: 'ended' });
  const home = await makeHome(configOf(atlas.url, { instanceName: 'estate', schedule: '*/30 * * * * *' }));
  try {
    bench.say('coverage of many instances');
    const made = await recordManyPlaces(home.dbFile, 'estate', bench.isShort ? PLACES.short : PLACES.long);
    const probe = await createLoopProbe(home.dir);
    const daemon = await startWatcher(bench.image, home, probe);
    const cost = async <T>(act: () => Promise<T>) => {
      const before = cpuMs(daemon.pid);
      const from = performance.now();
      const { result, longestBlockMs } = await probe.during(act);
      return { result, longestBlockMs, cpu: cpuMs(daemon.pid) - before, wall: performance.now() - from };
    };
    try {
      await daemon.polled();
      await delay(bench.isShort ? SETTLE_MS.short : SETTLE_MS.long);
      const without = megabytes(memoryOf(daemon.pid));
      const openMs = bench.isShort ? OPEN_MS.short : OPEN_MS.long;
      const idle = await cost(() => delay(SETTLE_MS.short));
      const loading = await cost(() => fetchCoded(`${daemon.url}/?range=2h`));
      const first = await cost(() => fetchCoded(`${daemon.url}/?range=30d`));
      const viewers = await openViewers(daemon.url, ['/?range=30d']);
      const open = await cost(() => delay(openMs));
      const held = megabytes(memoryOf(daemon.pid));
      viewers.close();
      const what = `${count(made.places)} instances on record, ${count(made.spans)} spans in 30 days`;
      return [
        {
          what: `${what}: to open the page, the longest that it holds up the loop`,
          goal: atMost(`${WANTED.blockMs} ms`, [first.longestBlockMs, WANTED.blockMs]),
          got: `${span(first.longestBlockMs)}; ${span(first.cpu)} CPU, ${(first.result.bytes / 1_000).toFixed(1)} kB (with loading the page's program: ${span(loading.cpu)} CPU; idle: ${span(idle.longestBlockMs)})`,
        },
        {
          what: 'the same, while it is open: CPU a tick, with reading all of it again once a minute',
          goal: atMost(
            `${WANTED.tickMs} ms, loop held up for ${WANTED.blockMs} ms`,
            [(open.cpu / openMs) * 1_000, WANTED.tickMs],
            [open.longestBlockMs, WANTED.blockMs],
          ),
          got: `${span((open.cpu / openMs) * 1_000)} with all that the daemon does, loop held up for ${span(open.longestBlockMs)}`,
        },
        {
          what: 'the same: memory (private) with the page open, and before',
          goal: null,
          got: `${held}, ${without}`,
        },
      ];
    } finally {
      await daemon.stop();
    }
  } finally {
    await atlas.stop();
    await home.remove();
  }
}
