import type { Timestamp } from '../../../domain/instant.ts';
import type { JobKind } from '../../../domain/job/restore-job.ts';

/**
 * One restore job inside the simulated Atlas, of any kind. Each kind makes its own bodies from it, and leaves out what it has no field
 * for; `null` means that Atlas has no such fact (yet).
 */
export interface SimulatedJob {
  /** 24 hex characters; the first 8 are the creation time in epoch seconds. */
  id: string;
  kind: JobKind;
  deliveryType: 'automated' | 'download' | 'pointInTime';
  createdAt: Timestamp;
  /** How far it has come, for the kinds that tell; means nothing once the job has ended. */
  phase: 'waiting' | 'queued' | 'running' | 'finalizing';
  /** Set by success, failure and cancellation alike; not by a download becoming ready. */
  finishedAt: Timestamp | null;
  /** When the link of a download was made. */
  readyAt: Timestamp | null;
  expiresAt: Timestamp | null;
  /** `failed` and `cancelled` can both be true. */
  failed: boolean;
  cancelled: boolean;
  expired: boolean;
  /** Why it failed or was cancelled. */
  errorMessage: string | null;
  /** Secret. Empty until a download is ready, and again once its link has run out. */
  deliveryUrl: readonly string[];
  /** The replica sets of a sharded download; the link is secret, and `null` until it is made and after it ran out. */
  components: ReadonlyArray<{ replicaSetName: string; downloadUrl: string | null }>;
  /** The download has a second link for this private endpoint. */
  privateEndpointId: string | null;
  /** The link may not be used again. */
  usedUp: boolean;
  /** The secret goes into a header, not into the link. */
  secretInHeader: boolean;
  snapshotId: string | null;
  snapshotAt: Timestamp;
  targetGroupId: string | null;
  targetClusterName: string | null;
  targetDeploymentItemName: string | null;
  pointInTimeSeconds: number | null;
  /** The point in time is a place in the oplog. */
  byOplog: boolean;
  /** What a collection restore brings back. */
  namespaces: ReadonlyArray<{ source: string; target: string }>;
  documents: { done: number; total: number };
  /** Collections whose indexes could not be built. */
  failedIndexes: number;
  /** Ties the jobs of one sharded restore together. */
  batchId: string | null;
  /** Put over the body as it is, for replies that are odd on purpose. `undefined` takes a field away. */
  oddities: Readonly<Record<string, unknown>>;
}

/** Stands for the project that the job is put into, as the project of its target. */
export const OWN_PROJECT = 'own';
