import type { Target } from '../../domain/job/watch.ts';
import { decodeFlagStyle } from './flag-style.ts';
import { acceptOf, type JobKindAdapter, projectPath, segment, uncountedPageQuery } from './kind.ts';

/**
 * Cloud backup restore jobs of dedicated clusters (M10 and up): "Return All Restore Jobs for One Cluster" and "Return One …" of the
 * Atlas Administration API. They look like those of serverless instances; what they have besides is for links (`components` of a
 * sharded cluster, `privateDownloadDeliveryUrls`) or for a point in time (`desiredTimestamp`, an object of nulls on all other jobs).
 */
export const clusterJobs: JobKindAdapter = {
  kind: 'cluster',
  role: 'Project Backup Manager',
  listPath: (target, page) => `${jobsPath(target)}?${uncountedPageQuery(page)}`,
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) => acceptOf(apiVersion, '2023-01-01'),
  decode: (raw, target, _now, scrub) => decodeFlagStyle('cluster', raw, target, scrub),
};

function jobsPath(target: Target): string {
  return `${projectPath(target)}/clusters/${segment(target.instanceName)}/backup/restoreJobs`;
}
