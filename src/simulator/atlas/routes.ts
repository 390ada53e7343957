import type { ApiVersion } from '../../domain/job/watch.ts';
import { type Answer, apiOf, type Call, type Endpoint, matchPath, versionFor } from './endpoint.ts';
import { errorReply } from './errors.ts';
import { readFlag } from './jobs/job-list.ts';
import type { RateLimiter } from './limits/rate-limits.ts';
import { refusalReply } from './refusals.ts';
import { jsonReply, type Reply } from './reply.ts';

/** The endpoints of the API, and how it treats versions, limits and resources that end. */
export interface RouteOptions {
  endpoints: readonly Endpoint[];
  /** What wraps an entity under `envelope=true`: the API reference and the older pages differ. */
  envelopeKey: 'content' | 'envelope';
  limiter: Pick<RateLimiter, 'admit'>;
  /** What is said to a v2 request without a valid version: the page of errors and that of versions differ. */
  versionErrorStatus: 400 | 406;
  /** Resources whose end has been announced say so in headers. */
  deprecated: boolean;
  /** Resources that may have ended have. */
  sunset: boolean;
}

/** A request that has passed the login. */
export interface AtlasRequest {
  method: string;
  /** Absolute; its origin goes into `links`. */
  url: URL;
  accept: string;
}

/** Which endpoint a path belongs to. */
interface Route {
  endpoint: Endpoint;
  apiVersion: ApiVersion;
  params: Record<string, string>;
}

/** Answers as the API behind the login does. */
export function answer(request: AtlasRequest, options: RouteOptions): Reply {
  const { url } = request;
  const pretty = readFlag(url.searchParams, 'pretty', false);
  const envelope = readFlag(url.searchParams, 'envelope', false);
  if (pretty === null) return errorReply('INVALID_QUERY_PARAMETER', ['pretty']);
  if (envelope === null) return errorReply('INVALID_QUERY_PARAMETER', ['envelope']);

  const reply = call(request, options);
  const wrapped = envelope ? withEnvelope(reply, options.envelopeKey) : reply;
  return pretty ? { ...wrapped, body: JSON.stringify(JSON.parse(wrapped.body), null, 2) } : wrapped;
}

function call(request: AtlasRequest, options: RouteOptions): Reply {
  const { url } = request;
  const route = findRoute(url.pathname, options.endpoints);
  if (!route) return errorReply('RESOURCE_NOT_FOUND', [url.pathname]);
  const { endpoint, apiVersion, params } = route;
  const admission = options.limiter.admit(endpoint.limit, params.groupId ?? '', { url, apiVersion });
  if ('status' in admission) return admission;
  const reply = answerOf(route, request, options);
  return { ...reply, headers: { ...reply.headers, ...admission.headers } };
}

function answerOf(
  { endpoint, apiVersion, params }: Route,
  { method, url, accept }: AtlasRequest,
  { versionErrorStatus, deprecated, sunset }: RouteOptions,
): Reply {
  if (method !== 'GET') return errorReply('METHOD_NOT_ALLOWED', [method]);
  const version = apiVersion === 'v2' ? versionFor(accept, endpoint) : null;
  if (apiVersion === 'v2' && version === null) {
    return refusalReply({ url, params }, { code: 'INVALID_VERSION_DATE', status: versionErrorStatus });
  }
  const { ending } = endpoint;
  const isEnding = ending !== null && (ending.version === undefined || ending.version === version);
  const headers =
    isEnding && (deprecated || sunset) ? { deprecation: ending.deprecation, sunset: ending.sunset } : {};
  if (isEnding && ending.isOver && sunset) return errorReply('VERSION_GONE', [], headers);
  return toReply(endpoint.answer({ apiVersion, url, params, version }), version, headers);
}

function findRoute(path: string, endpoints: readonly Endpoint[]): Route | null {
  const found = apiOf(path);
  if (!found) return null;
  const { apiVersion, rest } = found;
  for (const endpoint of endpoints) {
    const params = endpoint.apiVersions.includes(apiVersion) ? matchPath(endpoint, rest) : null;
    if (params) return { endpoint, apiVersion, params };
  }
  return null;
}

function toReply(answer: Answer, version: Call['version'], headers: Reply['headers']): Reply {
  if ('status' in answer) return answer;
  const type = version === null ? 'application/json' : `application/vnd.atlas.${version}+json;charset=utf-8`;
  return jsonReply(200, answer.body, { 'content-type': type, ...headers });
}

/** The envelope is for clients that see no status codes, so the HTTP status is always 200. A list only gets `status` put beside its fields. */
function withEnvelope(reply: Reply, key: string): Reply {
  const body: unknown = JSON.parse(reply.body);
  const isList = typeof body === 'object' && body !== null && 'results' in body;
  const wrapped = isList ? { status: reply.status, ...body } : { status: reply.status, [key]: body };
  return { ...reply, status: 200, body: JSON.stringify(wrapped) };
}
