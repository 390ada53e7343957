import { hash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { JobKind } from '../domain/job/restore-job.ts';
import type { Target } from '../domain/job/watch.ts';
import { SourceError } from '../errors.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import type { Connection } from './connection.ts';
import { createDiscovery } from './discovery.ts';
import type { JobKindAdapter, Page } from './kinds/kind.ts';
import { FIRST_PAGE, readPage } from './pages.ts';
import { createProjectNames } from './project-names.ts';
import { isJobNotFound } from './reply/atlas-errors.ts';
import type { JsonReply } from './reply/json-reply.ts';
import { scrubValue } from './reply/scrub.ts';
import type { JobAnswer, JobPage, JobReading, JobSource, ReadOptions } from './source.ts';

/** Reads restore jobs over one connection; `adapters` are the kinds it understands. */
export function createAtlasSource(options: {
  connection: Connection;
  clock: Clock;
  adapters: readonly JobKindAdapter[];
  /** Takes out of jobs what Atlas may quote of our secrets. */
  redactor?: Redactor | undefined;
}): JobSource {
  const { connection, clock } = options;
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
  ): Promise<JsonReply> {
    const accept = adapter.accept(target.apiVersion);
    return connection.getJson(path, {
      accept,
      budgetKey: target.groupId,
      role: adapter.role,
      signal,
      isUrgent,
      onWait,
    });
  }

  const discovery = createDiscovery(connection);
  const names = createProjectNames();
  const quotable = { credentials: [], redactor: options.redactor };
  const scrub = (value: string): string => scrubValue(value, quotable);

  /** That a job has expired by the clock cannot be taken back. */
  const surelyNow = (): number => clock.now() + connection.surelyAheadMs();

  async function* listJobs(target: Target, options: ReadOptions): AsyncGenerator<JobPage> {
    const adapter = adapterFor(target);
    for (let page: Page | null = FIRST_PAGE; page !== null; ) {
      const { body, text } = await get(adapter, target, adapter.listPath(target, page), options);
      const { results, next } = readPage(body, page);
      const now = surelyNow();
      yield {
        count: results.length,
        fingerprint: fingerprintOf(text),
        readings: () => results.map((raw) => names.onto(adapter.decode(raw, target, now, scrub))),
      };
      page = next;
    }
  }

  async function readJob(target: Target, jobId: string, options: ReadOptions): Promise<JobAnswer> {
    const adapter = adapterFor(target);
    try {
      const { body } = await get(adapter, target, adapter.jobPath(target, jobId), options);
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
    aheadMs: () => connection.aheadMs(),
    surelyAheadMs: () => connection.surelyAheadMs(),
    close: () => connection.close(),
  };
}

/** Not a matter of security, only of telling pages apart. */
function fingerprintOf(text: string): string {
  return hash('sha1', text);
}

/** Makes sure that an answer about one job is about the one that was asked for. */
function answerAbout(jobId: string, reading: JobReading): JobReading {
  if (reading.kind === 'unreadable') return { ...reading, jobId };
  return reading.job.id.toLowerCase() === jobId.toLowerCase()
    ? reading
    : { kind: 'unreadable', jobId, problem: 'the answer is about another job' };
}
