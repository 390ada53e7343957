import { setTimeout as delay } from 'node:timers/promises';
import { makeHome, startDaemon } from '../../test/support/daemon.ts';
import { type AtlasProcess, type Counts, GROUP_ID, KEYS } from './atlas-process.ts';
import type { Measurement, Run } from './measurement.ts';
import { cpuMs, residentMib } from './process-cost.ts';

/** How the image and `npm start` run it. */
const AS_IN_THE_IMAGE = '--max-semi-space-size=1';

const GIVE_UP_AFTER_MS = 300_000;
const SETTLING_MS = 2_000;

/** What every measurement is made with. */
export interface Bench {
  atlas: AtlasProcess;
  /** The program to measure; `undefined`: as it is in the checkout. */
  main: string | undefined;
}

/** Lets the real daemon poll once a second, or as fast as it can, with a fresh store, and measures it from outside. */
export function measureDaemon(bench: Bench, run: Run): Promise<Measurement> {
  const { atlas } = bench;
  return withDaemon(bench, run, async ({ pid, firstPollSeconds, hasPolled }) => {
    await delay(SETTLING_MS);
    const begin = await atPollNumber((await atlas.count()).polls + 1, atlas, pid);
    const end = await atPollNumber(begin.polls + run.polls, atlas, pid);
    const memory = residentMib(pid);
    if (!(await hasPolled())) throw new Error('a poll failed during the benchmark');

    const polls = end.polls - begin.polls;
    return {
      ...run,
      what: 'restore-watcher',
      polls,
      firstPollSeconds,
      cpuMsPerPoll: (end.cpu - begin.cpu) / polls,
      requestsPerPoll: (end.requests - begin.requests) / polls,
      memory,
    };
  });
}

/** How long a start takes, in seconds, until the first poll has ended: the median of `times`. */
export async function measureStarts(bench: Bench, run: Run, times: number): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time < times; time += 1) {
    taken.push(await withDaemon(bench, run, async ({ firstPollSeconds }) => firstPollSeconds));
  }
  return taken.toSorted((one, other) => one - other)[Math.floor(times / 2)] ?? Number.NaN;
}

interface Started {
  pid: number;
  firstPollSeconds: number;
  /** True once the watch was polled, and its last poll went well. */
  hasPolled: () => Promise<boolean>;
}

/** Starts a daemon, waits for the end of its first poll, and stops it when `use` is done. */
async function withDaemon<T>(
  { atlas, main }: Bench,
  run: Run,
  use: (started: Started) => Promise<T>,
): Promise<T> {
  const home = await makeHome(configFor(atlas.url, run));
  const startedAt = performance.now();
  const daemon = startDaemon(home, { NODE_OPTIONS: AS_IN_THE_IMAGE }, main);
  try {
    const url = await daemon.url;
    const hasPolled = () => lastPollWentWell(url);
    await until(hasPolled, 10);
    const firstPollSeconds = (performance.now() - startedAt) / 1_000;
    return await use({ pid: daemon.pid, firstPollSeconds, hasPolled });
  } finally {
    await daemon.kill('SIGTERM');
    await home.remove();
  }
}

/** The counts and the CPU time when the poll with this number begins, as the simulator sees it: the daemon itself is not asked. */
async function atPollNumber(
  number: number,
  atlas: AtlasProcess,
  pid: number,
): Promise<Counts & { cpu: number }> {
  let counts = await atlas.count();
  await until(async () => {
    counts = await atlas.count();
    return counts.polls >= number;
  }, 5);
  return { ...counts, cpu: cpuMs(pid) };
}

async function lastPollWentWell(url: string): Promise<boolean> {
  const { items } = (await (await fetch(`${url}/api/v1/watches`)).json()) as {
    items: Array<{ lastSuccessAt: string | null; fault: unknown }>;
  };
  return items.every(({ lastSuccessAt, fault }) => lastSuccessAt !== null && fault === null);
}

function configFor(baseUrl: string, { instanceName, restoreJobIds }: Run): Record<string, unknown> {
  const auth = { type: 'digest', ...KEYS };
  return {
    connections: [{ name: 'atlas', baseUrl, auth, requestsPerMinute: 1_000_000 }],
    watches: [
      {
        name: 'benchmark',
        kind: 'serverless',
        apiVersion: 'v1.0',
        groupId: GROUP_ID,
        instanceName,
        schedule: '* * * * * *',
        ...(restoreJobIds.length > 0 ? { restoreJobIds } : {}),
      },
    ],
  };
}

async function until(holds: () => Promise<boolean>, everyMs: number): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error('the daemon did not get on');
    await delay(everyMs);
  }
}
