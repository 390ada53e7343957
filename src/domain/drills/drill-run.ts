import type { AttestationResult } from '../evidence/attestation.ts';
import type { Timestamp } from '../instant.ts';
import type { Drill, DrillReason } from './drill.ts';
import type { EndedJob } from './ended-job.ts';

/** A restore that counts as a drill, and what it lacks. Plain JSON: the store keeps it as it is. */
export interface DrillRun {
  jobId: string;
  outcome: 'finished' | 'failed';
  endedAt: Timestamp;
  /** `null`: nobody knows just when it ended. */
  tookMs: number | null;
  /** When it began; `null`: Atlas does not say when the snapshot was taken. */
  snapshotAgeMs: number | null;
  /** Empty: it went as agreed. */
  reasons: DrillReason[];
  /** Somebody has to attest it before then; `null`: nobody has to. */
  attestBy: Timestamp | null;
  /** What was attested last. */
  attested: { result: AttestationResult; by: string; ticket: string | null } | null;
}

/** Judges a restore by what is agreed. What nobody knows for sure is no reason against it. */
export function judgeRun(drill: Drill, job: EndedJob): DrillRun {
  const { jobId, outcome, endedAt } = job;
  const tookMs = job.isDated ? endedAt - job.createdAt : null;
  const snapshotAgeMs = job.snapshotAt === null ? null : job.createdAt - job.snapshotAt;
  const isFinished = outcome === 'finished';
  const reasons: DrillReason[] = [];
  if (!isFinished) reasons.push('failed');
  if (isFinished && exceeds(tookMs, drill.maxDurationMs)) reasons.push('too_slow');
  if (isFinished && exceeds(snapshotAgeMs, drill.maxSnapshotAgeMs)) reasons.push('snapshot_too_old');
  const attestBy = isFinished && drill.validateWithinMs !== null ? endedAt + drill.validateWithinMs : null;
  return { jobId, outcome, endedAt, tookMs, snapshotAgeMs, reasons, attestBy, attested: null };
}

/** The same run once somebody has attested it; a later attestation takes the place of an earlier one. */
export function attestRun(run: DrillRun, attested: NonNullable<DrillRun['attested']>): DrillRun {
  const others = run.reasons.filter((reason) => reason !== 'attested_failed' && reason !== 'not_attested');
  const reasons: DrillReason[] = attested.result === 'failed' ? [...others, 'attested_failed'] : others;
  return { ...run, reasons, attested };
}

/** True while somebody has to attest the run, and it is not told that nobody has. */
export function isAwaited({ attestBy, attested, reasons }: DrillRun): boolean {
  return attestBy !== null && attested === null && !reasons.includes('not_attested');
}

/** True when the time to attest the run is over, and nobody has. */
export function isUnattested(run: DrillRun, now: Timestamp): boolean {
  return isAwaited(run) && run.attestBy !== null && now >= run.attestBy;
}

/** The same run, of which it is told that nobody has attested it. */
export function missAttestation(run: DrillRun): DrillRun {
  return { ...run, reasons: [...run.reasons, 'not_attested'] };
}

function exceeds(found: number | null, most: number | null): boolean {
  return found !== null && most !== null && found > most;
}
