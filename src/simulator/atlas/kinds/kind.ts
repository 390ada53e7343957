import type { JobKind } from '../../../domain/job/restore-job.ts';
import type { ApiVersion } from '../../../domain/job/watch.ts';
import type { AtlasErrorCode } from '../errors.ts';
import type { SimulatedJob } from '../jobs/simulated-job.ts';
import type { EndpointSet } from '../limits/rate-limits.ts';

/** Where a job is shown: what its body may depend on besides the job. */
export interface JobPlace {
  apiVersion: ApiVersion;
  groupId: string;
  instanceName: string;
  instanceId: string;
  /** The address of the project, absolute, without query; so is the next one, of the job list. */
  groupUrl: string;
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
  /** Which rate limit it counts towards. */
  limit: EndpointSet;
  /** Lists show the newest first, whatever the simulator's option says. */
  newestFirst: boolean;
  /** The list takes `includeCount`; otherwise it always counts. */
  countable: boolean;
  errors: {
    instanceNotFound: AtlasErrorCode;
    jobNotFound: AtlasErrorCode;
  };
  body(job: SimulatedJob, place: JobPlace): Record<string, unknown>;
  /** A list below each job, where the kind has one: `…/{jobId}/{name}[/{key}]`. */
  parts: {
    name: string;
    /** The field that names one of them. */
    key: string;
    bodies(job: SimulatedJob): Array<Record<string, unknown>>;
  } | null;
}
