import { formatSpan } from '../instant.ts';
import { shortId } from '../job/restore-job.ts';
import type { Drill, DrillReason } from './drill.ts';
import type { DrillRun } from './drill-run.ts';

/** `took 50 min, agreed 30 min`: what a run lacks, each reason in words. */
export function reasonWords(run: DrillRun, drill: Drill): string {
  return run.reasons.map((reason) => wordsFor(reason, run, drill)).join('; ');
}

/** `restore 6080…8293 finished in 14 min`: a run that went as agreed. */
export function passWords({ jobId, tookMs, attested }: DrillRun): string {
  const took = tookMs === null ? '' : ` in ${formatSpan(tookMs)}`;
  const by = attested === null ? '' : `, attested by ${attested.by}`;
  return `restore ${shortId(jobId)} finished${took}${by}`;
}

function wordsFor(reason: DrillReason, run: DrillRun, drill: Drill): string {
  switch (reason) {
    case 'failed':
      return 'failed';
    case 'too_slow':
      return `took ${formatSpan(run.tookMs ?? 0)}, agreed ${formatSpan(drill.maxDurationMs ?? 0)}`;
    case 'snapshot_too_old':
      return `its snapshot was ${formatSpan(run.snapshotAgeMs ?? 0)} old, agreed ${formatSpan(drill.maxSnapshotAgeMs ?? 0)}`;
    case 'attested_failed':
      return `did not stand the test, says ${run.attested?.by ?? 'somebody'}`;
    case 'not_attested':
      return `nobody has attested it within ${formatSpan(drill.validateWithinMs ?? 0)}`;
  }
}
