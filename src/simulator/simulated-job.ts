import type { Timestamp } from '../domain/instant.ts';

/** One restore job inside the simulated Atlas. Each kind makes its own bodies from it; `null` means that Atlas has no such fact (yet). */
export interface SimulatedJob {
  /** 24 hex characters; the first 8 are the creation time in epoch seconds. */
  id: string;
  deliveryType: 'automated' | 'download' | 'pointInTime';
  createdAt: Timestamp;
  /** Set by success, failure and cancellation alike; not by a download becoming ready. */
  finishedAt: Timestamp | null;
  expiresAt: Timestamp | null;
  /** `failed` and `cancelled` can both be true. */
  failed: boolean;
  cancelled: boolean;
  expired: boolean;
  /** Secret. Empty until a download is ready, and again once its link has run out. */
  deliveryUrl: readonly string[];
  snapshotId: string | null;
  snapshotAt: Timestamp;
  targetGroupId: string | null;
  targetClusterName: string | null;
  targetDeploymentItemName: string | null;
  pointInTimeSeconds: number | null;
  /** Put over the body as it is, for replies that are odd on purpose. `undefined` takes a field away. */
  oddities: Readonly<Record<string, unknown>>;
}
