import type { ApiVersion } from '../../domain/job/watch.ts';
import { isInScope } from './faults.ts';
import type { EndpointSet } from './limits/rate-limits.ts';
import { errorAbout, refusalReply } from './refusals.ts';
import type { Reply } from './reply.ts';
import type { Project, World } from './world.ts';

/** A request that has passed the login, as an endpoint sees it. */
export interface Call {
  apiVersion: ApiVersion;
  /** Absolute. */
  url: URL;
  /** The variable parts of the path, decoded. */
  params: Readonly<Record<string, string>>;
  /** The v2 resource version that the reply is made in; `null` for the other APIs. */
  version: string | null;
}

/** What an endpoint says: the body of a success, or an error as it is. */
export type Answer = { body: object } | Reply;

/** One address of the API, and what it answers. */
export interface Endpoint {
  apiVersions: readonly ApiVersion[];
  /** Below the API's root, its variable parts marked: `/groups/:groupId/clusters`. */
  path: string;
  /** The v2 resource versions, the oldest first. */
  versionDates: readonly string[];
  /** Which rate limit it counts towards. */
  limit: EndpointSet;
  /** Where its end has been announced. */
  ending: Ending | null;
  answer(call: Call): Answer;
}

/** The announced end of a resource, or of one v2 version of it. Both dates as HTTP writes them. */
export interface Ending {
  version?: string;
  deprecation: string;
  sunset: string;
  /** It may have ended by now. */
  isOver: boolean;
}

/** What Atlas sent with serverless resources in their last months. */
export const SERVERLESS_ENDING: Ending = {
  deprecation: 'Wed, 10 Dec 2025 00:00:00 GMT',
  sunset: 'Thu, 15 Jan 2026 00:00:00 GMT',
  isOver: true,
};

const ROOT = /^\/api\/(?:atlas\/(v1\.0|v2)|(public)\/v1\.0)(?=\/)/;

/** Which API a path belongs to, and the rest of it; `null` when it is outside of all. */
export function apiOf(path: string): { apiVersion: ApiVersion; rest: string } | null {
  const [root, atlas, other] = ROOT.exec(path) ?? [];
  const apiVersion = atlas ?? other;
  if (root === undefined || (apiVersion !== 'v1.0' && apiVersion !== 'v2' && apiVersion !== 'public'))
    return null;
  return { apiVersion, rest: path.slice(root.length) };
}

/** The variable parts of the path, where it is this endpoint's. */
export function matchPath({ path }: Endpoint, rest: string): Record<string, string> | null {
  const pattern = path.split('/');
  const parts = rest.split('/');
  if (parts.length !== pattern.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (expected.startsWith(':') && part !== '') params[expected.slice(1)] = decoded(part);
    else if (part !== expected) return null;
  }
  return params;
}

/**
 * The v2 resource version that `Accept` asks for: the newest that is not newer than the date in it. `null` when there is no date, or
 * only an older one.
 */
export function versionFor(accept: string, { versionDates }: Endpoint): string | null {
  const date = /^application\/vnd\.atlas\.(\d{4}-\d{2}-\d{2})\+json/.exec(accept.trim())?.[1];
  if (date === undefined) return null;
  return versionDates.findLast((version) => version <= date) ?? null;
}

/** An endpoint's answer about one project: the errors of its id, its product and its refusal come first. */
export function inProject(
  world: World,
  answer: (call: Call, project: Project) => Answer,
): (call: Call) => Answer {
  return (call) => {
    const { groupId = '' } = call.params;
    if (!isObjectId(groupId)) return errorAbout(call, 'INVALID_GROUP_ID');
    const project = world.project(groupId);
    if (!project) return errorAbout(call, 'GROUP_NOT_FOUND');
    const { refusal, product } = project;
    const path = call.url.pathname + call.url.search;
    if (refusal && isInScope(path, refusal.onlyPath)) return refusalReply(call, refusal);
    if (call.apiVersion === 'public' && product === 'atlas') return errorAbout(call, 'ATLAS_GROUP');
    if (call.apiVersion !== 'public' && product !== 'atlas') return errorAbout(call, 'NOT_ATLAS_GROUP');
    return answer(call, project);
  };
}

/** The address that was asked for, without its query and without so many parts at its end. */
export function addressAbove({ url }: Call, parts = 0): string {
  const path = url.pathname.split('/');
  return url.origin + path.slice(0, path.length - parts).join('/');
}

/** True for 24 hex characters, the form of every id of Atlas. */
export function isObjectId(text: string): boolean {
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
