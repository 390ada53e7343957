import type { Target } from '../../domain/watch.ts';
import { decodeFlagStyle } from './flag-style.ts';
import { type JobKindAdapter, pageQuery, segment } from './kind.ts';

/**
 * Restore jobs of serverless instances: "Return All Restore Jobs for One Serverless Instance" and "Return One …" of the Atlas
 * Administration API. v2 at its version 2023-01-01 answers as v1.0 does.
 */
export const serverlessJobs: JobKindAdapter = {
  kind: 'serverless',
  role: 'Project Owner',
  listPath: (target, page) => `${jobsPath(target)}?${pageQuery(page)}`,
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) =>
    apiVersion === 'v2' ? 'application/vnd.atlas.2023-01-01+json' : 'application/json',
  decode: (raw, target) => decodeFlagStyle('serverless', raw, target),
};

function jobsPath({ apiVersion, groupId, instanceName }: Target): string {
  return `/api/atlas/${apiVersion}/groups/${segment(groupId)}/serverless/${segment(instanceName)}/backup/restoreJobs`;
}
