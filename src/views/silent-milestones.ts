import { jobOf, watchOf } from '../domain/event/subject.ts';
import type { Observation } from '../domain/job/observation.ts';
import type { ReachedMilestone } from '../domain/job/restore-job.ts';
import type { RecordedEvent } from '../store/ports/records.ts';

/** The milestones that a job had reached when its watch saw it first, and of which nobody was told for that reason. */
export function silentMilestones(
  { job, jobId, watch, firstSight, milestones }: Observation,
  events: readonly RecordedEvent[],
): ReachedMilestone[] {
  if (firstSight !== 'baseline' || job === null) return [];
  const wasTold = (milestone: string): boolean =>
    events.some(
      ({ event }) => event.name === milestone && watchOf(event) === watch && jobOf(event)?.id === jobId,
    );
  return job.reached.filter(({ milestone }) => milestones.includes(milestone) && !wasTold(milestone));
}
