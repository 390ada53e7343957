import { expect, it } from 'vitest';
import { endpointOf, endpointSetOf } from '../../../src/source/wire/endpoints.ts';

const V2 = '/api/atlas/v2/groups';
const ID = '64b0c1d2e3f4a5b6c7d8e9f0';

it.each([
  [`${V2}?pageNum=1`, `${V2}`, 'groups'],
  [`${V2}/${ID}`, `${V2}/{groupId}`, 'others'],
  [`${V2}/${ID}/clusters?pageNum=1`, `${V2}/{groupId}/clusters`, 'clusters'],
  [`${V2}/${ID}/clusters/orders`, `${V2}/{groupId}/clusters/{name}`, 'clusters'],
  [
    `${V2}/${ID}/clusters/backup/backup/restoreJobs/${ID}`,
    `${V2}/{groupId}/clusters/{name}/backup/restoreJobs`,
    'cloud_backups',
  ],
  [
    `${V2}/${ID}/clusters/orders/restoreJobs?batchId=1`,
    `${V2}/{groupId}/clusters/{name}/restoreJobs`,
    'cloud_backups',
  ],
  [
    `${V2}/${ID}/clusters/orders/collectionRestoreJobs/${ID}/collections`,
    `${V2}/{groupId}/clusters/{name}/collectionRestoreJobs`,
    'collection_restore_jobs',
  ],
  [`${V2}/${ID}/flexClusters`, `${V2}/{groupId}/flexClusters`, 'flex_clusters'],
  [
    `${V2}/${ID}/flexClusters/clusters/backup/restoreJobs`,
    `${V2}/{groupId}/flexClusters/{name}/backup/restoreJobs`,
    'flex_restore_jobs',
  ],
  [`${V2}/${ID}/serverless`, `${V2}/{groupId}/serverless`, 'serverless'],
  [
    `/api/atlas/v1.0/groups/${ID}/serverless/orders%2F/backup/restoreJobs/${ID}`,
    '/api/atlas/v1.0/groups/{groupId}/serverless/{name}/backup/restoreJobs',
    'serverless',
  ],
  [
    `/api/public/v1.0/groups/${ID}/clusters/${ID}/restoreJobs`,
    '/api/public/v1.0/groups/{groupId}/clusters/{name}/restoreJobs',
    'cloud_backups',
  ],
  [`${V2}/${ID}/events?minDate=2026-01-01T00%3A00%3A00Z`, `${V2}/{groupId}/events`, 'events'],
  [`/atlas${V2}/${ID}/clusters`, `/atlas${V2}/{groupId}/clusters`, 'clusters'],
])('%s is of the kind %s and counts to %s', (path, endpoint, set) => {
  expect(endpointOf(path)).toBe(endpoint);
  expect(endpointSetOf(path)).toBe(set);
});
