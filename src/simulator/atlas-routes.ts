import type { ApiVersion } from '../domain/watch.ts';
import { errorReply } from './atlas-errors.ts';
import { type Answer, apiOf, type Call, type Endpoint, matchPath, versionFor } from './endpoint.ts';
import { readFlag } from './job-list.ts';
import { jsonReply, type Reply } from './reply.ts';

export interface RouteOptions {
  endpoints: readonly Endpoint[];
  /** What wraps an entity under `envelope=true`: the API reference and the older pages differ. */
  envelopeKey: 'content' | 'envelope';
  /** Sent with every success, e.g. Deprecation and Sunset. */
  headers: Readonly<Record<string, string>>;
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

/** Which project and API a path speaks of; `null` when it is outside of any project. */
export function projectOf(path: string): { apiVersion: ApiVersion; groupId: string } | null {
  const found = apiOf(path);
  const groupId = found && /^\/groups\/([^/]+)/.exec(found.rest)?.[1];
  return found && groupId ? { apiVersion: found.apiVersion, groupId } : null;
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

function call({ method, url, accept }: AtlasRequest, { endpoints, headers }: RouteOptions): Reply {
  const route = findRoute(url.pathname, endpoints);
  if (!route) return errorReply('RESOURCE_NOT_FOUND', [url.pathname]);
  const { endpoint, apiVersion, params } = route;
  if (method !== 'GET') return errorReply('METHOD_NOT_ALLOWED', [method]);
  const version = apiVersion === 'v2' ? versionFor(accept, endpoint) : null;
  if (apiVersion === 'v2' && version === null) return errorReply('INVALID_VERSION_DATE');
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
