import type { JobKind } from '../../../domain/job/restore-job.ts';
import type { AtlasErrorCode } from '../errors.ts';

/**
 * What an instance is. A dedicated cluster is `cluster` or `collection`, which is the same: it has jobs of both kinds. `legacy` has
 * legacy backups; `free` is an M0 cluster and has none.
 */
export type InstanceKind = JobKind | 'free';

/** What the API for jobs of one kind says to an instance that cannot have any; `null` when it can. */
export function refusalOfKind(asked: JobKind, is: InstanceKind): AtlasErrorCode | null {
  switch (asked) {
    case 'serverless':
      return is === 'serverless' ? null : 'CANNOT_USE_CLUSTER_IN_SERVERLESS_INSTANCE_API';
    case 'flex':
      return is === 'flex' ? null : 'CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API';
    case 'legacy':
      return is === 'legacy' ? null : (noDedicatedCluster(is) ?? 'INCORRECT_BACKUP_API_ENDPOINT');
    case 'cluster':
    case 'collection':
      return is === 'legacy' ? 'BACKUP_JOB_NOT_FOUND' : noDedicatedCluster(is);
  }
}

function noDedicatedCluster(is: InstanceKind): AtlasErrorCode | null {
  switch (is) {
    case 'flex':
      return 'CANNOT_USE_FLEX_CLUSTER_IN_CLUSTER_API';
    case 'serverless':
      return 'CANNOT_USE_SERVERLESS_INSTANCE_IN_CLUSTER_API';
    case 'free':
      return 'FEATURE_UNSUPPORTED';
    default:
      return null;
  }
}
