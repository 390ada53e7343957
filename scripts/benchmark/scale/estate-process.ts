/**
 * Lives through one case in simulated time, in a process of its own: the watcher, its store on disk and the connection to Atlas as in the
 * daemon, before an Atlas in the same process. Takes the case as JSON, and prints what came of it as JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { createSignals } from '../../../src/signals.ts';
import { createAtlasSource } from '../../../src/source/atlas-source.ts';
import { createConnection } from '../../../src/source/connection.ts';
import { clusterJobs } from '../../../src/source/kinds/cluster.ts';
import { collectionJobs } from '../../../src/source/kinds/collection.ts';
import type { JobSource } from '../../../src/source/source.ts';
import type { Store } from '../../../src/store/store.ts';
import { createRunner, type Runner } from '../../../src/watcher/runner.ts';
import { quantile } from '../report/figures.ts';
import type { ScaleCase, ScaleResult } from './case.ts';
import { createMemoryAtlas, groupIdOf, type MemoryAtlas } from './memory-atlas.ts';
import { openStores, type ReplicaStore } from './stores.ts';
import { takeTimeOver, type VirtualTime } from './virtual-time.ts';

const START = Date.UTC(2026, 10, 23, 10);
const MINUTE_MS = 60_000;
/** No first look takes longer. */
const LONGEST_FIRST_LOOK_MS = 30 * MINUTE_MS;
/** After the last restore, until it must have been found. */
const SETTLE_MS = 11 * MINUTE_MS;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const scaleCase = JSON.parse(process.argv[2] ?? '') as ScaleCase;
const time = takeTimeOver(START);
const folder = mkdtempSync(join(tmpdir(), 'scale-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
process.stdout.write(`${JSON.stringify(await live(scaleCase, time))}\n`);
process.exit(0);

async function live(scale: ScaleCase, clock: VirtualTime): Promise<ScaleResult> {
  const atlas = createMemoryAtlas(scale, clock);
  const { stores, work } = await openStores(scale, { clock, folder });
  clock.waitFor(work);
  const [first] = stores;
  if (first) await trustFeeds(scale, first.store);
  const foundAt = new Map<string, number>();
  const runners = stores.map((each) => aRunner(scale, { ...each, clock, atlas, foundAt }));
  for (const runner of runners) {
    const started = runner.start();
    await clock.pass(1_000);
    await started;
  }
  const firstLookMs = 1_000 * runners.length + (await firstLook(clock, () => hasLooked(scale, atlas)));
  // Until replicas have settled, and each has its share.
  await clock.pass(MINUTE_MS);

  const before = { cpu: process.cpuUsage(), own: atlas.ownCpuMs(), ...atlas.counts };
  await clock.pass(scale.minutes * MINUTE_MS);
  const cpu = process.cpuUsage(before.cpu);
  const cpuMs = (cpu.user + cpu.system) / 1_000 - (atlas.ownCpuMs() - before.own);
  const perMinute = (count: number): number => count / scale.minutes;
  const requestsPerMinute = {
    jobs: perMinute(atlas.counts.jobs - before.jobs),
    feeds: perMinute(atlas.counts.feeds - before.feeds),
  };
  const { rss, heapUsed } = process.memoryUsage();
  const begun = await liveOn(scale, { clock, atlas });
  const settledAt = clock.now() + SETTLE_MS;
  while (foundAt.size < begun.size && clock.now() < settledAt) await clock.pass(10_000);
  const delays = [...begun].map(([id, at]) => (foundAt.get(id) ?? Number.POSITIVE_INFINITY) - at);
  return {
    requestsPerMinute,
    cpuPercent: (cpuMs / (scale.minutes * MINUTE_MS)) * 100,
    resident: rss / 1e6,
    heap: heapUsed / 1e6,
    delays: {
      p50: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      max: Math.max(...delays),
      found: delays.filter(Number.isFinite).length,
    },
    firstLookMs,
    largestShare: largestShare(runners),
    demoted: runners
      .flatMap((runner) => runner.status().watches)
      .flatMap(({ hint }) => hint?.without ?? [])
      .filter(({ reason }) => reason === 'missed').length,
  };
}

/** One replica, before the simulated Atlas. */
function aRunner(
  scale: ScaleCase,
  {
    store,
    membership,
    clock,
    atlas,
    foundAt,
  }: ReplicaStore & { clock: VirtualTime; atlas: MemoryAtlas; foundAt: Map<string, number> },
): Runner {
  const signals = createSignals(SILENT);
  signals.on('event:recorded', ({ name, planned: { event } }) => {
    if (name === 'started' && event.subject.kind === 'job') foundAt.set(event.subject.job.id, clock.now());
  });
  return createRunner({
    watches: scale.kinds.map((kind) => aWatch(kind, scale.hint)),
    sources: new Map([['atlas', aSource(atlas, clock)]]),
    ...{
      routes: [],
      notifiers: [],
      fallbacks: [],
      drills: [],
      testAlert: null,
      configEntry: {},
      keepMs: null,
    },
    ...{ nextDigest: () => null, projectUrl: () => null },
    ...{
      store,
      clock,
      logger: SILENT,
      signals,
      random: () => 0.5,
      version: '0',
      configuration: '',
      membership,
    },
  });
}

/** Every cluster was asked for its jobs of each kind. */
function hasLooked({ projects, clustersEach, kinds }: ScaleCase, { lists }: MemoryAtlas): boolean {
  return lists.size === projects * clustersEach * kinds.length;
}

function largestShare(runners: readonly Runner[]): number {
  const shares = runners.flatMap((runner) => runner.status().watches.flatMap(({ share }) => share ?? []));
  if (shares.length === 0) return 100;
  return Math.max(...shares.map(({ projects, ofProjects }) => (100 * projects) / ofProjects));
}

/** As after the first hour: the feeds have proved right. */
async function trustFeeds({ projects, kinds }: ScaleCase, store: Store): Promise<void> {
  const trust = {
    standing: 'trusted',
    since: START - 2 * 60 * MINUTE_MS,
    reason: null,
    detail: null,
    proofs: [],
  } as const;
  const all = kinds.flatMap((kind) =>
    Array.from({ length: projects }, (_, project) => ({
      ...{ connection: 'atlas', kind, groupId: groupIdOf(project), trust },
    })),
  );
  await store.noteFeedTrust(all, []);
}

/** Restores begin evenly apart, at odd moments of the schedule, all over the estate. Gives when each began. */
async function liveOn(
  { projects, clustersEach, minutes, restores }: ScaleCase,
  { clock, atlas }: { clock: VirtualTime; atlas: MemoryAtlas },
): Promise<Map<string, number>> {
  const begun = new Map<string, number>();
  const stepMs = (minutes * MINUTE_MS) / restores;
  for (let index = 0; index < restores; index += 1) {
    // The golden ratio spreads them over the seconds of the period as well.
    await clock.pass(stepMs * ((index * 0.618) % 1));
    const id = atlas.restore((index * 7) % projects, (index * 11) % clustersEach);
    begun.set(id, clock.now());
    await clock.pass(stepMs * (1 - ((index * 0.618) % 1)));
  }
  return begun;
}

async function firstLook(clock: VirtualTime, hasLooked: () => boolean): Promise<number> {
  const begunAt = clock.now();
  while (!hasLooked()) {
    if (clock.now() - begunAt > LONGEST_FIRST_LOOK_MS) throw new Error('the first look does not end');
    await clock.pass(1_000);
  }
  return clock.now() - begunAt;
}

function aSource({ client }: MemoryAtlas, clock: VirtualTime): JobSource {
  const connection = createConnection({
    name: 'atlas',
    baseUrl: 'http://127.0.0.1',
    auth: { type: 'serviceAccount', clientId: 'simulated', clientSecret: 'simulated' },
    ...{ requestTimeoutMs: 10_000, retries: 4, requestsPerMinute: 500, caFile: null },
    ...{ clock, logger: SILENT, random: () => 0.5, client },
  });
  return createAtlasSource({ connection, clock, adapters: [clusterJobs, collectionJobs] });
}

function aWatch(kind: 'cluster' | 'collection', hint: ScaleCase['hint']): Watch {
  return {
    ...{ name: kind, connection: 'atlas', kind, apiVersion: 'v2', groupId: '*', instanceName: '*' },
    ...{ exclude: [], cedes: [], alongside: [], restoreJobIds: [], labels: {} },
    ...{ schedule: '*/30 * * * * *', scheduleIdle: null, isScheduleDefault: true, announceExisting: false },
    ...{
      stalledAfter: null,
      expiringWithinMs: null,
      failingAfterMs: 300_000,
      expectRestoreEveryMs: null,
      rtoMs: null,
      rpoMs: null,
    },
    ...{ discoverEveryMs: 600_000, reconcileEveryMs: 3_600_000, hint, sweepEveryMs: 600_000, actors: false },
  };
}
