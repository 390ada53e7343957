import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { listenOnLoopback } from '../loopback.ts';
import { createInbox, type Inbox } from '../receivers/inbox.ts';
import type { AtlasErrorCode } from './errors.ts';
import { createFaultSwitch, type Fault, type FaultScope } from './faults.ts';
import { type FeedMood, feedEndpoints } from './feed/feed-endpoints.ts';
import { createFront, type LoggedRequest } from './front.ts';
import { discoveryEndpoints } from './instances/discovery-endpoints.ts';
import type { InstanceKind } from './instances/instance-kind.ts';
import { jobEndpoints, type ListedPage } from './jobs/job-endpoints.ts';
import { type PastOptions, pastJobs } from './jobs/past-jobs.ts';
import { createRateLimiter, type RateLimiter } from './limits/rate-limits.ts';
import { createDigestAuth, type DigestCounts } from './login/digest-auth.ts';
import { createLogin } from './login/login.ts';
import { createOAuthServer, type OAuthError, type TokenCounts } from './login/oauth-server.ts';
import type { AtlasOptions } from './options.ts';
import type { Refusal } from './refusals.ts';
import { answer, type RouteOptions } from './routes.ts';
import { createWorld, type InstanceOptions, type World } from './world.ts';

export type { LoggedRequest } from './front.ts';
export type { AtlasOptions } from './options.ts';

/** A simulated Atlas that answers on the loopback address, and what a test or the demo can do to it. */
export interface AtlasSimulator
  extends Pick<
    World,
    | 'putJob'
    | 'updateJob'
    | 'removeJob'
    | 'removeInstance'
    | 'retireInstance'
    | 'changeKind'
    | 'setProject'
    | 'removeProject'
  > {
  /** Base address, e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** In the order in which they came in, challenges included. */
  readonly requests: readonly LoggedRequest[];
  readonly digest: Readonly<DigestCounts>;
  readonly tokens: Readonly<TokenCounts>;
  /** How many access tokens are live now. */
  liveTokens(): number;
  /** Ends all access tokens before their time. */
  expireTokens(): void;
  /** Refuses every further request for a token with this error; `null` ends it. */
  refuseTokens(error: OAuthError | null): void;
  /** Resolves with the first request, past or future, that fits; it may not have been answered yet. */
  waitForRequest: Inbox<LoggedRequest>['waitFor'];
  /** Adds an instance, and its project when it is new. `kind` is `serverless` unless given. Gives the instance's id. */
  addInstance(groupId: string, name: string, kind?: InstanceKind, options?: InstanceOptions): string;
  /**
   * Adds restores that ended well some hours apart, the oldest first. Gives their ids.
   * @throws when there is no such instance, or none that can have jobs.
   */
  addPast(groupId: string, name: string, count: number, options?: PastOptions): string[];
  /**
   * Calls the function each time somebody is about to get a further page of jobs, not the first; `null` ends it. What it does to the
   * jobs shows in that page.
   */
  betweenPages(hook: ((page: ListedPage) => void) | null): void;
  /** Takes up to so many tokens of a limit, as another client of the project would. Gives how many were there. */
  takeTokens: RateLimiter['takeTokens'];
  /** Sets what every further request meets; `null` ends it. One fault at a time. */
  setFault(fault: Fault | null, scope?: FaultScope): void;
  /**
   * Answers every request for the project with this error of Atlas, or the requests that `onlyPath` names; `null` ends it. For an error
   * outside of any project, or of what stands between, see `setFault`.
   */
  refuse(groupId: string, code: AtlasErrorCode | null, how?: Omit<Refusal, 'code'>): void;
  /** Sets what the activity feed of a project does wrong; `null` ends it. */
  setFeed(groupId: string, mood: FeedMood | null): void;
  /** Stops and cuts every connection, hanging ones too. */
  close(): Promise<void>;
}

/** Starts an Atlas on the loopback address that answers as the real one does: login, versions, paging, limits, errors, and faults on demand. */
export async function startAtlas(options: AtlasOptions): Promise<AtlasSimulator> {
  const { now = Date.now, serviceAccount = null } = options;
  const world = createWorld(now);
  const digest = createDigestAuth({ ...options, now });
  const oauth = createOAuthServer({ ...options, account: serviceAccount, now });
  const faults = createFaultSwitch();
  const { rateLimits: limits = {}, rateHeaders = true, retryAfter = true } = options;
  const limiter = createRateLimiter({ limits, rateHeaders, retryAfter, now });
  const requests = createInbox<LoggedRequest>('request');
  const timers = createTimers();
  const moods = new Map<string, FeedMood>();
  let beforeNextPage: ((page: ListedPage) => void) | null = null;
  const routes: RouteOptions = {
    endpoints: [
      ...jobEndpoints({
        world,
        order: options.order ?? 'insertion',
        beforeNextPage: (page) => beforeNextPage?.(page),
      }),
      ...feedEndpoints({ world, now, moodOf: (groupId) => moods.get(groupId) ?? {} }),
      ...discoveryEndpoints({ world, serverlessListed: options.serverlessListed ?? false }),
    ],
    limiter,
    envelopeKey: options.envelopeKey ?? 'content',
    versionErrorStatus: options.versionErrorStatus ?? 400,
    deprecated: options.deprecated ?? false,
    sunset: options.sunset ?? false,
  };

  const server = await startServer(
    createFront({
      origin: () => options.linkOrigin ?? server.url,
      now,
      login: createLogin(digest, oauth),
      oauth,
      faults,
      requests,
      later: timers.later,
      api: (request) => answer(request, routes),
    }),
    options,
  );
  return {
    url: server.url,
    requests: requests.items,
    digest: digest.counts,
    tokens: oauth.counts,
    liveTokens: oauth.liveTokens,
    expireTokens: oauth.expireTokens,
    refuseTokens: oauth.refuse,
    waitForRequest: requests.waitFor,
    addInstance: (groupId, name, kind = 'serverless', instance) =>
      world.addInstance(groupId, name, kind, instance),
    removeInstance: world.removeInstance,
    retireInstance: world.retireInstance,
    changeKind: world.changeKind,
    setProject: world.setProject,
    removeProject: world.removeProject,
    putJob: world.putJob,
    updateJob: world.updateJob,
    removeJob: world.removeJob,
    addPast: (groupId, name, count, past) => {
      const kind = past?.kind ?? world.project(groupId)?.instances.get(name)?.kind;
      if (kind === undefined || kind === 'free') throw new Error(`${name} can have no jobs`);
      const jobs = pastJobs(kind, { instance: name, count, now: now(), ...past });
      for (const job of jobs) world.putJob(groupId, name, job);
      return jobs.map(({ id }) => id);
    },
    betweenPages: (hook) => {
      beforeNextPage = hook;
    },
    takeTokens: limiter.takeTokens,
    setFault: faults.set,
    refuse: (groupId, code, how) => {
      world.ensureProject(groupId).refusal = code && { ...how, code };
    },
    setFeed: (groupId, mood) => {
      moods.set(groupId, mood ?? {});
    },
    close: async () => {
      timers.clear();
      await server.close();
    },
  };
}

/** Runs things later, and none of them after `clear`. */
function createTimers(): { later: (ms: number, run: () => void) => void; clear: () => void } {
  const timers = new Set<NodeJS.Timeout>();
  return {
    later: (ms, run) => {
      const timer = setTimeout(() => {
        timers.delete(timer);
        run();
      }, ms);
      timers.add(timer);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
    },
  };
}

async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { port, tls }: Pick<AtlasOptions, 'port' | 'tls'>,
): Promise<{ url: string; close: () => Promise<void> }> {
  const server = tls ? createTlsServer(tls, handle) : createServer(handle);
  const { host, port: taken, close } = await listenOnLoopback(server, port);
  return { url: `${tls ? 'https' : 'http'}://${host}:${taken}`, close };
}
