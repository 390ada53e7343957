import type { Timestamp } from '../../../domain/instant.ts';
import type { SimulatedJob } from '../jobs/simulated-job.ts';

/** What the activity feed of a project says of one moment of a job. */
export interface RestoreEvent {
  /** 24 hex characters. */
  id: string;
  type: string;
  /** To the second. */
  at: Timestamp;
  /** Who did it; the API key of the simulator unless given. */
  by?: FeedPerson;
}

/** Somebody as Atlas names them in an event: a user, or an API key. Of keys no address was ever recorded. */
export type FeedPerson =
  | { userId: string; username: string; remoteAddress?: string }
  | { apiKeyId: string; publicKey: string };

/**
 * How far the counter in a requested event's id stands behind that in its job's id, as recorded of twelve pairs: mostly a few steps.
 * The process bytes between are the same.
 */
const COUNTER_STEPS = [4, 4, 4, 4, 4, 4, 5, 6, 6, 6, 36, 60] as const;
/** One requested event of twelve was made a second after its job. */
const LATE_ONE = 7;

/**
 * The events that Atlas makes of a job by now, as far as is known: nothing of collections that begin, of dedicated clusters that are
 * cancelled, and of serverless and legacy backups at all. None names the cluster or the job.
 */
export function restoreEventsOf(job: SimulatedJob): RestoreEvent[] {
  const asked = requestedType(job);
  const ended = endedType(job);
  const endedAt = job.finishedAt ?? (job.kind === 'flex' ? job.readyAt : null);
  return [
    ...(asked === null ? [] : [requested(job, asked)]),
    ...(ended === null || endedAt === null ? [] : [eventOf(job, ended, endedAt, 1)]),
  ];
}

function requestedType({ kind, deliveryType }: SimulatedJob): string | null {
  if (kind === 'cluster') return 'CPS_RESTORE_REQUESTED_AUDIT';
  if (kind !== 'flex') return null;
  return deliveryType === 'download'
    ? 'TENANT_SNAPSHOT_DOWNLOAD_REQUESTED_AUDIT'
    : 'TENANT_RESTORE_REQUESTED_AUDIT';
}

function endedType(job: SimulatedJob): string | null {
  const { kind, deliveryType, failed, cancelled, failedIndexes } = job;
  if (kind === 'flex') {
    return failed || cancelled ? 'TENANT_RESTORE_FAILED' : 'TENANT_RESTORE_COMPLETED_AUDIT';
  }
  if (kind === 'cluster') {
    if (failed)
      return deliveryType === 'download' ? 'CPS_SNAPSHOT_DOWNLOAD_REQUEST_FAILED' : 'CPS_RESTORE_FAILED';
    return cancelled ? null : 'CPS_RESTORE_SUCCESSFUL';
  }
  if (kind !== 'collection') return null;
  if (failed) return 'CPS_COLLECTION_RESTORE_FAILED';
  if (cancelled) return 'CPS_COLLECTION_RESTORE_CANCELED';
  return failedIndexes > 0 ? 'CPS_COLLECTION_RESTORE_PARTIAL_SUCCESS' : 'CPS_COLLECTION_RESTORE_SUCCESSFUL';
}

function requested(job: SimulatedJob, type: string): RestoreEvent {
  const pick = Number.parseInt(job.id.slice(-2), 16) % COUNTER_STEPS.length;
  const at = job.createdAt + (pick === LATE_ONE ? 1_000 : 0);
  return eventOf(job, type, at, COUNTER_STEPS[pick] ?? 4);
}

/** An id as Atlas makes them: the second, the process, and a counter some steps on. */
function eventOf({ id }: SimulatedJob, type: string, at: Timestamp, steps: number): RestoreEvent {
  const second = Math.floor(at / 1_000);
  const counter = (Number.parseInt(id.slice(-6), 16) + steps) % 2 ** 24;
  const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
  return { id: hex(second, 8) + id.slice(8, -6) + hex(counter, 6), type, at: second * 1_000 };
}
