import { setTimeout as delay } from 'node:timers/promises';
import { type Home, makeHome } from '../../../test/support/daemon.ts';
import { type Atlas, startAtlas } from '../atlas/atlas.ts';
import type { Bench, Row } from '../bench.ts';
import { createLoopProbe } from '../probe/loop.ts';
import { monotonicMs } from '../process/monotonic.ts';
import { memoryOf } from '../process/process-cost.ts';
import { configOf, toldTo } from '../program/config.ts';
import { startWatcher, type Watcher } from '../program/watcher.ts';
import { type Receiver, startReceiver } from '../receiver/receiver.ts';
import { count, inMb, span } from '../report/figures.ts';
import { atMost, type Line } from '../report/line.ts';
import { until } from '../until.ts';

const JOBS = { long: 10_000, short: 600 };
const JOBS_PER_PAGE = 500;
const WANTED_PER_SECOND = 3_000;
const LOOK_EVERY_MS = 5;
const QUIET_MS = 300;
const MS_PER_SECOND = 1_000;
const instanceName = 'catch-up';

/** How fast much news is recorded, and how many requests that takes. */
export const CATCH_UP_ROW: Row = {
  name: 'catch-up',
  measure: async (bench) => [
    await measure(bench, 'first sight'),
    await measure(bench, 'begun and ended while away'),
    await measure(bench, 'ended while away'),
    ...(await measureBeyondPageOne(bench)),
  ],
};

interface Recorded {
  jobs: number;
  /** From the answer that first shows the news until all of it is on record. */
  ms: number;
  requests: number;
  longestBlockMs: number;
  peakMib: number;
}

type News = 'first sight' | 'begun and ended while away' | 'ended while away';

/** One daemon sees what there was before; the next one finds the news. */
async function measure(bench: Bench, news: News): Promise<Line> {
  const jobs = bench.isShort ? JOBS.short : JOBS.long;
  bench.say(`${count(jobs)} jobs, ${news}`);
  const [atlas, receiver] = [await startAtlas(), await startReceiver(0)];
  await atlas.put({ instanceName, count: news === 'ended while away' ? jobs : 0, state: 'running' });
  const home = await homeOf(atlas, receiver);
  try {
    if (news !== 'first sight') {
      const before = await startWatcher(bench.image, home);
      await before.polled();
      await before.stop();
    }
    if (news === 'ended while away') await atlas.finish(instanceName, 0, jobs);
    else await atlas.put({ instanceName, count: jobs, state: 'ended' });
    const had = await atlas.look(instanceName);
    const probe = await createLoopProbe(home.dir);
    const daemon = await startWatcher(bench.image, home, probe);
    try {
      const { result, longestBlockMs } = await probe.during(async () => {
        const beganAt = await beginningOf(atlas, had.polls.length);
        await daemon.polled();
        return { ms: monotonicMs() - beganAt, requests: (await atlas.look(instanceName)).requests };
      });
      const requests = result.requests - had.requests;
      return lineOf(news, { ...result, requests, jobs, longestBlockMs, peakMib: memoryOf(daemon.pid).peak });
    } finally {
      await daemon.stop('SIGKILL');
    }
  } finally {
    await Promise.all([atlas.stop(), receiver.stop()]);
    await home.remove();
  }
}

/** Running jobs fill many pages, the newest first; then they all end while the daemon watches. */
async function measureBeyondPageOne(bench: Bench): Promise<Line[]> {
  const jobs = bench.isShort ? JOBS.short : JOBS.long;
  const pages = Math.ceil(jobs / JOBS_PER_PAGE);
  bench.say(`${count(jobs)} running jobs on ${pages} pages`);
  const [atlas, receiver] = [await startAtlas('newest first'), await startReceiver(0)];
  await atlas.put({ instanceName, count: jobs, state: 'running' });
  const home = await homeOf(atlas, receiver);
  const probe = await createLoopProbe(home.dir);
  const daemon = await startWatcher(bench.image, home, probe);
  try {
    await daemon.polled();
    const idle = await requestsOfIdlePoll(atlas);
    await quiet(atlas);
    const { result, longestBlockMs } = await probe.during(async () => {
      const had = await atlas.look(instanceName);
      await atlas.finish(instanceName, 0, jobs);
      const beganAt = await beginningOf(atlas, had.polls.length);
      await until(async () => (await ended(daemon)) >= jobs, LOOK_EVERY_MS * 20);
      return {
        ms: monotonicMs() - beganAt,
        requests: (await atlas.look(instanceName)).requests - had.requests,
      };
    });
    return [
      lineOf('running on many pages, and ending at once', {
        ...result,
        jobs,
        longestBlockMs,
        peakMib: memoryOf(daemon.pid).peak,
      }),
      {
        what: `requests of an idle poll, ${count(jobs)} running jobs on ${pages} pages`,
        goal: atMost(`${pages} (the pages) and a login`, [idle, pages + 1]),
        got: count(idle),
      },
    ];
  } finally {
    await daemon.stop('SIGKILL');
    await Promise.all([atlas.stop(), receiver.stop()]);
    await home.remove();
  }
}

async function homeOf(atlas: Atlas, receiver: Receiver): Promise<Home> {
  // Long enough for a poll to end before the next one begins.
  const watch = { instanceName, schedule: '*/5 * * * * *' };
  return makeHome(configOf(atlas.url, watch, toldTo(receiver.url)));
}

/** When the first answer of the poll with this number, from 0, had gone out. */
async function beginningOf(atlas: Atlas, poll: number): Promise<number> {
  await until(async () => (await atlas.look(instanceName)).polls.length > poll, LOOK_EVERY_MS);
  return (await atlas.look(instanceName)).polls[poll]?.atMs ?? Number.NaN;
}

/** Requests from the beginning of one poll to the beginning of the next, the first poll left out. */
async function requestsOfIdlePoll(atlas: Atlas): Promise<number> {
  await beginningOf(atlas, 3);
  const { polls } = await atlas.look(instanceName);
  return (polls[3]?.requests ?? Number.NaN) - (polls[2]?.requests ?? Number.NaN);
}

/** Resolves between two polls. */
async function quiet(atlas: Atlas): Promise<void> {
  await until(async () => {
    const { requests } = await atlas.look(instanceName);
    await delay(QUIET_MS);
    return (await atlas.look(instanceName)).requests === requests;
  }, LOOK_EVERY_MS);
}

function ended(daemon: Watcher): Promise<number> {
  return daemon.metric('transitions_total', 'to="finished"');
}

function lineOf(news: string, { jobs, ms, requests, longestBlockMs, peakMib }: Recorded): Line {
  const perSecond = (jobs / ms) * MS_PER_SECOND;
  const pages = Math.ceil(jobs / JOBS_PER_PAGE);
  // A login may have run out meanwhile.
  const isPages = requests <= pages + 1;
  const wanted = `${count(WANTED_PER_SECOND)} a second, ${pages} requests (the pages) and a login`;
  return {
    what: `recorded: ${count(jobs)} jobs, ${news}`,
    goal: { wanted: `≥ ${wanted}`, isMet: perSecond >= WANTED_PER_SECOND && isPages },
    got: `${count(perSecond)} a second, ${count(requests)} requests; loop held up for ${span(longestBlockMs)} at most, peak ${count(inMb(peakMib))} MB`,
  };
}
