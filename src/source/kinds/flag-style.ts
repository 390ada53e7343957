import type { Timestamp } from '../../domain/instant.ts';
import type { JobKind, ReachedMilestone } from '../../domain/job/restore-job.ts';
import type { Target } from '../../domain/job/watch.ts';
import { isRecord } from '../../domain/json-object.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import type { JobReading } from '../source.ts';
import {
  type Fields,
  readFlag,
  readInstant,
  readInstantIfAny,
  readText,
  readTextIfAny,
  unknownValue,
  wrongType,
} from './fields.ts';
import { decodeJob, type JobFacts, reached, readCreation } from './job.ts';

const DELIVERY_TYPES: ReadonlySet<string> = new Set(['automated', 'download', 'pointInTime']);

/**
 * Decodes a job that says by flags how it is (serverless and dedicated clusters). Lenient: unknown fields are left out, what has no
 * value may be absent or `null`, and a fault in a field that is only for show does not hide the job. Never throws.
 * Links are looked at and dropped: nothing of them survives into the job.
 */
export function decodeFlagStyle(kind: JobKind, raw: unknown, target: Target, scrub: ScrubValue): JobReading {
  return decodeJob(raw, scrub, (id, fields) => readFacts({ id, kind }, fields, target, scrub));
}

function readFacts(
  { id, kind }: Pick<JobFacts, 'id' | 'kind'>,
  raw: Fields,
  { groupId, instanceName }: Target,
  scrub: ScrubValue,
): JobFacts {
  const createdAt = readCreation(raw, 'createdAt', id);
  const finishedAt = readInstant(raw, 'finishedAt');
  const expiresAt = readInstant(raw, 'expiresAt');
  const outcomes = outcomesOf(raw, finishedAt, expiresAt);
  return {
    id,
    kind,
    groupId,
    instanceName,
    deliveryType: deliveryTypeOf(raw, outcomes, scrub),
    outcomes,
    createdAt,
    finishedAt,
    expiresAt,
    snapshotId: readTextIfAny(raw, 'snapshotId', scrub),
    snapshotAt: readInstantIfAny(raw, 'timestamp'),
    targetGroupId: readTextIfAny(raw, 'targetGroupId', scrub),
    targetClusterName: readTextIfAny(raw, 'targetClusterName', scrub),
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
function deliveryTypeOf(raw: Fields, outcomes: readonly ReachedMilestone[], scrub: ScrubValue): string {
  const deliveryType = readText(raw, 'deliveryType');
  const isFlagged = outcomes.some(({ milestone }) => milestone !== 'finished' && milestone !== 'ready');
  if (DELIVERY_TYPES.has(deliveryType)) return deliveryType;
  if (isFlagged) return scrub(deliveryType);
  throw unknownValue('deliveryType', deliveryType);
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
