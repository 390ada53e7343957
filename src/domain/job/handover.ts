import type { Observation } from './observation.ts';
import { mayChangeUntil, type RestoreJob } from './restore-job.ts';
import { type Comparison, type ComparisonContext, diffObservations } from './transition.ts';

/** The record that has seen most of a job's life; of several such, the one that changed last. */
function freshest(records: readonly Observation[]): Observation | undefined {
  return records
    .toSorted((a, b) => b.milestones.length - a.milestones.length || b.changedAt - a.changedAt)
    .at(0);
}

/**
 * Chooses what is known of a job that this watch sees for the first time: what a watch has recorded that had it before. `alongside`: those
 * that follow it still, and tell of it themselves. Of several, who has seen most of its life.
 */
export function handedOver(
  records: readonly Observation[],
  alongside: readonly string[],
): Observation | undefined {
  return freshest(
    records.filter(({ watch, job, isPruned }) => (job !== null || isPruned) && !alongside.includes(watch)),
  );
}

/**
 * Chooses what is known of a job that this watch has followed before, when it begins anew: its own record, or what another watch has recorded
 * since, which had the job in between. That is written down as its own; of one that was pruned there what is left of it: how the job ended.
 * @returns the other record, as this watch's own; `null`: its own stands.
 */
export function takenBack(
  own: Observation,
  records: readonly Observation[],
  alongside: readonly string[],
): Observation | null {
  const other = handedOver(records, alongside);
  if (other === undefined || freshest([own, other]) === own) return null;
  const { watch } = own;
  // The ids of what this watch tells count it: it must not fall back to one that was told already.
  const times = Math.max(own.timesMissing ?? 0, other.timesMissing ?? 0);
  const timesMissing = times > 0 ? { timesMissing: times } : {};
  if (!other.isPruned) return { ...other, watch, ...timesMissing };
  const { milestones, state, mayChangeUntil } = other;
  return { ...own, milestones, state, mayChangeUntil, ...timesMissing };
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
