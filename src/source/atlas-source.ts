import assert from 'node:assert';
import type { Clock } from '../clock.ts';
import type { JobKind } from '../domain/job/restore-job.ts';
import type { Target } from '../domain/job/watch.ts';
import { SourceError } from '../errors.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { Recall } from '../net/http-client.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import type { Connection } from './connection.ts';
import { createDiscovery } from './discovery.ts';
import { createFeed } from './feed.ts';
import type { JobKindAdapter, Page } from './kinds/kind.ts';
import { FIRST_PAGE, pageAfter, readPage } from './pages.ts';
import { createProjectNames } from './project-names.ts';
import { isJobNotFound } from './reply/atlas-errors.ts';
import type { JsonReply } from './reply/json-reply.ts';
import { scrubValue } from './reply/scrub.ts';
import type {
  JobAnswer,
  JobOptions,
  JobPage,
  JobReading,
  JobSource,
  ListOptions,
  PageFacts,
  ReadOptions,
} from './source.ts';

/** Reads restore jobs over one connection; `adapters` are the kinds it understands. */
export function createAtlasSource(options: {
  connection: Connection;
  clock: Clock;
  adapters: readonly JobKindAdapter[];
  /** Takes out of jobs what Atlas may quote of our secrets. */
  redactor?: Redactor | undefined;
  /** Hears of what cannot be read in the lists of projects and instances. */
  faultLog?: FaultLog | undefined;
}): JobSource {
  const { connection, clock } = options;
  const { budgetOf, forgive, aheadMs, surelyAheadMs, close } = connection;
  const adapters = new Map<JobKind, JobKindAdapter>(
    options.adapters.map((adapter) => [adapter.kind, adapter]),
  );

  function adapterFor({ kind }: Target): JobKindAdapter {
    const adapter = adapters.get(kind);
    if (!adapter)
      throw new SourceError('bad_request', `jobs of the kind ${kind} cannot be read by this version`);
    return adapter;
  }

  function get(
    adapter: JobKindAdapter,
    target: Target,
    path: string,
    { signal, isUrgent, onWait }: ReadOptions,
    recall?: Recall,
  ): Promise<JsonReply> {
    const request = { accept: adapter.accept(target.apiVersion), budgetKey: target.groupId };
    return connection.getJson(path, {
      ...{ ...request, role: adapter.role },
      ...{ signal, isUrgent, onWait, recall },
    });
  }

  const discovery = { ...createDiscovery(connection, options.faultLog), ...createFeed(connection) };
  const names = createProjectNames();
  const quotable = { credentials: [], redactor: options.redactor };
  const scrub = (value: string): string => scrubValue(value, quotable);

  /** That a job has expired by the clock cannot be taken back. */
  const surelyNow = (): number => clock.now() + connection.surelyAheadMs();

  /** Which secrets are taken out decides what is read of the same bytes. (What projects are called does not: that is no change of a job.) */
  const sameReading = (bytes: string): string => `${bytes} ${options.redactor?.generation ?? 0}`;

  async function* listJobs(target: Target, options: ListOptions): AsyncGenerator<JobPage> {
    const adapter = adapterFor(target);
    for (let page: Page | null = FIRST_PAGE; page !== null; ) {
      const index = page.pageNum - FIRST_PAGE.pageNum;
      const known: { facts: PageFacts | null } = { facts: null };
      const recall: Recall = (bytes) => {
        known.facts = options.recall?.(index, sameReading(bytes)) ?? null;
        return known.facts !== null;
      };
      const path = adapter.listPath(target, page);
      const { body } = await get(adapter, target, path, options, options.recall && recall);
      if (known.facts !== null) {
        yield { ...known.facts, readings: () => assert.fail('nothing was read of a page that is known') };
        page = known.facts.hasNext ? pageAfter(page) : null;
        continue;
      }
      const { results, hasNext } = readPage(body, page);
      const now = surelyNow();
      yield {
        count: results.length,
        hasNext,
        readings: () => results.map((raw) => names.onto(adapter.decode(raw, target, now, scrub))),
      };
      page = hasNext ? pageAfter(page) : null;
    }
  }

  async function readJob(target: Target, jobId: string, options: JobOptions): Promise<JobAnswer> {
    const adapter = adapterFor(target);
    try {
      const { recall } = options;
      const isKnown: Recall | undefined = recall && ((bytes) => recall(sameReading(bytes)));
      const { body } = await get(adapter, target, adapter.jobPath(target, jobId), options, isKnown);
      if (body === null) return { kind: 'known' };
      return answerAbout(jobId, names.onto(adapter.decode(body, target, surelyNow(), scrub)));
    } catch (error) {
      if (!(error instanceof SourceError) || !isJobNotFound(error)) throw error;
      return { kind: 'not_found', atlasCode: error.atlasCode ?? null };
    }
  }

  return {
    listJobs,
    readJob,
    listProjects: async (...place) => names.keep(await discovery.listProjects(...place)),
    listInstances: discovery.listInstances,
    readFeed: discovery.readFeed,
    ...{ budgetOf, forgive, aheadMs, surelyAheadMs, close },
  };
}

/** Makes sure that an answer about one job is about the one that was asked for. */
function answerAbout(jobId: string, reading: JobReading): JobReading {
  if (reading.kind === 'unreadable') return { ...reading, jobId };
  return reading.job.id.toLowerCase() === jobId.toLowerCase()
    ? reading
    : { kind: 'unreadable', jobId, problem: 'the answer is about another job' };
}
