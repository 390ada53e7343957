import type { Timestamp } from '../../domain/instant.ts';
import type { ReachedMilestone } from '../../domain/job/restore-job.ts';
import type { Target } from '../../domain/job/watch.ts';
import { isRecord } from '../../domain/json-object.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import {
  type Fields,
  readInstant,
  readInstantIfAny,
  readText,
  readTextIfAny,
  unknownValue,
  wrongType,
} from './fields.ts';
import { decodeJob, type JobFacts, reached, readCreation } from './job.ts';
import {
  acceptOf,
  type JobKindAdapter,
  pageQuery,
  projectPath,
  segment,
  uncountedPageQuery,
} from './kind.ts';

/**
 * Restore jobs of legacy backup: "Return All Legacy Backup Restore Jobs" of the Atlas Administration API, and "Get All Restore Jobs
 * for One Cluster" of Ops Manager and Cloud Manager (`public`), where the cluster goes by its id. The restore of a sharded cluster
 * is one job for each shard and one for the config servers, tied together by `batchId`.
 */
export const legacyJobs: JobKindAdapter = {
  kind: 'legacy',
  role: 'Project Read Only',
  listPath: (target, page) => {
    const query = target.apiVersion === 'public' ? pageQuery(page) : uncountedPageQuery(page);
    return `${jobsPath(target)}?${query}`;
  },
  jobPath: (target, jobId) => `${jobsPath(target)}/${segment(jobId)}`,
  accept: (apiVersion) => acceptOf(apiVersion, '2023-01-01'),
  decode: (raw, target, _now, scrub) =>
    decodeJob(raw, scrub, (id, fields) => readFacts(id, fields, target, scrub)),
};

function jobsPath(target: Target): string {
  return `${projectPath(target)}/clusters/${segment(target.instanceName)}/restoreJobs`;
}

/** `delivery.methodName` in our words, which are those of the other kinds where they have the thing. */
const DELIVERY_TYPES: ReadonlyMap<string, string> = new Map([
  ['AUTOMATED_RESTORE', 'automated'],
  ['HTTP', 'download'],
  ['CLIENT_PIT_HTTP', 'download'],
  ['SCP', 'scp'],
  ['CLIENT_PIT_SCP', 'scp'],
  ['QUERY', 'query'],
  ['THIRD_PARTY_COPY', 'thirdPartyCopy'],
]);

function readFacts(id: string, raw: Fields, target: Target, scrub: ScrubValue): JobFacts {
  const delivery = readDelivery(raw);
  const status = readText(raw, 'statusName');
  const deliveryType = deliveryTypeOf(delivery, status, scrub);
  const expiresAt = deliveryType === 'automated' ? null : readInstant(delivery, 'expires');
  return {
    id,
    kind: 'legacy',
    groupId: target.groupId,
    instanceName: nameOf(raw, target, scrub),
    deliveryType,
    outcomes: outcomesOf(status, deliveryType, delivery, expiresAt),
    createdAt: readCreation(raw, 'created', id),
    // This API has no date for the end.
    finishedAt: null,
    expiresAt,
    snapshotId: readTextIfAny(raw, 'snapshotId', scrub),
    snapshotAt: isRecord(raw.timestamp) ? readInstantIfAny(raw.timestamp, 'date') : null,
    targetGroupId: readTextIfAny(delivery, 'targetGroupId', scrub),
    targetClusterName:
      readTextIfAny(delivery, 'targetClusterName', scrub) ??
      readTextIfAny(delivery, 'targetClusterId', scrub),
    batchId: readTextIfAny(raw, 'batchId', scrub),
  };
}

/** Only its status, its method, its date and its target are ever read: the rest of it are links and the credentials for them. */
function readDelivery({ delivery }: Fields): Fields {
  if (!isRecord(delivery)) throw wrongType('delivery', delivery, 'an object');
  return delivery;
}

/** Ops Manager's clusters are asked for by id; people know them by name. */
function nameOf(raw: Fields, { apiVersion, instanceName }: Target, scrub: ScrubValue): string {
  return (apiVersion === 'public' ? readTextIfAny(raw, 'clusterName', scrub) : null) ?? instanceName;
}

/** A method that we do not know matters as soon as the state depends on it. */
function deliveryTypeOf(delivery: Fields, status: string, scrub: ScrubValue): string {
  const method = readText(delivery, 'methodName', 'delivery.methodName');
  const deliveryType = DELIVERY_TYPES.get(method);
  if (deliveryType === undefined && status === 'FINISHED') throw unknownValue('delivery.methodName', method);
  return deliveryType ?? scrub(method);
}

function outcomesOf(
  status: string,
  deliveryType: string,
  delivery: Fields,
  expiresAt: Timestamp | null,
): ReachedMilestone[] {
  switch (status) {
    case 'IN_PROGRESS':
      return [];
    case 'BROKEN':
      return [reached('failed', null)];
    case 'KILLED':
      return [reached('cancelled', null)];
    case 'FINISHED':
      return deliveryType === 'automated' ? afterRestore(delivery) : afterDelivery(delivery, expiresAt);
    default:
      throw unknownValue('statusName', status);
  }
}

/** Nobody is to fetch anything: where the data was to go, it is, unless its way there failed. */
function afterRestore({ statusName }: Fields): ReachedMilestone[] {
  const hasFailed = statusName === 'FAILED' || statusName === 'INTERRUPTED';
  return [reached(hasFailed ? 'failed' : 'finished', null)];
}

/** A finished job has its data ready to be handed over; how far that has come, the delivery says. */
function afterDelivery(delivery: Fields, expiresAt: Timestamp | null): ReachedMilestone[] {
  const status = readText(delivery, 'statusName', 'delivery.statusName');
  switch (status) {
    case 'NOT_STARTED':
    case 'PENDING':
    case 'IN_PROGRESS':
      return [];
    case 'READY':
      return [reached('ready', null)];
    case 'EXPIRED':
      return [reached('expired', expiresAt)];
    case 'MAX_DOWNLOADS_EXCEEDED':
      return [reached('expired', null)];
    case 'FAILED':
    case 'INTERRUPTED':
      return [reached('failed', null)];
    default:
      throw unknownValue('delivery.statusName', status);
  }
}
