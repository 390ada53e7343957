import type { SimulatedJob } from '../jobs/simulated-job.ts';
import { bodyOf, toSeconds } from './body.ts';
import { flagFields } from './flag-style.ts';
import type { JobPlace, SimulatedKind } from './kind.ts';

/** Dedicated clusters. */
export const cluster: SimulatedKind = {
  kind: 'cluster',
  instances: 'clusters',
  jobs: 'backup/restoreJobs',
  apiVersions: ['v1.0', 'v2'],
  versionDate: '2023-01-01',
  limit: 'cloudBackups',
  newestFirst: false,
  countable: true,
  errors: {
    instanceNotFound: 'CLUSTER_NOT_FOUND',
    jobNotFound: 'RESTORE_JOB_NOT_FOUND',
  },
  body,
  parts: null,
};

function body(job: SimulatedJob, place: JobPlace): Record<string, unknown> {
  return bodyOf(
    {
      ...flagFields(job, place),
      components: job.components.length === 0 ? null : job.components,
      desiredTimestamp: desiredTimestamp(job),
      links: links(job, place),
      oplogInc: job.byOplog ? 1 : null,
      oplogTs: job.byOplog ? job.pointInTimeSeconds : null,
      privateDownloadDeliveryUrls: privateLinks(job),
    },
    job,
  );
}

/** Real replies hold an object of nulls where there is nothing desired, although the schema knows no null. */
function desiredTimestamp({ pointInTimeSeconds, byOplog }: SimulatedJob): Record<string, unknown> {
  return pointInTimeSeconds === null || byOplog
    ? { increment: null, time: null, date: null }
    : { date: toSeconds(pointInTimeSeconds * 1_000), increment: 1 };
}

function privateLinks({ privateEndpointId, deliveryUrl }: SimulatedJob): unknown[] | null {
  if (privateEndpointId === null || deliveryUrl.length === 0) return null;
  return deliveryUrl.map((link) => ({ deliveryUrl: link, endpointId: privateEndpointId }));
}

function links({ id, snapshotId }: SimulatedJob, { groupUrl, instanceName, listUrl }: JobPlace): unknown[] {
  const site = 'https://cloud.mongodb.com';
  const clusterUrl = `${groupUrl}/clusters/${encodeURIComponent(instanceName)}`;
  const snapshot = { href: `${clusterUrl}/backup/snapshots/${snapshotId}`, rel: `${site}/snapshot` };
  return [
    { href: `${listUrl}/${id}`, rel: 'self' },
    ...(snapshotId === null ? [] : [snapshot]),
    { href: clusterUrl, rel: `${site}/cluster` },
    { href: groupUrl, rel: `${site}/group` },
  ];
}
