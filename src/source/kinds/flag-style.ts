import { objectIdInstant, type Timestamp } from '../../domain/instant.ts';
import {
  type JobKind,
  type Milestone,
  type ReachedMilestone,
  type RestoreJob,
  stateAfter,
} from '../../domain/restore-job.ts';
import type { Target } from '../../domain/watch.ts';
import { isRecord } from '../envelope.ts';
import { scrubValue } from '../scrub.ts';
import type { JobReading } from '../source.ts';
import {
  FieldProblem,
  type Fields,
  readFlag,
  readId,
  readInstant,
  readInstantIfAny,
  readTextIfAny,
  wrongType,
} from './fields.ts';

const DELIVERY_TYPES: ReadonlySet<unknown> = new Set(['automated', 'download', 'pointInTime']);

/**
 * Decodes a job that says by flags how it is (serverless and dedicated clusters). Lenient: unknown fields are left out, what has no
 * value may be absent or `null`, and a fault in a field that is only for show does not hide the job. Never throws.
 * Links are looked at and dropped: nothing of them survives into the job.
 */
export function decodeFlagStyle(kind: JobKind, raw: unknown, target: Target): JobReading {
  if (!isRecord(raw)) return { kind: 'unreadable', jobId: null, problem: 'the job is not a JSON object' };
  const id = readId(raw);
  if (id === null) return { kind: 'unreadable', jobId: null, problem: 'the job has no usable id' };
  try {
    return { kind: 'job', job: readJob(kind, id, raw, target) };
  } catch (error) {
    if (error instanceof FieldProblem) return { kind: 'unreadable', jobId: id, problem: error.message };
    throw error;
  }
}

/** Every key always, and always in this order: jobs are compared as JSON text. */
function readJob(kind: JobKind, id: string, raw: Fields, { groupId, instanceName }: Target): RestoreJob {
  const createdAt = readInstant(raw, 'createdAt') ?? objectIdInstant(id);
  if (createdAt === null)
    throw new FieldProblem('neither createdAt nor the id tells when the job was created');
  const finishedAt = readInstant(raw, 'finishedAt');
  const expiresAt = readInstant(raw, 'expiresAt');
  const outcomes = outcomesOf(raw, finishedAt, expiresAt);
  return {
    id,
    kind,
    groupId,
    instanceName,
    deliveryType: deliveryTypeOf(raw, outcomes),
    state: stateAfter(outcomes.map(({ milestone }) => milestone)),
    reached: [{ milestone: 'started', at: createdAt }, ...outcomes],
    warnings: false,
    createdAt,
    finishedAt,
    expiresAt,
    snapshotId: readTextIfAny(raw, 'snapshotId'),
    snapshotAt: readInstantIfAny(raw, 'timestamp'),
    targetGroupId: readTextIfAny(raw, 'targetGroupId'),
    targetClusterName: readTextIfAny(raw, 'targetClusterName'),
    errorMessage: null,
    progress: null,
    batchId: null,
  };
}

/**
 * What a job has come to, in the order of life; the first match decides.
 * `failed` before `cancelled`: both were seen true on a real failed download that nobody had cancelled. `finishedAt` is no success by
 * itself (a failed job has one), and a ready download has none. An expired job that has `finishedAt` passed through finished first.
 */
function outcomesOf(
  raw: Fields,
  finishedAt: Timestamp | null,
  expiresAt: Timestamp | null,
): ReachedMilestone[] {
  const failed = readFlag(raw, 'failed');
  const cancelled = readFlag(raw, 'cancelled');
  const expired = readFlag(raw, 'expired');
  const reached = (milestone: Milestone, at: Timestamp | null): ReachedMilestone => ({ milestone, at });

  if (failed) return [reached('failed', finishedAt)];
  if (cancelled) return [reached('cancelled', finishedAt)];
  if (expired) {
    const before = finishedAt === null ? [] : [reached('finished', finishedAt)];
    return [...before, reached('expired', expiresAt)];
  }
  if (raw.deliveryType === 'download' && hasLink(raw)) return [reached('ready', null)];
  return finishedAt === null ? [] : [reached('finished', finishedAt)];
}

/** A type that we do not know matters as long as the state may depend on it; a flag speaks for itself. */
function deliveryTypeOf(raw: Fields, outcomes: readonly ReachedMilestone[]): string {
  const { deliveryType } = raw;
  if (typeof deliveryType !== 'string') throw wrongType('deliveryType', deliveryType, 'a text');
  const isFlagged = outcomes.some(({ milestone }) => milestone !== 'finished' && milestone !== 'ready');
  if (DELIVERY_TYPES.has(deliveryType) || isFlagged) return scrubValue(deliveryType);
  throw new FieldProblem(`deliveryType "${scrubValue(deliveryType)}" is not known`);
}

/** The download can be fetched: a link, or one for every shard (`components`). */
function hasLink(raw: Fields): boolean {
  const { deliveryUrl, components } = raw;
  if (isLink(deliveryUrl)) return true;
  if (Array.isArray(deliveryUrl)) {
    if (deliveryUrl.some(isLink)) return true;
  } else if (deliveryUrl !== undefined && deliveryUrl !== null && deliveryUrl !== '') {
    throw wrongType('deliveryUrl', deliveryUrl, 'a list');
  }
  return (
    Array.isArray(components) &&
    components.length > 0 &&
    components.every((component) => isRecord(component) && isLink(component.downloadUrl))
  );
}

function isLink(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}
