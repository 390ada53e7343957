import type { ApiVersion } from '../domain/watch.ts';
import { errorReply } from './atlas-errors.ts';
import { pageOf, readFlag } from './job-list.ts';
import type { BodyContext, SimulatedKind } from './kinds/kind.ts';
import { jsonReply, type Reply } from './reply.ts';
import type { SimulatedJob } from './simulated-job.ts';
import type { Instance, World } from './world.ts';

export interface RouteOptions {
  world: World;
  kinds: readonly SimulatedKind[];
  /** `newest` lists by creation time, newest first. */
  order: 'insertion' | 'newest';
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

/** A request as the routes read it. */
interface Route extends BodyContext {
  kind: SimulatedKind;
  /** `null`: the list is asked for. */
  jobId: string | null;
}

/** Which project and API a path speaks of; `null` when it is outside of any project. */
export function projectOf(path: string): { apiVersion: ApiVersion; groupId: string } | null {
  const [, apiVersion, groupId] = /^\/api\/atlas\/(v1\.0|v2)\/groups\/([^/]+)(?:\/|$)/.exec(path) ?? [];
  return groupId !== undefined && (apiVersion === 'v1.0' || apiVersion === 'v2')
    ? { apiVersion, groupId: decoded(groupId) }
    : null;
}

/** Answers as the API behind the login does. */
export function answer(request: AtlasRequest, options: RouteOptions): Reply {
  const { url } = request;
  const pretty = readFlag(url.searchParams, 'pretty', false);
  const envelope = readFlag(url.searchParams, 'envelope', false);
  if (pretty === null) return errorReply('INVALID_QUERY_PARAMETER', ['pretty']);
  if (envelope === null) return errorReply('INVALID_QUERY_PARAMETER', ['envelope']);

  const reply = route(request, options);
  const wrapped = envelope ? withEnvelope(reply, options.envelopeKey) : reply;
  return pretty ? { ...wrapped, body: JSON.stringify(JSON.parse(wrapped.body), null, 2) } : wrapped;
}

function route({ method, url, accept }: AtlasRequest, options: RouteOptions): Reply {
  const found = match(url, options.kinds);
  if (!found) return errorReply('RESOURCE_NOT_FOUND', [url.pathname]);
  if (method !== 'GET') return errorReply('METHOD_NOT_ALLOWED', [method]);
  if (found.apiVersion === 'v2' && !acceptsVersion(accept, found.kind))
    return errorReply('INVALID_VERSION_DATE');

  const { groupId, instanceName, kind, jobId } = found;
  if (!isObjectId(groupId)) return errorReply('INVALID_GROUP_ID', [groupId]);
  const project = options.world.project(groupId);
  if (!project) return errorReply('GROUP_NOT_FOUND', [groupId]);
  if (project.refusal) return errorReply(project.refusal.code, project.refusal.parameters);
  const instance = project.instances.get(instanceName);
  if (!instance) return errorReply(kind.errors.instanceNotFound, [instanceName, groupId]);
  if (instance.kind !== kind) return errorReply(kind.errors.otherKind, [instanceName]);

  return jobId === null
    ? listJobs(found, instance, url.searchParams, options)
    : readJob(found, instance, jobId, options);
}

function readJob(found: Route, instance: Instance, jobId: string, { headers }: RouteOptions): Reply {
  if (!isObjectId(jobId)) return errorReply('INVALID_JOB_ID', [jobId]);
  const job = instance.jobs.get(jobId);
  if (!job) return errorReply(found.kind.errors.jobNotFound, [jobId, found.instanceName]);
  return jsonReply(200, found.kind.body(job, found), { ...successHeaders(found), ...headers });
}

function listJobs(
  found: Route,
  instance: Instance,
  query: URLSearchParams,
  { order, headers }: RouteOptions,
): Reply {
  const page = pageOf(ordered([...instance.jobs.values()], order), query, found.listUrl);
  if ('status' in page) return page;
  const body = { ...page.frame, results: page.items.map((job) => found.kind.body(job, found)) };
  return jsonReply(200, body, { ...successHeaders(found), ...headers });
}

function ordered(jobs: SimulatedJob[], order: RouteOptions['order']): SimulatedJob[] {
  return order === 'insertion' ? jobs : jobs.toSorted((a, b) => b.createdAt - a.createdAt);
}

function match(url: URL, kinds: readonly SimulatedKind[]): Route | null {
  const project = projectOf(url.pathname);
  if (!project) return null;
  const parts = url.pathname.split('/').slice(6);
  for (const kind of kinds) {
    const jobs = kind.jobs.split('/');
    const [instances, instanceName = '', ...rest] = parts;
    const [jobId = null, ...more] = rest.slice(jobs.length);
    const isOfKind = instances === kind.instances && rest.slice(0, jobs.length).join('/') === kind.jobs;
    if (!isOfKind || more.length > 0 || !kind.apiVersions.includes(project.apiVersion)) continue;
    const listPath = url.pathname
      .split('/')
      .slice(0, 8 + jobs.length)
      .join('/');
    return {
      ...project,
      kind,
      instanceName: decoded(instanceName),
      jobId: jobId && decoded(jobId),
      listUrl: url.origin + listPath,
    };
  }
  return null;
}

function acceptsVersion(accept: string, { versionDate }: SimulatedKind): boolean {
  const date = /^application\/vnd\.atlas\.(\d{4}-\d{2}-\d{2})\+json/.exec(accept.trim())?.[1];
  return date !== undefined && date >= versionDate;
}

function successHeaders({ apiVersion, kind }: Route): Record<string, string> {
  const vendor = `application/vnd.atlas.${kind.versionDate}+json;charset=utf-8`;
  return { 'content-type': apiVersion === 'v2' ? vendor : 'application/json' };
}

/** The envelope is for clients that see no status codes, so the HTTP status is always 200. A list only gets `status` put beside its fields. */
function withEnvelope(reply: Reply, key: string): Reply {
  const body: unknown = JSON.parse(reply.body);
  const isList = typeof body === 'object' && body !== null && 'results' in body;
  const wrapped = isList ? { status: reply.status, ...body } : { status: reply.status, [key]: body };
  return { ...reply, status: 200, body: JSON.stringify(wrapped) };
}

function isObjectId(text: string): boolean {
  return /^[0-9a-f]{24}$/i.test(text);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not valid percent-encoding; then nothing has that name.
    return part;
  }
}
