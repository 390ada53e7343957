import { flatSubject } from '../../domain/event/flat-subject.ts';
import { jobOf, watchOf } from '../../domain/event/subject.ts';
import { type Timestamp, toIsoOrNull } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import { publicJob } from '../../domain/job/public-job.ts';
import type { ReachedMilestone } from '../../domain/job/restore-job.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import { transitionView, type View } from '../../views/views.ts';

/** `event`: recorded as such. `silent`: a milestone that was there at first sight, so that nobody was told. */
export type HistoryEntry = { detectedAt: Timestamp; jobId: string | null; watch: string } & (
  | { kind: 'event'; occurredAt: Timestamp; recorded: RecordedEvent }
  | {
      kind: 'silent';
      occurredAt: Timestamp | null;
      observation: Observation;
      milestone: ReachedMilestone['milestone'];
    }
);

/** The events, and the silent milestones of the observations, in the order of time. */
export function entriesOf(
  events: readonly RecordedEvent[],
  observations: readonly Observation[],
): HistoryEntry[] {
  const told = events.map((recorded): HistoryEntry => {
    const { detectedAt, occurredAt } = recorded.event;
    const { job, watch } = flatSubject(recorded.event.subject);
    return { kind: 'event', detectedAt, occurredAt, jobId: job?.id ?? null, watch, recorded };
  });
  const silent = observations.flatMap((observation) => silentEntries(observation, events));
  // Stable: what the store gives newest first keeps its order among equals, turned round.
  return [...told.toReversed(), ...silent].toSorted((a, b) => timeOf(a) - timeOf(b));
}

function silentEntries(observation: Observation, events: readonly RecordedEvent[]): HistoryEntry[] {
  const { job, jobId, watch, firstSight, firstSeenAt, milestones } = observation;
  if (firstSight !== 'baseline' || job === null) return [];
  const wasTold = (milestone: string): boolean =>
    events.some(
      ({ event }) => event.name === milestone && watchOf(event) === watch && jobOf(event)?.id === jobId,
    );
  return job.reached
    .filter(({ milestone }) => milestones.includes(milestone) && !wasTold(milestone))
    .map(({ milestone, at }) => ({
      kind: 'silent',
      detectedAt: firstSeenAt,
      occurredAt: at,
      jobId,
      watch,
      observation,
      milestone,
    }));
}

function timeOf({ occurredAt, detectedAt }: HistoryEntry): Timestamp {
  return occurredAt ?? detectedAt;
}

/** As scripts see it: a silent milestone has the shape of a transition that was suppressed. */
export function historyView(entry: HistoryEntry): View {
  if (entry.kind === 'event') return transitionView(entry.recorded);
  const { observation, milestone, occurredAt, detectedAt, watch } = entry;
  return {
    id: null,
    event: milestone,
    watch,
    detectedAt: toIsoOrNull(detectedAt),
    occurredAt: toIsoOrNull(occurredAt),
    job: observation.job === null ? null : publicJob(observation.job),
    suppressed: 'baseline',
    muteId: null,
    deliveries: [],
  };
}
