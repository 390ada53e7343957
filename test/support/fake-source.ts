import assert from 'node:assert';
import type { RestoreJob } from '../../src/domain/job/restore-job.ts';
import type { FeedEvent } from '../../src/domain/polling/feed-events.ts';
import type {
  JobAnswer,
  JobReading,
  JobSource,
  ListedInstance,
  ListedProject,
  ProjectBudget,
} from '../../src/source/source.ts';

/** An Atlas in memory: what the next reads will answer, and what was asked. */
export interface FakeSource extends JobSource {
  jobs: RestoreJob[];
  /** Readings put at the end of every listing. */
  extra: JobReading[];
  /** Ids that a listing leaves out although they exist. */
  unlisted: Set<string>;
  pageSize: number;
  /** Thrown by listings (after the pages that `failAfterPages` lets through) and by reads by id. */
  fault: Error | null;
  failAfterPages: number;
  /** Thrown when just this job is asked for. */
  jobFaults: Map<string, Error>;
  projects: ListedProject[];
  /** By project. */
  instances: Map<string, ListedInstance[]>;
  /** The activity feed of each project. */
  feed: Map<string, FeedEvent[]>;
  feedsRead: number;
  /** Thrown when a feed is read. */
  feedFault: Error | null;
  listings: number;
  /** Pages of jobs that were answered or refused. */
  pagesAsked: number;
  /** Those of them that were not known. */
  pagesLookedAt: number;
  asked: string[];
  /** What it says of the budget of each project. Nothing is held back by it. */
  budget: ProjectBudget;
  /** How often it was told to forgive. */
  forgiven: number;
}

export function createFakeSource(jobs: RestoreJob[] = []): FakeSource {
  const source: FakeSource = {
    jobs,
    extra: [],
    unlisted: new Set(),
    pageSize: 500,
    fault: null,
    failAfterPages: 0,
    jobFaults: new Map(),
    projects: [],
    instances: new Map(),
    feed: new Map(),
    feedsRead: 0,
    feedFault: null,
    listings: 0,
    pagesAsked: 0,
    pagesLookedAt: 0,
    asked: [],
    budget: { perMinute: 1_000_000, left: 1_000_000, refillPerMinute: null, login: 0, waitsFor: null },
    forgiven: 0,
    listJobs: async function* (_target, { recall }) {
      source.listings += 1;
      const readings: JobReading[] = [
        ...source.jobs
          .filter(({ id }) => !source.unlisted.has(id))
          .map((job) => ({ kind: 'job' as const, job })),
        ...source.extra,
      ];
      let pages = 0;
      for (let at = 0; at === 0 || at < readings.length; at += source.pageSize) {
        source.pagesAsked += 1;
        if (source.fault && pages >= source.failAfterPages) throw source.fault;
        pages += 1;
        const page = readings.slice(at, at + source.pageSize);
        const known = recall?.(pages - 1, JSON.stringify(page)) ?? null;
        if (known === null) source.pagesLookedAt += 1;
        yield known
          ? { ...known, readings: () => assert.fail('nothing was read of a page that is known') }
          : { count: page.length, hasNext: at + source.pageSize < readings.length, readings: () => page };
      }
      if (source.fault) throw source.fault;
    },
    readJob: async (_target, id, { recall }): Promise<JobAnswer> => {
      source.asked.push(id);
      const fault = source.jobFaults.get(id) ?? source.fault;
      if (fault) throw fault;
      const job = source.jobs.find((candidate) => candidate.id === id);
      if (job && recall?.(JSON.stringify(job))) return { kind: 'known' };
      return job ? { kind: 'job', job } : { kind: 'not_found', atlasCode: 'RESTORE_JOB_NOT_FOUND' };
    },
    readFeed: async (groupId, since) => {
      source.feedsRead += 1;
      const fault = source.feedFault ?? source.fault;
      if (fault) throw fault;
      return (source.feed.get(groupId) ?? []).filter(({ at }) => at >= since);
    },
    budgetOf: () => ({ ...source.budget }),
    forgive: () => {
      source.forgiven += 1;
    },
    listProjects: async () => {
      if (source.fault) throw source.fault;
      return source.projects;
    },
    listInstances: async ({ groupId }) => {
      if (source.fault) throw source.fault;
      return source.instances.get(groupId) ?? [];
    },
    aheadMs: () => 0,
    surelyAheadMs: () => source.aheadMs(),
    close: async () => {},
  };
  return source;
}
