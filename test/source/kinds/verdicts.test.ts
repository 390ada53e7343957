import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { PlannedEvent } from '../../../src/domain/event/plan.ts';
import type { Observation } from '../../../src/domain/job/observation.ts';
import { createSignals } from '../../../src/signals.ts';
import { createAtlasSource } from '../../../src/source/atlas-source.ts';
import { scrubValue } from '../../../src/source/reply/scrub.ts';
import type { Store } from '../../../src/store/store.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { type PollInput, type PollReport, pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aRoute, aWatch, HOUR, jobSubjectOf, MINUTE } from '../../support/builders.ts';
import { aRecorder, withEvents } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { listen, stop } from '../../support/strict-digest-server.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';
import { aConnection } from '../support.ts';
import {
  bodyOf,
  EXAMPLE_FILES,
  type Example,
  type ExampleFile,
  examplesOf,
  idOf,
  isJob,
  NOW,
  rawJob,
} from './examples.ts';

/** Links, and what is needed to fetch what they lead to. */
const SECRET = /:\/\/|EXAMPLE|Signature|mongodb\.(?:net|com)|amazonaws/;

const everyExample = EXAMPLE_FILES.flatMap(({ file, examples }) =>
  examples.map((example) => [`${file}: ${example.name}`, example] as const),
);
const everyJob = everyExample.filter(([, example]) => isJob(example));

function fileOf({ file }: Example): ExampleFile {
  return EXAMPLE_FILES.find((candidate) => candidate.file === file)!;
}

function milestonesOf({ verdict, milestones }: Example): string[] {
  if (verdict === 'unknown') return [];
  return ['started', ...(milestones ?? (verdict === 'in_progress' ? [] : [verdict]))];
}

describe('every example, decoded', () => {
  it.each(everyJob)('%s has its verdict', (_title, example) => {
    const { adapter, target } = fileOf(example);
    const reading = adapter.decode(rawJob(example), target, NOW, scrubValue);
    if (example.verdict === 'unknown') {
      expect(reading).toMatchObject({ kind: 'unreadable', jobId: idOf(example) });
      return;
    }
    expect(reading).toMatchObject({
      kind: 'job',
      job: {
        id: idOf(example),
        kind: adapter.kind,
        state: example.verdict,
        warnings: example.warnings ?? false,
      },
    });
    const { job } = reading as Extract<typeof reading, { kind: 'job' }>;
    expect(job.reached.map(({ milestone }) => milestone)).toEqual(milestonesOf(example));
    expect(job.reached[0]?.at).toBe(job.createdAt);
  });

  it('is laid out in one order of keys, since jobs are compared as text', () => {
    const orders = everyJob.flatMap(([, example]) => {
      const { adapter, target } = fileOf(example);
      const reading = adapter.decode(rawJob(example), target, NOW, scrubValue);
      return reading.kind === 'job' ? [Object.keys(reading.job).join()] : [];
    });
    expect(new Set(orders).size).toBe(1);
  });

  it('holds no link and no credential', () => {
    const readings = everyJob.map(([, example]) => {
      const { adapter, target } = fileOf(example);
      return adapter.decode(rawJob(example), target, NOW, scrubValue);
    });
    expect(JSON.stringify(everyJob)).toMatch(SECRET);
    expect(JSON.stringify(readings)).not.toMatch(SECRET);
  });
});

describe('every example, polled', () => {
  /** By the clock of Atlas. */
  let now = NOW;
  let oursIsAheadMs = 0;
  const clock: Clock = { ...systemClock, now: () => now + oursIsAheadMs };
  let server: Server;
  let baseUrl: string;
  let requests: IncomingMessage[];
  let answer: (request: IncomingMessage) => unknown;
  let store: Store;

  beforeAll(async () => {
    server = createServer((request, response) => {
      requests.push(request);
      response.setHeader('Date', new Date(now).toUTCString());
      response.setHeader('Content-Type', 'application/json').end(JSON.stringify(answer(request)));
    });
    baseUrl = await listen(server);
  });
  afterAll(() => stop(server));
  beforeEach(async () => {
    requests = [];
    now = NOW;
    oursIsAheadMs = 0;
    store = await openEmbeddedStore();
  });
  afterEach(() => store.close());

  function poll(
    { adapter, target }: ExampleFile,
    restoreJobIds: string[],
  ): Promise<PollReport & { events: PlannedEvent[] }> {
    const connection = aConnection(baseUrl, { clock });
    const source = createAtlasSource({ connection, clock, adapters: [adapter] });
    const signals = createSignals(createRecordingLogger());
    const recorder = aRecorder({ store, clock, signals }, { routes: [aRoute()] });
    const input: PollInput = {
      watch: aWatch({ ...target, name: target.watch, restoreJobIds, announceExisting: true }),
      target,
      lateAfterMs: 2 * MINUTE,
      signal: new AbortController().signal,
      isUrgent: false,
      depth: 'whole',
      newSince: null,
      notes: { pages: new Map(), jobs: new Map() },
      places: new Places(),
      timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
    };
    return withEvents(signals, () => pollTarget({ source, store, recorder, clock }, input));
  }

  async function observations(): Promise<Observation[]> {
    return (await store.listObservations({ limit: 100 })).items;
  }

  async function everythingStored(): Promise<string> {
    const events = await store.listEvents({ limit: 100 });
    return JSON.stringify([await observations(), events.items, await store.readAudit(0, 1_000)]);
  }

  it.each(everyJob)('%s has its verdict, and none of its secrets is kept', async (_title, example) => {
    answer = () => example.body;
    const file = fileOf(example);
    const report = await poll(file, [idOf(example)]);
    expect(report.failure).toBeNull();
    const [observation, ...others] = await observations();
    expect(others).toEqual([]);
    expect(observation).toMatchObject({
      jobId: idOf(example),
      state: example.verdict,
      milestones: milestonesOf(example),
    });
    expect(observation?.job?.warnings ?? false).toBe(example.warnings ?? false);
    expect(report.events.map(({ event }) => event.name)).toEqual(milestonesOf(example));
    expect(await everythingStored()).not.toMatch(SECRET);
  });

  const lists = everyExample.filter(([, { verdict }]) => verdict === 'list' || verdict === 'empty_list');
  it.each(lists)('%s is read to its end', async (_title, example) => {
    const nothing = { results: [], links: [] };
    answer = ({ url }) => (url?.endsWith('pageNum=1') ? example.body : nothing);
    const report = await poll(fileOf(example), []);
    const results = example.body.results as Array<{ id: string }>;
    expect(report).toMatchObject({ failure: null, jobs: results.length, anomalies: [] });
    expect((await observations()).map(({ jobId }) => jobId).sort()).toEqual(
      results.map(({ id }) => id).sort(),
    );
    expect(results.length === 0).toBe(example.verdict === 'empty_list');
    expect(await everythingStored()).not.toMatch(SECRET);
  });

  const errors = everyExample.filter(([, { verdict }]) => verdict === 'http_error_404');
  it.each(errors)('%s is no job', async (_title, example) => {
    answer = () => example.body;
    const report = await poll(fileOf(example), [idOf(example)]);
    expect(report).toMatchObject({ failure: null, unknownJobIds: [idOf(example)], jobs: 0 });
    expect(await observations()).toEqual([]);
  });

  it('is every example there is', () => {
    expect(everyJob.length + lists.length + errors.length).toBe(everyExample.length);
    expect(everyExample.length).toBeGreaterThan(60);
  });

  const current = EXAMPLE_FILES.filter(({ file }) => file !== 'tenant');
  it.each(current)('$file is asked for where and as the examples say', async (file) => {
    const example = file.examples.find(isJob)!;
    answer = ({ url }) => (url?.includes('?') ? { results: [], links: [] } : example.body);
    await poll(file, [idOf(example)]);
    await poll(file, []);
    expect(requests.map(({ url }) => url?.split('?')[0])).toEqual([
      `${file.listPath}/${idOf(example)}`,
      file.listPath,
    ]);
    expect(requests.map(({ headers }) => headers.accept)).toEqual([file.accept, file.accept]);
  });

  it('tells of a Flex download that it is ready, and when its link has run out that it expired', async () => {
    const body = bodyOf('flex', 'download-ready');
    answer = () => body;
    const flex = examplesOf('flex');
    const told = async () =>
      (await poll(flex, [String(body.id)])).events.map(({ event }) => [event.name, jobSubjectOf(event).from]);
    expect(await told()).toEqual([
      ['started', null],
      ['ready', 'in_progress'],
    ]);
    now += 2 * HOUR;
    expect(await told()).toEqual([]);
    now += 2 * HOUR;
    expect(await told()).toEqual([['expired', 'ready']]);
    now += HOUR;
    expect(await told()).toEqual([]);
  });

  it('takes no link for dead because the clock of this machine is ahead', async () => {
    const body = bodyOf('flex', 'download-ready');
    answer = () => body;
    oursIsAheadMs = 24 * HOUR;
    const { events } = await poll(examplesOf('flex'), [String(body.id)]);
    // One answer alone moves no time of ours; but neither does our clock alone let a link run out.
    expect(events.map(({ event }) => [event.name, event.detectedAt])).toEqual([
      ['started', NOW + 24 * HOUR],
      ['ready', NOW + 24 * HOUR],
    ]);
  });

  it('writes the progress of a collection restore down when there is any, and tells nobody', async () => {
    const body = { ...bodyOf('collection', 'in-progress') };
    answer = () => body;
    const collection = examplesOf('collection');
    const changes = async () => {
      const { changes, events } = await poll(collection, [String(body.id)]);
      return [changes, events.length];
    };
    expect(await changes()).toEqual([1, 1]);
    expect(await changes()).toEqual([0, 0]);
    body.restoredDocuments = 15_501;
    expect(await changes()).toEqual([1, 0]);
    expect(await changes()).toEqual([0, 0]);
    expect((await observations())[0]?.job?.progress).toEqual({ done: 15_501, total: 20_000 });
  });
});
