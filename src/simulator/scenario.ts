import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Timestamp } from '../domain/instant.ts';
import type { SimulatedJob } from './simulated-job.ts';

/** Stands in every download link, where Atlas has the secret. Found anywhere else, a link has leaked. */
export const LINK_CANARY = 'CANARYinTheDownloadLink0';

const HOUR_MS = 3_600_000;

/** A new id whose first 4 bytes are the time, in whole seconds, as in every Atlas id. */
export function newJobId(at: Timestamp): string {
  const seconds = Math.floor(at / 1000)
    .toString(16)
    .padStart(8, '0');
  return seconds + randomBytes(8).toString('hex');
}

/** What a serverless restore job can be told from the start. Whatever is left out is made up. */
export interface ServerlessJobOptions {
  id?: string;
  createdAt: Timestamp;
  /** The instance whose backup it is; the target of a restore is `{instance}-copy` unless given. */
  instance: string;
  target?: string;
  targetGroupId?: string;
  deliveryType?: SimulatedJob['deliveryType'];
}

/** A running job. The functions below move it on. */
export function serverlessJob(options: ServerlessJobOptions): SimulatedJob {
  const { createdAt, instance, deliveryType = 'automated' } = options;
  const isDownload = deliveryType === 'download';
  const snapshotAt = createdAt - 9 * HOUR_MS;
  return {
    id: options.id ?? newJobId(createdAt),
    deliveryType,
    createdAt,
    finishedAt: null,
    expiresAt: null,
    failed: false,
    cancelled: false,
    expired: false,
    deliveryUrl: [],
    snapshotId: deliveryType === 'pointInTime' ? null : newJobId(snapshotAt),
    snapshotAt,
    targetGroupId: isDownload ? null : (options.targetGroupId ?? '64b0c1d2e3f4a5b6c7d8e9f1'),
    targetClusterName: isDownload ? null : (options.target ?? `${instance}-copy`),
    targetDeploymentItemName: isDownload ? null : 'atlas-a1b2c3',
    pointInTimeSeconds: deliveryType === 'pointInTime' ? Math.floor(snapshotAt / 1000) : null,
    oddities: {},
  };
}

/** A step in a job's life. */
export type JobStep = (job: SimulatedJob) => SimulatedJob;

/** It ended well. With `expiresAt` it may still expire. */
export function finish(at: Timestamp, expiresAt: Timestamp | null = null): JobStep {
  return (job) => ({ ...job, finishedAt: at, expiresAt });
}

/** It failed. `alsoCancelled` sets both flags, as was seen on a real job that nobody had cancelled. */
export function fail(at: Timestamp, { alsoCancelled = false } = {}): JobStep {
  return (job) => ({ ...job, failed: true, cancelled: alsoCancelled, finishedAt: at, deliveryUrl: [] });
}

/** Somebody stopped it. */
export function cancel(at: Timestamp): JobStep {
  return (job) => ({ ...job, cancelled: true, finishedAt: at, deliveryUrl: [] });
}

/** The download can be fetched until `expiresAt`. There is no `finishedAt`, and the secret is a segment of the link's path. */
export function ready(expiresAt: Timestamp): JobStep {
  return (job) => ({
    ...job,
    expiresAt,
    deliveryUrl: [
      `https://restore-${job.id}.abc12.mongodb.net:27017/${LINK_CANARY}/restore-${job.snapshotId}.tar.gz`,
    ],
  });
}

/** The link, or the job, ran out. A finished job stays finished. */
export function expire(at: Timestamp): JobStep {
  return (job) => ({ ...job, expired: true, expiresAt: job.expiresAt ?? at, deliveryUrl: [] });
}

/** Something to do, so many milliseconds after the start. */
export interface TimelineStep {
  at: number;
  do: () => void | Promise<void>;
}

/**
 * Does the steps at their times, in order of time, and resolves after the last one. `speed` 2 takes half the time. Steps that wait hold
 * up those behind them.
 * @throws what a step throws, or the signal's reason when it aborts.
 */
export async function play(
  steps: readonly TimelineStep[],
  { speed = 1, signal }: { speed?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const startedAt = performance.now();
  for (const step of steps.toSorted((a, b) => a.at - b.at)) {
    const wait = startedAt + step.at / speed - performance.now();
    if (wait > 0) await delay(wait, undefined, signal ? { signal } : {});
    signal?.throwIfAborted();
    await step.do();
  }
}
