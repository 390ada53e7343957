import type { Target } from '../../domain/job/watch.ts';
import { decodeFlagStyle } from './flag-style.ts';
import { acceptOf, type JobKindAdapter, projectPath, segment, uncountedPageQuery } from './kind.ts';

/**
 * Restore jobs of serverless instances: "Return All Restore Jobs for One Serverless Instance" and "Return One …" of the Atlas
 * Administration API. v2 at its version 2023-01-01 answers as v1.0 does.
 */
export const serverlessJobs: JobKindAdapter = {
  kind: 'serverless',
  role: 'Project Owner',
  listPath: (target, page) => `${jobsPath(target)}?${uncountedPageQuery(page)}`,
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) => acceptOf(apiVersion, '2023-01-01'),
  decode: (raw, target, _now, scrub) => decodeFlagStyle('serverless', raw, target, scrub),
};

function jobsPath(target: Target): string {
  return `${projectPath(target)}/serverless/${segment(target.instanceName)}/backup/restoreJobs`;
}
