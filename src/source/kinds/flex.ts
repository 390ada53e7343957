import type { Target } from '../../domain/job/watch.ts';
import { acceptOf, type JobKindAdapter, projectPath, segment, uncountedPageQuery } from './kind.ts';
import { decodeStatusStyle } from './status-style.ts';

/**
 * Restore jobs of Flex clusters: "Return All Restore Jobs for One Flex Cluster" and "Return One …" of the Atlas Administration API.
 * v2 alone has them. Their lists come newest first and never get shorter.
 */
export const flexJobs: JobKindAdapter = {
  kind: 'flex',
  role: 'Project Read Only',
  listPath: (target, page) => `${jobsPath(target)}?${uncountedPageQuery(page)}`,
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) => acceptOf(apiVersion, '2024-11-13'),
  decode: (raw, target, now, scrub) => decodeStatusStyle('flex', raw, target, now, scrub),
};

function jobsPath(target: Target): string {
  return `${projectPath(target)}/flexClusters/${segment(target.instanceName)}/backup/restoreJobs`;
}
