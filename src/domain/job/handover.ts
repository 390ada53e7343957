import type { Observation } from './observation.ts';
import { mayChangeUntil, type RestoreJob } from './restore-job.ts';
import { type Comparison, type ComparisonContext, diffObservations } from './transition.ts';

/**
 * Chooses what is known of a job that this watch sees for the first time: what a watch has recorded that had it before. `alongside`: those
 * that follow it still, and tell of it themselves. Of several, who has seen most of its life.
 */
export function handedOver(
  records: readonly Observation[],
  alongside: readonly string[],
): Observation | undefined {
  return records
    .filter(({ watch, job, isPruned }) => (job !== null || isPruned) && !alongside.includes(watch))
    .toSorted((a, b) => b.milestones.length - a.milestones.length || b.changedAt - a.changedAt)
    .at(0);
}

/**
 * Compares what was read of a job with what another watch has recorded of it, and takes that record over: what was told stays told, and
 * what the job has reached since is news.
 */
export function takeOver(record: Observation, reading: RestoreJob, context: ComparisonContext): Comparison {
  const own = { ...record, watch: context.watch };
  const comparison = diffObservations(own, reading, context);
  return { ...comparison, observation: comparison.observation ?? recordAnew(own, reading, context) };
}

/** The facts about a job that was pruned are as they are read now. */
function recordAnew(
  own: Observation,
  reading: RestoreJob,
  { now: changedAt }: ComparisonContext,
): Observation {
  const { isPruned, ...kept } = own;
  if (!isPruned) return { ...own, changedAt };
  const job = { ...reading, state: own.state };
  return { ...kept, job, changedAt, mayChangeUntil: mayChangeUntil(job) };
}
