import type { JobKind } from '../../domain/restore-job.ts';
import type { ApiVersion } from '../../domain/watch.ts';
import type { AtlasErrorCode } from '../atlas-errors.ts';
import type { SimulatedJob } from '../simulated-job.ts';

/** Where a job is shown: what its body may depend on besides the job. */
export interface BodyContext {
  apiVersion: ApiVersion;
  groupId: string;
  instanceName: string;
  /** The address of the job list, absolute, without query. */
  listUrl: string;
}

/** How one kind of restore job is asked for and what it looks like. */
export interface SimulatedKind {
  kind: JobKind;
  /** The path is `/groups/{groupId}/{instances}/{instanceName}/{jobs}[/{jobId}]`. */
  instances: string;
  jobs: string;
  apiVersions: readonly ApiVersion[];
  /** The v2 resource version: `Accept` must name this date or a later one. */
  versionDate: string;
  errors: {
    instanceNotFound: AtlasErrorCode;
    jobNotFound: AtlasErrorCode;
    /** The name belongs to an instance of another kind. */
    otherKind: AtlasErrorCode;
  };
  body(job: SimulatedJob, context: BodyContext): Record<string, unknown>;
}
