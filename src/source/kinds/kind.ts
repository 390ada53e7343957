import type { JobKind } from '../../domain/job/restore-job.ts';
import type { ApiVersion, Target } from '../../domain/job/watch.ts';
import { SourceError } from '../../errors.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import type { JobReading } from '../source.ts';

/** Which page of a list is asked for. */
export interface Page {
  /** From 1. */
  pageNum: number;
  /** 500 at most. */
  itemsPerPage: number;
}

/** What one kind of restore job is like at Atlas: where it is read, and how its answers are understood. Pure. */
export interface JobKindAdapter {
  kind: JobKind;
  /** Path and query below the base URL. */
  listPath(target: Target, page: Page): string;
  jobPath(target: Target, jobId: string): string;
  /** The `Accept` header: v2 wants the version of the API in it. */
  accept(apiVersion: ApiVersion): string;
  /** The role that reading needs, in Atlas's words. */
  role: string;
  /**
   * One job of an answer. `now` is for kinds whose expiry only the clock tells. `scrub` takes links and secrets out of every text that
   * is kept of the job. Never throws.
   */
  decode(raw: unknown, target: Target, now: number, scrub: ScrubValue): JobReading;
}

/**
 * One path segment, encoded.
 * @throws {SourceError} reason `bad_request`, for text that would lead to another path (`..`) or to none.
 */
export function segment(text: string): string {
  if (text === '' || text === '.' || text === '..') {
    throw new SourceError('bad_request', `"${text}" cannot be part of a path`, {
      hint: 'Check groupId, instanceName and restoreJobIds.',
    });
  }
  return encodeURIComponent(text);
}

/** The query that asks for one page of a list. */
export function pageQuery({ pageNum, itemsPerPage }: Page): string {
  return `itemsPerPage=${itemsPerPage}&pageNum=${pageNum}`;
}

/** For lists that can do without counting all their items, which nobody needs here. */
export function uncountedPageQuery(page: Page): string {
  return `includeCount=false&${pageQuery(page)}`;
}

/** Where the paths of an API begin. */
export function apiPath(apiVersion: ApiVersion): string {
  return apiVersion === 'public' ? '/api/public/v1.0' : `/api/atlas/${apiVersion}`;
}

/** The path of a project in the API that the target is read with. */
export function projectPath({ apiVersion, groupId }: Pick<Target, 'apiVersion' | 'groupId'>): string {
  return `${apiPath(apiVersion)}/groups/${segment(groupId)}`;
}

/** The `Accept` header for a resource whose v2 has this version. Only v2 has versions by date. */
export function acceptOf(apiVersion: ApiVersion, versionDate: string): string {
  return apiVersion === 'v2' ? `application/vnd.atlas.${versionDate}+json` : 'application/json';
}
