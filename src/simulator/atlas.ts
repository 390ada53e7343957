import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Timestamp } from '../domain/instant.ts';
import { type AtlasErrorCode, challengeReply } from './atlas-errors.ts';
import { answer, projectOf, type RouteOptions } from './atlas-routes.ts';
import { createDigestAuth, type DigestCounts } from './digest-auth.ts';
import { applyFault, createFaultSwitch, type Fault, type FaultScope, sendWithFault } from './faults.ts';
import { createInbox, type Inbox } from './inbox.ts';
import type { InstanceKind } from './instance-kind.ts';
import { type JobEndpointOptions, jobEndpoints } from './job-endpoints.ts';
import { listenOnLoopback } from './loopback.ts';
import { createRateLimit } from './rate-limit.ts';
import type { Reply } from './reply.ts';
import { createWorld, type InstanceOptions, type World } from './world.ts';

/** What Atlas sent with serverless resources in their last months. */
const SUNSET_HEADERS = {
  deprecation: 'Wed, 10 Dec 2025 00:00:00 GMT',
  sunset: 'Thu, 15 Jan 2026 00:00:00 GMT',
};

export interface AtlasOptions {
  publicKey: string;
  privateKey: string;
  /** Any free one unless given. */
  port?: number;
  now?: () => Timestamp;
  /** 60 s unless given. */
  nonceLifeMs?: number;
  /** The challenge says `op="auth"`, as in the documentation, in place of `qop="auth"`. */
  opSpelling?: boolean;
  /** `nc` must grow; otherwise it only must not repeat. */
  strictNc?: boolean;
  /** Requests per project and minute; no limit unless given. Challenges do not count. */
  rateLimitPerMinute?: number;
  /** How jobs are listed: `insertion` unless given. Flex jobs come newest first in any case. */
  order?: JobEndpointOptions['order'];
  /** `content` unless given. */
  envelopeKey?: RouteOptions['envelopeKey'];
  /** Sends Deprecation and Sunset headers with every success. */
  deprecated?: boolean;
}

/** One request as it came in. */
export interface LoggedRequest {
  method: string;
  /** Path and query. */
  path: string;
  at: Timestamp;
  authenticated: boolean;
  /** `null` while there is no answer, and for good when there was none. */
  status: number | null;
}

export interface AtlasSimulator
  extends Pick<
    World,
    'putJob' | 'updateJob' | 'removeJob' | 'removeInstance' | 'setProject' | 'removeProject'
  > {
  /** Base address, e.g. `http://127.0.0.1:40123`. */
  readonly url: string;
  /** In the order in which they came in, challenges included. */
  readonly requests: readonly LoggedRequest[];
  readonly digest: Readonly<DigestCounts>;
  /** Resolves with the first request, past or future, that fits; it may not have been answered yet. */
  waitForRequest: Inbox<LoggedRequest>['waitFor'];
  /** Adds an instance, and its project when it is new. `kind` is `serverless` unless given. Gives the instance's id. */
  addInstance(groupId: string, name: string, kind?: InstanceKind, options?: InstanceOptions): string;
  /** Sets what every further request meets; `null` ends it. One fault at a time. */
  setFault(fault: Fault | null, scope?: FaultScope): void;
  /** Answers every request for the project with this error; `null` ends it. `parameters` stand in the error's text. */
  refuse(groupId: string, code: AtlasErrorCode | null, parameters?: ReadonlyArray<string | number>): void;
  /** Stops and cuts every connection, hanging ones too. */
  close(): Promise<void>;
}

/** Starts an Atlas on the loopback address that answers as the real one does: login, versions, paging, limits, errors, and faults on demand. */
export async function startAtlas(options: AtlasOptions): Promise<AtlasSimulator> {
  const { now = Date.now, rateLimitPerMinute, deprecated = false } = options;
  const world = createWorld(now);
  const auth = createDigestAuth({ ...options, now });
  const faults = createFaultSwitch();
  const limit = rateLimitPerMinute === undefined ? null : createRateLimit(rateLimitPerMinute, now);
  const requests = createInbox<LoggedRequest>('request');
  const routes: RouteOptions = {
    endpoints: jobEndpoints({ world, order: options.order ?? 'insertion' }),
    envelopeKey: options.envelopeKey ?? 'content',
    headers: deprecated ? SUNSET_HEADERS : {},
  };

  const timers = new Set<NodeJS.Timeout>();
  const later = (ms: number, run: () => void): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      run();
    }, ms);
    timers.add(timer);
  };

  const behindLogin = (request: IncomingMessage, url: URL): Reply => {
    const project = projectOf(url.pathname);
    const taken = project && limit?.take(project.groupId, url.pathname, project.api);
    if (taken && 'status' in taken) return taken;
    const reply = answer({ method: request.method ?? '', url, accept: request.headers.accept ?? '' }, routes);
    return { ...reply, headers: { ...reply.headers, ...taken?.headers } };
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url: path = '/', headers } = request;
    const entry: LoggedRequest = { method, path, at: now(), authenticated: false, status: null };
    const send = (reply: Reply, fault: Fault | null): void => {
      entry.status = sendWithFault(response, reply, fault, later);
    };
    request.resume();

    const outage = faults.take(path, 'before_auth');
    const verdict = auth.verify(method, path, headers.authorization);
    entry.authenticated = verdict.ok;
    requests.add(entry);
    const fault = outage ?? (verdict.ok ? faults.take(path, 'after_auth') : null);
    const reply = (): Reply =>
      verdict.ok ? behindLogin(request, new URL(path, server.url)) : challengeReply(verdict.challenge);
    send(applyFault(fault, reply), fault);
  };

  const server = await startServer(handle, options.port);
  return {
    url: server.url,
    requests: requests.items,
    digest: auth.counts,
    waitForRequest: requests.waitFor,
    addInstance: (groupId, name, kind = 'serverless', options) =>
      world.addInstance(groupId, name, kind, options),
    removeInstance: world.removeInstance,
    setProject: world.setProject,
    removeProject: world.removeProject,
    putJob: world.putJob,
    updateJob: world.updateJob,
    removeJob: world.removeJob,
    setFault: faults.set,
    refuse: (groupId, code, parameters = usualParameters(code, groupId)) => {
      world.ensureProject(groupId).refusal = code && { code, parameters };
    },
    close: async () => {
      for (const timer of timers) clearTimeout(timer);
      await server.close();
    },
  };
}

async function startServer(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  port: number | undefined,
): Promise<{ url: string; close: () => Promise<void> }> {
  const { host, port: taken, close } = await listenOnLoopback(createServer(handle), port);
  return { url: `http://${host}:${taken}`, close };
}

/** Enough to fill the error's text: the caller's address, or the project. */
function usualParameters(code: AtlasErrorCode | null, groupId: string): string[] {
  return code === 'IP_ADDRESS_NOT_ON_ACCESS_LIST' ? ['203.0.113.7'] : [groupId];
}
