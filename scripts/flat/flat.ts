import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeHome } from '../../test/support/daemon.ts';
import { type Atlas, startAtlas } from '../benchmark/atlas/atlas.ts';
import { plainScript } from '../benchmark/plain-script.ts';
import { memoryOf } from '../benchmark/process/process-cost.ts';
import { connectionTo, toldTo, watchOf } from '../benchmark/program/config.ts';
import type { ImageProgram } from '../benchmark/program/image.ts';
import { startWatcher } from '../benchmark/program/watcher.ts';
import { startReceiver } from '../benchmark/receiver/receiver.ts';
import { until } from '../benchmark/until.ts';

/** How a daemon is kept going, and how often it is looked at. */
export interface FlatOptions {
  image: ImageProgram;
  /** Each of them polls once a second. */
  watches: number;
  seconds: number;
  sampleEveryMs: number;
  /** One job ends and one begins, on one watch after the other. */
  changeEveryMs: number;
  say(text: string): void;
}

/** What a daemon held while it did the same all the time. Samples are in MiB, at equal distances. */
export interface FlatReport {
  residentMib: number[];
  privateMib: number[];
  /** In use, garbage included. */
  heapMib: number[];
  /** What is alive after a collection: after a tenth of the time, and at its end. */
  aliveMib: [begin: number, end: number];
  /** Messages that a webhook got, of those that were owed. */
  told: number;
  owed: number;
  requests: number;
}

/** On every instance at the beginning: some that have ended, and this many that run. */
const ENDED = 50;
const RUNNING = 2;
const LOOK_EVERY_MS = 100;
const WARM_UP_SHARE = 0.1;
const MIB = 2 ** 20;

/** Lets the daemon run for as long as is asked, and notes its memory. @throws when it ends by itself, or a message never arrives. */
export async function runFlat(options: FlatOptions): Promise<FlatReport> {
  const { image, watches, seconds, sampleEveryMs, say } = options;
  const names = Array.from({ length: watches }, (_, index) => `steady-${index}`);
  const [atlas, receiver] = [await startAtlas(), await startReceiver(0)];
  for (const instanceName of names) {
    await atlas.put({ instanceName, count: ENDED, state: 'ended' });
    await atlas.put({ instanceName, from: ENDED, count: RUNNING, state: 'running' });
  }
  const home = await makeHome({
    connections: [connectionTo(atlas.url)],
    watches: names.map((instanceName) => watchOf({ instanceName })),
    ...toldTo(receiver.url, ['finished']),
  });
  const notes = join(home.dir, 'heap.txt');
  const probe = await plainScript(new URL('./heap-probe.ts', import.meta.url), home.dir);
  const env = {
    NODE_OPTIONS: `--import=${probe}`,
    HEAP_PROBE_FILE: notes,
    HEAP_PROBE_EVERY_MS: `${sampleEveryMs}`,
  };
  const daemon = await startWatcher(image, home, { env });
  try {
    await daemon.polled();
    const endsAt = performance.now() + seconds * 1_000;
    const changing = change(atlas, names, options.changeEveryMs, endsAt);
    const residentMib: number[] = [];
    const privateMib: number[] = [];
    let begin: number | null = null;
    while (performance.now() < endsAt) {
      await delay(sampleEveryMs);
      const memory = memoryOf(daemon.pid);
      residentMib.push(memory.resident);
      privateMib.push(memory.private);
      say(`${memory.resident.toFixed(1)} MiB resident, ${memory.private.toFixed(1)} MiB private`);
      const isWarm = performance.now() > endsAt - seconds * 1_000 * (1 - WARM_UP_SHARE);
      if (begin === null && isWarm) begin = await aliveMib(daemon.pid, notes, 1);
    }
    const owed = await changing;
    await until(async () => (await receiver.count()) >= owed, LOOK_EVERY_MS);
    const end = await aliveMib(daemon.pid, notes, begin === null ? 1 : 2);
    await daemon.polled();
    return {
      residentMib,
      privateMib,
      heapMib: (await readNotes(notes, 'used')).map((bytes) => bytes / MIB),
      aliveMib: [begin ?? end, end],
      told: await receiver.count(),
      owed,
      requests: await requestsOf(atlas, names),
    };
  } finally {
    await daemon.stop();
    await Promise.all([atlas.stop(), receiver.stop()]);
    await home.remove();
  }
}

/** Gives how many jobs it has ended. */
async function change(
  atlas: Atlas,
  names: readonly string[],
  everyMs: number,
  endsAt: number,
): Promise<number> {
  let changes = 0;
  for (; performance.now() + everyMs < endsAt; changes += 1) {
    await delay(everyMs);
    const instanceName = names[changes % names.length] ?? '';
    const turn = Math.floor(changes / names.length);
    await atlas.put({ instanceName, from: ENDED + RUNNING + turn, count: 1, state: 'running' });
    await atlas.finish(instanceName, ENDED + turn, 1);
  }
  return changes;
}

/** Has the daemon collect its garbage, and gives what is left. `times`: how often it has done so then. */
async function aliveMib(pid: number, notes: string, times: number): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  await until(async () => (await readNotes(notes, 'alive')).length >= times, LOOK_EVERY_MS);
  return ((await readNotes(notes, 'alive')).at(-1) ?? Number.NaN) / MIB;
}

async function readNotes(file: string, kind: 'used' | 'alive'): Promise<number[]> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
  return lines.filter((line) => line.startsWith(`${kind} `)).map((line) => Number(line.split(' ')[1]));
}

async function requestsOf(atlas: Atlas, names: readonly string[]): Promise<number> {
  const looks = await Promise.all(names.map((name) => atlas.look(name)));
  return looks.reduce((sum, { requests }) => sum + requests, 0);
}
