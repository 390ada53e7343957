import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listenOnLoopback } from '../../../src/simulator/loopback.ts';
import { type Home, makeHome } from '../../../test/support/daemon.ts';
import { startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { childrenOf, cpuMs, peakMib } from '../process/process-cost.ts';
import { configOf } from '../program/config.ts';
import { startWatcher } from '../program/watcher.ts';
import { inMb, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { shellTimesMs } from '../shell/times.ts';

const WANTED = { cpuMs: 70, mb: 50 };
const TIMES = { long: 15, short: 1 };
/** HEALTHCHECK's own interval, and the usual schedule's. */
const IDLE_MS = { long: 30_000, short: 500 };
const SAMPLE_EVERY_MS = 1;

const AGAIN_AND_AGAIN = 'for turn in $(seq "$TIMES"); do "$@" > /dev/null || exit 1; done; times > times';
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
    bench.say('the idle daemon for as long as lies between two health checks');
    const before = cpuMs(daemon.pid);
    await delay(bench.isShort ? IDLE_MS.short : IDLE_MS.long);
    const idleMs = cpuMs(daemon.pid) - before;
    bench.say('the health check of the image, and a bare one');
    const ours = await runAgain(bench, home, bench.image.healthcheck);
    const bare = await runAgain(bench, home, [process.execPath, '-e', BARE, `${daemon.url}/healthz`]);
    return [
      {
        what: 'one HEALTHCHECK of the image',
        goal: atMost(
          `${WANTED.cpuMs} ms CPU, ${WANTED.mb} MB`,
          [ours.cpuMs, WANTED.cpuMs],
          [ours.mb, WANTED.mb],
        ),
        got: `${span(ours.cpuMs)} CPU, ${ours.mb.toFixed(0)} MB`,
        floor: `${span(bare.cpuMs)}, ${bare.mb.toFixed(0)} MB`,
      },
      { what: 'the idle daemon in the 30 s between two of them', goal: null, got: `${span(idleMs)} CPU` },
    ];
  } finally {
    await daemon.stop();
    await atlas.stop();
    await home.remove();
  }
}

/** Runs a command some times: its CPU time on average, and the most memory that one of them had. */
async function runAgain(
  { isShort, image }: Bench,
  home: Home,
  command: readonly string[],
): Promise<{ cpuMs: number; mb: number }> {
  const times = isShort ? TIMES.short : TIMES.long;
  const script = join(home.dir, 'again.sh');
  await writeFile(script, AGAIN_AND_AGAIN);
  const shell = spawn('bash', [script, ...command], {
    cwd: home.dir,
    env: { PATH: process.env.PATH, ...image.env, TIMES: `${times}` },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let highestMib = 0;
  const sampling = setInterval(() => {
    highestMib = Math.max(highestMib, ...childrenOf(shell.pid ?? -1).map(peakMib));
  }, SAMPLE_EVERY_MS);
  const [code] = await once(shell, 'exit');
  clearInterval(sampling);
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`);
  const cpu = shellTimesMs(await readFile(join(home.dir, 'times'), 'utf8'));
  return { cpuMs: cpu / times, mb: inMb(highestMib) };
}

/** A port that was free a moment ago: the health check asks the one that the configuration names. */
async function freePort(): Promise<number> {
  const { port, close } = await listenOnLoopback(createServer());
  await close();
  return port;
}
