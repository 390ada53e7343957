import type { Timestamp } from '../../domain/instant.ts';
import type { JobKind, ReachedMilestone } from '../../domain/job/restore-job.ts';
import type { Target } from '../../domain/job/watch.ts';
import type { ScrubValue } from '../reply/scrub.ts';
import type { JobReading } from '../source.ts';
import {
  type Fields,
  readInstant,
  readInstantIfAny,
  readText,
  readTextIfAny,
  unknownValue,
} from './fields.ts';
import { decodeJob, type JobFacts, reached, readCreation } from './job.ts';

/** In our words, which are those of the other kinds. */
const DELIVERY_TYPES: ReadonlyMap<string, string> = new Map([
  ['RESTORE', 'automated'],
  ['DOWNLOAD', 'download'],
]);

const RUNNING: ReadonlySet<string> = new Set(['PENDING', 'QUEUED', 'RUNNING']);

/**
 * Decodes a job that has one `status` (Flex clusters, and the M2 and M5 clusters before them). Lenient as `decodeFlagStyle`; never
 * throws. There is no status for a download whose link has run out: it stays `COMPLETED`, and the clock decides.
 */
export function decodeStatusStyle(
  kind: JobKind,
  raw: unknown,
  target: Target,
  now: Timestamp,
  scrub: ScrubValue,
): JobReading {
  return decodeJob(raw, scrub, (id, fields) => readFacts({ id, kind }, fields, target, now, scrub));
}

function readFacts(
  { id, kind }: Pick<JobFacts, 'id' | 'kind'>,
  raw: Fields,
  target: Target,
  now: Timestamp,
  scrub: ScrubValue,
): JobFacts {
  const status = readText(raw, 'status');
  const endedAt = readInstant(raw, 'restoreFinishedDate');
  const deliveryType = deliveryTypeOf(raw, status, scrub);
  const isLinkMade = deliveryType === 'download' && status === 'COMPLETED';
  // Set on every job, but the end of something only where there is a link. A restore stays what it is after that date.
  const expiresAt = isLinkMade ? readInstant(raw, 'expirationDate') : null;
  const outcomes = isLinkMade ? linkLife(endedAt, expiresAt, now) : outcomesOf(status, endedAt);
  return {
    id,
    kind,
    groupId: target.groupId,
    instanceName: target.instanceName,
    deliveryType,
    outcomes,
    createdAt: readCreation(raw, 'restoreScheduledDate', id),
    // A download that has its link is ready, not over, whatever this API calls it: its date stands with the milestone.
    finishedAt: isLinkMade ? null : endedAt,
    expiresAt,
    snapshotId: readTextIfAny(raw, 'snapshotId', scrub),
    snapshotAt: readInstantIfAny(raw, 'snapshotFinishedDate'),
    targetGroupId: readTextIfAny(raw, 'targetProjectId', scrub),
    targetClusterName: readTextIfAny(raw, 'targetDeploymentItemName', scrub),
  };
}

/** The end date is set on failure, too: only the status tells the two apart. */
function outcomesOf(status: string, endedAt: Timestamp | null): ReachedMilestone[] {
  if (RUNNING.has(status)) return [];
  if (status === 'COMPLETED') return [reached('finished', endedAt)];
  if (status === 'FAILED') return [reached('failed', endedAt)];
  throw unknownValue('status', status);
}

function linkLife(madeAt: Timestamp | null, expiresAt: Timestamp | null, now: Timestamp): ReachedMilestone[] {
  const ready = reached('ready', madeAt);
  return expiresAt !== null && expiresAt <= now ? [ready, reached('expired', expiresAt)] : [ready];
}

/** A type that we do not know matters as long as the state may depend on it; a failure speaks for itself. */
function deliveryTypeOf(raw: Fields, status: string, scrub: ScrubValue): string {
  const written = readText(raw, 'deliveryType');
  const deliveryType = DELIVERY_TYPES.get(written);
  if (deliveryType !== undefined) return deliveryType;
  if (status === 'FAILED') return scrub(written);
  throw unknownValue('deliveryType', written);
}
