import { flatSubject } from '../../domain/event/flat-subject.ts';
import type { Attestation } from '../../domain/evidence/attestation.ts';
import { type Timestamp, toIsoOrNull } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import { publicJob } from '../../domain/job/public-job.ts';
import type { ReachedMilestone } from '../../domain/job/restore-job.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import { attestationView } from '../../views/attestations.ts';
import type { ListedJob } from '../../views/records/records.ts';
import { silentMilestones } from '../../views/silent-milestones.ts';
import { transitionView, type View } from '../../views/views.ts';

/**
 * `event`: recorded as such. `silent`: a milestone that was there at first sight, so that nobody was told. `attested`: what somebody said of
 * the data.
 */
export type HistoryEntry = { detectedAt: Timestamp; jobId: string | null; watch: string } & (
  | { kind: 'event'; occurredAt: Timestamp; recorded: RecordedEvent }
  | {
      kind: 'silent';
      occurredAt: Timestamp | null;
      observation: Observation;
      milestone: ReachedMilestone['milestone'];
    }
  | { kind: 'attested'; occurredAt: Timestamp; observation: Observation; attestation: Attestation }
);

/** The events, the silent milestones of the jobs, and what was attested of them, in the order of time. */
export function entriesOf(
  events: readonly RecordedEvent[],
  jobs: ReadonlyArray<Pick<ListedJob, 'observation' | 'attestations'>>,
): HistoryEntry[] {
  const told = events.map((recorded): HistoryEntry => {
    const { detectedAt, occurredAt } = recorded.event;
    const { job, watch } = flatSubject(recorded.event.subject);
    return { kind: 'event', detectedAt, occurredAt, jobId: job?.id ?? null, watch, recorded };
  });
  const silent = jobs.flatMap(({ observation }) => silentEntries(observation, events));
  const attested = jobs.slice(0, 1).flatMap(attestedEntries);
  // Stable: what the store gives newest first keeps its order among equals, turned round.
  return [...told.toReversed(), ...silent, ...attested].toSorted((a, b) => timeOf(a) - timeOf(b));
}

function silentEntries(observation: Observation, events: readonly RecordedEvent[]): HistoryEntry[] {
  const { jobId, watch, firstSeenAt } = observation;
  return silentMilestones(observation, events).map(({ milestone, at }) => ({
    ...{ kind: 'silent', detectedAt: firstSeenAt, occurredAt: at },
    ...{ jobId, watch, observation, milestone },
  }));
}

/** An attestation is of the job, whichever watches follow that. */
function attestedEntries({
  observation,
  attestations,
}: Pick<ListedJob, 'observation' | 'attestations'>): HistoryEntry[] {
  const { jobId, watch } = observation;
  return attestations.map((attestation) => ({
    kind: 'attested',
    detectedAt: attestation.at,
    occurredAt: attestation.at,
    jobId,
    watch,
    observation,
    attestation,
  }));
}

function timeOf({ occurredAt, detectedAt }: HistoryEntry): Timestamp {
  return occurredAt ?? detectedAt;
}

/** As scripts see it: a silent milestone has the shape of a transition that was suppressed. */
export function historyView(entry: HistoryEntry): View {
  if (entry.kind === 'event') return transitionView(entry.recorded);
  if (entry.kind === 'attested') return attestedView(entry);
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

/** It has the times and the job of a transition, and nobody is told of it. */
function attestedView({ observation, attestation, watch }: HistoryEntry & { kind: 'attested' }): View {
  const at = toIsoOrNull(attestation.at);
  return {
    id: null,
    event: 'attested',
    watch,
    detectedAt: at,
    occurredAt: at,
    job: observation.job === null ? null : publicJob(observation.job),
    attestation: attestationView(attestation),
    suppressed: null,
    muteId: null,
    deliveries: [],
  };
}
