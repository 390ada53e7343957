import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { bodyOf } from './body.ts';
import { flagFields } from './flag-style.ts';
import type { JobPlace, SimulatedKind } from './kind.ts';

/** Restores of serverless instances: flags for the state, as dedicated clusters have them. */
export const serverless: SimulatedKind = {
  kind: 'serverless',
  instances: 'serverless',
  jobs: 'backup/restoreJobs',
  apiVersions: ['v1.0', 'v2'],
  versionDate: '2023-01-01',
  limit: 'serverless',
  newestFirst: false,
  countable: true,
  errors: {
    instanceNotFound: 'SERVERLESS_INSTANCE_NOT_FOUND',
    jobNotFound: 'RESTORE_JOB_NOT_FOUND',
  },
  body,
  parts: null,
};

function body(job: SimulatedJob, place: JobPlace): Record<string, unknown> {
  const links = [{ href: `${place.listUrl}/${job.id}`, rel: 'self' }];
  return bodyOf({ ...flagFields(job, place), links }, job);
}
