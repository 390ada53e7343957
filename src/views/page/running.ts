import type { Timestamp } from '../../domain/instant.ts';
import type { RestoreJob } from '../../domain/job/restore-job.ts';
import type { RecordedEvent } from '../../store/ports/records.ts';
import type { WatchStatus } from '../../watcher/status.ts';
import { type UsualRange, usualRangeOf } from './durations.ts';
import type { PageFacts, RunningFacts } from './facts.ts';
import { unseenSince } from './unseen.ts';

/** A restore that runs, as the page shows it. Spans are milliseconds. */
export interface RunningCard {
  watch: string;
  job: RestoreJob;
  elapsedMs: number;
  /** `null`: nothing tells when it should end. */
  expectedEndAt: Timestamp | null;
  /** How far it is, from 0 to 1; `null`: nobody can say, since nothing tells or it is over its usual. */
  share: number | null;
  /** Where `share` comes from. */
  basis: 'progress' | 'history' | null;
  usual: UsualRange | null;
  /** It runs for longer than is usual there. */
  isOver: boolean;
  /** Within how many milliseconds it is to have ended; `null`: nothing is agreed. */
  rtoMs: number | null;
  events: readonly RecordedEvent[];
  /** Since when its watch is blind to it; `null`: it is seen. */
  unseenSince: Timestamp | null;
}

/** Makes the cards of the restores that run: those farthest over their usual first, then those that have run longest. */
export function runningCards({ now, record, query, rtos, status }: PageFacts): RunningCard[] {
  return (record?.running ?? [])
    .flatMap((facts) =>
      facts.observation.job !== null && (query.watch === null || query.watch === facts.observation.watch)
        ? [runningCard(facts, facts.observation.job, { now, rtos, watches: status.watches })]
        : [],
    )
    .toSorted((a, b) => overBy(b) - overBy(a) || b.elapsedMs - a.elapsedMs);
}

/** Says of one restore that runs how far it is. */
export function runningCard(
  { observation, eta, events, durations }: RunningFacts,
  job: RestoreJob,
  { now, rtos, watches }: Pick<PageFacts, 'now' | 'rtos'> & { watches: readonly WatchStatus[] },
): RunningCard {
  const elapsedMs = Math.max(0, now - job.createdAt);
  const usual = withMedianOf(eta, usualRangeOf(durations, job.deliveryType));
  const isOver = eta?.basis === 'history' && eta.isOverdue;
  const share = shareOf(elapsedMs, eta, isOver);
  return {
    ...{ watch: observation.watch, job, elapsedMs, usual, isOver, events, share },
    expectedEndAt: isOver ? null : (eta?.at ?? null),
    basis: eta?.basis ?? null,
    rtoMs: rtos.get(observation.watch) ?? null,
    unseenSince: unseenSince(observation, watches),
  };
}

/** What is usual is read apart and remembered for minutes; a card has one median, the one that its end is reckoned from. */
function withMedianOf(eta: RunningFacts['eta'], usual: UsualRange | null): UsualRange | null {
  if (usual === null || eta?.basis !== 'history') return usual;
  return { ...usual, usualMs: eta.usualMs, samples: eta.samples };
}

function shareOf(elapsedMs: number, eta: RunningFacts['eta'], isOver: boolean): number | null {
  if (eta === null || isOver) return null;
  return eta.basis === 'progress' ? eta.doneShare : Math.min(1, elapsedMs / eta.usualMs);
}

function overBy({ elapsedMs, usual, isOver }: RunningCard): number {
  return isOver && usual !== null ? elapsedMs / usual.usualMs : 0;
}
