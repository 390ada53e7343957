import type { Timestamp } from '../instant.ts';
import type { JobKind } from '../job/restore-job.ts';

/** So many jobs of a kind are remembered: whether the feed told of each in time. */
const PROOFS_KEPT = 20;

/** A kind that begins without trust is trusted once the feed has told of so many jobs in a row. */
const PROOFS_NEEDED = 3;

/** What proves nothing after so many jobs is not asked any more for a while. */
const MISSES_ALLOWED = 3;

/** A feed that is not relied on is tried again after so long. */
const TRIED_AGAIN_AFTER_MS = 86_400_000;

/** For so long after trust began, every tick is a sweep: whoever asks more often than every 30 s must not be worse off at once. */
const FIRST_TIME_MS = 3_600_000;

/**
 * Why a feed is not relied on. `missed`: it did not tell of a job in time. `refused`: Atlas does not let us read it. `unreadable`: its
 * answer is not what the API documents.
 */
export type Distrust = 'missed' | 'refused' | 'unreadable';

/** How far the activity feed of one project is relied on for one kind of jobs. Kept in the store. */
export interface Trust {
  /**
   * `trusted`: it tells when to poll. `proving`: everything is polled as without it, and each new job shows whether it would have told.
   * `distrusted`: it is not even asked.
   */
  standing: 'trusted' | 'proving' | 'distrusted';
  since: Timestamp;
  /** Why it is distrusted; `null` unless it is. */
  reason: Distrust | null;
  /** The same for people, without secrets. */
  detail: string | null;
  /** Of the last jobs, the latest last: the feed told of it in time. */
  proofs: readonly boolean[];
}

/** The trust that a kind begins with. Of a collection restore that begins, the feed is not known to tell at all. */
export function firstTrust(kind: JobKind, now: Timestamp): Trust {
  const standing = kind === 'collection' ? 'proving' : 'trusted';
  return { standing, since: now, reason: null, detail: null, proofs: [] };
}

/** What comes of a new job: one that the feed has missed ends trust, and enough that it has told of in a row begin it. */
export function afterJob(trust: Trust, job: { id: string; isTold: boolean }, now: Timestamp): Trust {
  if (trust.standing === 'distrusted') return trust;
  const proofs = [...trust.proofs, job.isTold].slice(-PROOFS_KEPT);
  const misses = proofs.filter((isTold) => !isTold).length;
  const isEnough = trust.standing === 'trusted' ? misses > 0 : misses >= MISSES_ALLOWED;
  if (isEnough) {
    const detail = `the feed did not tell of job ${job.id} within a minute`;
    return { standing: 'distrusted', since: now, reason: 'missed', detail, proofs };
  }
  const isProved = trust.standing === 'proving' && misses === 0 && proofs.length >= PROOFS_NEEDED;
  return isProved ? { ...trust, standing: 'trusted', since: now, proofs } : { ...trust, proofs };
}

/** What comes of a feed that cannot be read, though the jobs can. */
export function afterRefusal(
  trust: Trust,
  { reason, detail }: { reason: Exclude<Distrust, 'missed'>; detail: string },
  now: Timestamp,
): Trust {
  if (trust.standing === 'distrusted') return trust;
  return { ...trust, standing: 'distrusted', since: now, reason, detail };
}

/** What comes of time: a feed that was not relied on for a day begins anew. */
export function afterTime(trust: Trust, kind: JobKind, now: Timestamp): Trust {
  if (trust.standing !== 'distrusted' || now - trust.since < TRIED_AGAIN_AFTER_MS) return trust;
  return firstTrust(kind, now);
}

/** What comes of somebody saying that what was wrong is mended: a feed that could not be read begins anew. What it has missed stands. */
export function afterMending(trust: Trust, kind: JobKind, now: Timestamp): Trust {
  const isMended = trust.standing === 'distrusted' && trust.reason !== 'missed';
  return isMended ? firstTrust(kind, now) : trust;
}

/** From one sweep over all targets to the next, in milliseconds: 0, at every tick, in the first hour of trust, then as configured. */
export function sweepMsOf({ since }: Pick<Trust, 'since'>, sweepEveryMs: number, now: Timestamp): number {
  return now - since < FIRST_TIME_MS ? 0 : sweepEveryMs;
}
