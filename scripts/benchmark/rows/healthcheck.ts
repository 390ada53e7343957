import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../../../src/simulator/loopback.ts';
import { makeHome } from '../../../test/support/daemon.ts';
import { startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { cpuMs } from '../process/process-cost.ts';
import { configOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { inMb, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { costOfCommand } from '../shell/command-cost.ts';

const WANTED = { cpuMs: 70, mb: 50 };
const TIMES = { long: 15, short: 1 };
/** HEALTHCHECK's own interval, and the usual schedule's. */
const IDLE_MS = { long: 30_000, short: 500 };

const BARE = 'fetch(process.argv[1]).then(({ ok }) => process.exit(ok ? 0 : 1))';

/** What the image's health check takes each time, beside what the daemon itself takes in as long as lies between two. */
export const HEALTHCHECK_ROW: Row = { name: 'healthcheck', measure };

async function measure(bench: Bench): Promise<Line[]> {
  const atlas = await startAtlas();
  const instanceName = 'quiet';
  await atlas.put({ instanceName, count: 100, state: 'ended' });
  const port = await freePort();
  const server = { host: '127.0.0.1', port };
  const home = await makeHome(configOf(atlas.url, { instanceName, schedule: '*/30 * * * * *' }, { server }));
  const daemon = await startWatcher(bench.image, home);
  try {
    await daemon.polled();
    bench.say('the idle daemon for as long as lies between two health checks, twice');
    const spanMs = bench.isShort ? IDLE_MS.short : IDLE_MS.long;
    const afterStartMs = await cpuDuring(daemon.pid, spanMs);
    const idleMs = await cpuDuring(daemon.pid, spanMs);
    bench.say('the health check of the image, and a bare one');
    const how = { dir: home.dir, env: bench.image.env, times: bench.isShort ? TIMES.short : TIMES.long };
    const ours = await costOfCommand(bench.image.healthcheck, how);
    const bare = await costOfCommand([process.execPath, '-e', BARE, `${daemon.url}/healthz`], how);
    return [
      {
        what: 'one HEALTHCHECK of the image',
        goal: atMost(
          `${WANTED.cpuMs} ms CPU, ${WANTED.mb} MB`,
          [ours.cpuMs, WANTED.cpuMs],
          [inMb(ours.peakMib), WANTED.mb],
        ),
        got: `${span(ours.cpuMs)} CPU, ${inMb(ours.peakMib).toFixed(0)} MB`,
        floor: `${span(bare.cpuMs)}, ${inMb(bare.peakMib).toFixed(0)} MB`,
      },
      {
        what: 'the idle daemon in the 30 s between two of them',
        goal: null,
        got: `${span(idleMs)} CPU (${span(afterStartMs)} in the first 30 s, with the garbage of the start)`,
      },
    ];
  } finally {
    await daemon.stop();
    await atlas.stop();
    await home.remove();
  }
}

/** V8 tidies up what a start has left some 8 and 16 s later, once: that is no part of being idle. */
async function cpuDuring(pid: number, ms: number): Promise<number> {
  const before = cpuMs(pid);
  await delay(ms);
  return cpuMs(pid) - before;
}

/** A port that was free a moment ago: the health check asks the one that the configuration names. */
async function freePort(): Promise<number> {
  const { port, close } = await listenOnLoopback(createServer());
  await close();
  return port;
}
