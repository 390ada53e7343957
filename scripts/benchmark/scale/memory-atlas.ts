import { hash } from 'node:crypto';
import type { Clock } from '../../../src/clock.ts';
import type { HttpClient, HttpRequest, HttpResponse } from '../../../src/net/http-client.ts';
import { feedEndpoints } from '../../../src/simulator/atlas/feed/feed-endpoints.ts';
import { discoveryEndpoints } from '../../../src/simulator/atlas/instances/discovery-endpoints.ts';
import { jobEndpoints } from '../../../src/simulator/atlas/jobs/job-endpoints.ts';
import { ATLAS_RATE_LIMITS, createRateLimiter } from '../../../src/simulator/atlas/limits/rate-limits.ts';
import { answer, type RouteOptions } from '../../../src/simulator/atlas/routes.ts';
import { clusterJob, finish } from '../../../src/simulator/atlas/scenario.ts';
import { createWorld } from '../../../src/simulator/atlas/world.ts';

/** From a request to its answer. */
const LATENCY_MS = 80;
/** An event shows so long after it happened: recorded feeds were 0 to 3 s old. */
const FEED_LAG_MS = 3_000;
const RESTORE_TAKES_MS = 300_000;

/** How many clusters there are, in how many projects. */
export interface Estate {
  projects: number;
  clustersEach: number;
  feed: 'right' | 'loses';
}

/** The simulated Atlas without sockets: what it was asked, and what its answering took of the processor. */
export interface MemoryAtlas {
  client: HttpClient;
  counts: { jobs: number; feeds: number; others: number };
  /** The lists of jobs that were asked for, by path. */
  lists: ReadonlySet<string>;
  /** Milliseconds of this process. */
  ownCpuMs(): number;
  /** Begins a restore of a cluster, which ends after five minutes. Gives the id of the job. */
  restore(project: number, cluster: number): string;
}

/** Makes an Atlas with such an estate. Whoever asks it is logged in. */
export function createMemoryAtlas({ projects, clustersEach, feed }: Estate, clock: Clock): MemoryAtlas {
  const now = (): number => clock.now();
  const world = createWorld(now);
  for (let project = 0; project < projects; project += 1) {
    for (let cluster = 0; cluster < clustersEach; cluster += 1) {
      world.addInstance(groupIdOf(project), nameOf(cluster), 'cluster');
    }
  }
  const mood = feed === 'right' ? { lagMs: FEED_LAG_MS } : { loses: () => true };
  const routes: RouteOptions = {
    endpoints: [
      ...jobEndpoints({ world, order: 'newest', beforeNextPage: () => {} }),
      ...feedEndpoints({ world, now, moodOf: () => mood }),
      ...discoveryEndpoints({ world, serverlessListed: false }),
    ],
    limiter: createRateLimiter({ limits: ATLAS_RATE_LIMITS, rateHeaders: true, retryAfter: true, now }),
    envelopeKey: 'content',
    versionErrorStatus: 400,
    deprecated: false,
    sunset: false,
  };
  const counts = { jobs: 0, feeds: 0, others: 0 };
  const lists = new Set<string>();
  let ownCpuMs = 0;
  const answered = ({ url: text, headers, recall }: HttpRequest): HttpResponse => {
    const url = new URL(text);
    if (url.pathname.startsWith('/api/oauth/')) return json(200, TOKEN);
    const isJobs = /estoreJobs$/.test(url.pathname);
    if (isJobs) lists.add(url.pathname);
    counts[isJobs ? 'jobs' : url.pathname.endsWith('/events') ? 'feeds' : 'others'] += 1;
    const begun = performance.now();
    const reply = answer({ method: 'GET', url, accept: headers.Accept ?? '' }, routes);
    ownCpuMs += performance.now() - begun;
    const isKnown = reply.status === 200 && recall?.(hash('sha1', reply.body)) === true;
    const response = { ...json(reply.status, ''), headers: new Headers({ ...reply.headers }) };
    return isKnown ? { ...response, isKnown } : { ...response, text: reply.body };
  };
  return {
    counts,
    lists,
    ownCpuMs: () => ownCpuMs,
    client: {
      send: async (request) => {
        await clock.sleep(LATENCY_MS, request.signal);
        return answered(request);
      },
      close: () => {},
    },
    restore: (project, cluster) => {
      const [groupId, name] = [groupIdOf(project), nameOf(cluster)];
      const job = clusterJob({ instance: name, createdAt: now() });
      world.putJob(groupId, name, job);
      setTimeout(() => world.updateJob(groupId, name, job.id, finish(now())), RESTORE_TAKES_MS);
      return job.id;
    },
  };
}

const TOKEN = JSON.stringify({ access_token: 'simulated', expires_in: 86_400, token_type: 'Bearer' });

function json(status: number, text: string): HttpResponse {
  return { status, text, headers: new Headers({ 'content-type': 'application/json' }), broken: null };
}

/** The id of a project, by its number. */
export function groupIdOf(project: number): string {
  return `6${project.toString(16).padStart(23, '0')}`;
}

function nameOf(cluster: number): string {
  return `cluster-${cluster}`;
}
