import type { Clock } from '../clock.ts';
import type { JobKind } from '../domain/restore-job.ts';
import type { Target } from '../domain/watch.ts';
import { SourceError } from '../errors.ts';
import { badResponse, isJobNotFound } from './atlas-errors.ts';
import type { Connection } from './connection.ts';
import { isRecord } from './envelope.ts';
import type { JsonReply } from './json-reply.ts';
import type { JobKindAdapter } from './kinds/kind.ts';
import type { JobAnswer, JobReading, JobSource } from './source.ts';

/** The most that Atlas gives. */
const ITEMS_PER_PAGE = 500;

/** Five million jobs. A list that goes on beyond is one that answers `next` for ever. */
const MOST_PAGES = 10_000;

/** Reads restore jobs over one connection; `adapters` are the kinds it understands. */
export function createAtlasSource(options: {
  connection: Connection;
  clock: Clock;
  adapters: readonly JobKindAdapter[];
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
    signal: AbortSignal,
  ): Promise<JsonReply> {
    const accept = adapter.accept(target.apiVersion);
    return connection.getJson(path, { accept, budgetKey: target.groupId, role: adapter.role, signal });
  }

  async function* listJobs(target: Target, signal: AbortSignal): AsyncGenerator<JobReading[]> {
    const adapter = adapterFor(target);
    for (let pageNum = 1; pageNum <= MOST_PAGES; pageNum += 1) {
      const path = adapter.listPath(target, { pageNum, itemsPerPage: ITEMS_PER_PAGE });
      const page = readPage((await get(adapter, target, path, signal)).body);
      const now = clock.now();
      yield page.results.map((raw) => adapter.decode(raw, target, now));
      if (page.isLast) return;
    }
    throw badResponse(`the list of jobs does not end after ${MOST_PAGES} pages`);
  }

  async function readJob(target: Target, jobId: string, signal: AbortSignal): Promise<JobAnswer> {
    const adapter = adapterFor(target);
    try {
      const { body } = await get(adapter, target, adapter.jobPath(target, jobId), signal);
      return answerAbout(jobId, adapter.decode(body, target, clock.now()));
    } catch (error) {
      if (!(error instanceof SourceError) || !isJobNotFound(error)) throw error;
      return { kind: 'not_found', atlasCode: error.atlasCode ?? null };
    }
  }

  return { listJobs, readJob, close: () => connection.close() };
}

/** Makes sure that an answer about one job is about the one that was asked for. */
function answerAbout(jobId: string, reading: JobReading): JobReading {
  if (reading.kind === 'unreadable') return { ...reading, jobId };
  return reading.job.id.toLowerCase() === jobId.toLowerCase()
    ? reading
    : { kind: 'unreadable', jobId, problem: 'the answer is about another job' };
}

/**
 * One page of a list. Links are never followed, they may lead anywhere: only whether there is a `next` one counts. Where the list of
 * links is missing, a full page is taken to have a successor.
 */
function readPage(body: unknown): { results: unknown[]; isLast: boolean } {
  const { results, links } = isRecord(body) ? body : {};
  if (!Array.isArray(results)) {
    throw badResponse('the answer holds no list of jobs', {
      hint: 'Check baseUrl: this is not how the Atlas API answers.',
    });
  }
  const isLast = Array.isArray(links)
    ? !links.some((link) => isRecord(link) && link.rel === 'next')
    : results.length < ITEMS_PER_PAGE;
  return { results, isLast };
}
