import { randomBytes } from 'node:crypto';
import type { Timestamp } from '../../../domain/instant.ts';
import type { JobKind } from '../../../domain/job/restore-job.ts';
import { OWN_PROJECT, type SimulatedJob } from './simulated-job.ts';

const HOUR_MS = 3_600_000;

/** A new id whose first 4 bytes are the time, in whole seconds, as in every Atlas id. */
export function newJobId(at: Timestamp): string {
  const seconds = Math.floor(at / 1000)
    .toString(16)
    .padStart(8, '0');
  return seconds + randomBytes(8).toString('hex');
}

/** What a job can be told from the start. Whatever is left out is made up. */
export interface JobOptions {
  id?: string;
  createdAt: Timestamp;
  /** The instance whose backup it is; the target of a restore is `{instance}-copy` unless given. */
  instance: string;
  target?: string;
  targetGroupId?: string;
  deliveryType?: SimulatedJob['deliveryType'];
}

/** What a restore job of a dedicated cluster can be told from the start. */
export interface ClusterJobOptions extends JobOptions {
  /** A sharded cluster: its downloads come in parts, one for each shard and one for the config servers. */
  shards?: number;
  /** The download can be fetched through a private endpoint as well. */
  privateEndpointId?: string;
  /** The point in time is a place in the oplog. */
  byOplog?: boolean;
}

/** What a restore job of single collections can be told from the start. */
export interface CollectionJobOptions extends JobOptions {
  /** What is restored, as `database.collection`; each becomes `…_restored`. */
  collections?: readonly string[];
  totalDocuments?: number;
}

/** What a legacy restore job can be told from the start. */
export interface LegacyJobOptions extends JobOptions {
  batchId?: string;
  /** The secret of the link is a header's value. */
  secretInHeader?: boolean;
}

/** A running serverless restore. The steps move it on, as they do all the others. */
export function serverlessJob(options: JobOptions): SimulatedJob {
  return newJob('serverless', options);
}

/** A pending Flex restore. */
export function flexJob(options: JobOptions): SimulatedJob {
  return newJob('flex', options);
}

/** A running restore of a dedicated cluster. */
export function clusterJob(options: ClusterJobOptions): SimulatedJob {
  const { shards = 0, privateEndpointId = null, byOplog = false } = options;
  const names = ['config-0', ...Array.from({ length: shards }, (_, shard) => `shard-${shard}`)];
  return {
    ...newJob('cluster', options),
    components:
      shards === 0
        ? []
        : names.map((name) => ({ replicaSetName: `atlas-d4e5f6-${name}`, downloadUrl: null })),
    privateEndpointId,
    byOplog,
  };
}

/** A collection restore that is initializing. */
export function collectionJob(options: CollectionJobOptions): SimulatedJob {
  const { collections = ['sales.orders'], totalDocuments = 20_000 } = options;
  return {
    ...newJob('collection', options),
    namespaces: collections.map((source) => ({ source, target: `${source}_restored` })),
    documents: { done: 0, total: totalDocuments },
  };
}

/** A restore of a legacy backup, in Atlas or in Ops Manager: a download unless told otherwise. */
export function legacyJob(options: LegacyJobOptions): SimulatedJob {
  const { batchId = null, secretInHeader = false } = options;
  return { ...newJob('legacy', { deliveryType: 'download', ...options }), batchId, secretInHeader };
}

/** One restore of a sharded cluster: a job for each shard and one for the config servers, tied together. */
export function legacyBatch({ shards, ...options }: JobOptions & { shards: number }): SimulatedJob[] {
  const batchId = newJobId(options.createdAt);
  return Array.from({ length: shards + 1 }, () => legacyJob({ ...options, batchId }));
}

function newJob(kind: JobKind, options: JobOptions): SimulatedJob {
  const { createdAt, instance, deliveryType = 'automated' } = options;
  const isDownload = deliveryType === 'download';
  const snapshotAt = createdAt - 9 * HOUR_MS;
  return {
    id: options.id ?? newJobId(createdAt),
    kind,
    deliveryType,
    createdAt,
    phase: 'waiting',
    finishedAt: null,
    readyAt: null,
    expiresAt: null,
    failed: false,
    cancelled: false,
    expired: false,
    errorMessage: null,
    deliveryUrl: [],
    components: [],
    privateEndpointId: null,
    usedUp: false,
    secretInHeader: false,
    snapshotId: deliveryType === 'pointInTime' ? null : newJobId(snapshotAt),
    snapshotAt,
    targetGroupId: isDownload ? null : (options.targetGroupId ?? OWN_PROJECT),
    targetClusterName: isDownload ? null : (options.target ?? `${instance}-copy`),
    targetDeploymentItemName: isDownload ? null : 'atlas-a1b2c3',
    pointInTimeSeconds: deliveryType === 'pointInTime' ? Math.floor(snapshotAt / 1000) : null,
    byOplog: false,
    namespaces: [],
    documents: { done: 0, total: 0 },
    failedIndexes: 0,
    batchId: null,
    oddities: {},
  };
}
