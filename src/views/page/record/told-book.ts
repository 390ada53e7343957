import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../../clock.ts';
import type { RecordedEvent, RecordReader } from '../../../store/ports/records.ts';
import type { News } from './log-news.ts';

const MOST_EVENTS_OF_A_JOB = 100;
/** Whatever becomes of what was told has an entry in the audit log, but for what is pruned. Milliseconds. */
const TOLD_KEPT_MS = 60_000;

/** Remembers what was told of jobs, until the audit log says that something has become of it. */
export interface ToldBook {
  /** @param news what the log says since the last time. */
  hear(news: News | null): void;
  /** What was told of a job, oldest first. As long as it is remembered, it is the same list. */
  of(jobId: string): Promise<readonly RecordedEvent[]>;
}

/** Makes a book that remembers nothing yet. */
export function rememberTold(
  store: Pick<RecordReader, 'listEvents'>,
  clock: Pick<Clock, 'monotonic'>,
): ToldBook {
  const known = new Map<string, { readAt: number; events: readonly RecordedEvent[] }>();
  return {
    hear: (news) => {
      for (const [jobId, { readAt, events }] of known) {
        const isNamed =
          news === null || news.jobIds.has(jobId) || events.some(({ event }) => news.eventIds.has(event.id));
        if (isNamed || clock.monotonic() - readAt >= TOLD_KEPT_MS) known.delete(jobId);
      }
    },
    of: async (jobId) => {
      const kept = known.get(jobId);
      if (kept !== undefined) return kept.events;
      await nextTurn();
      const filter = { jobId, onlyHappened: true, limit: MOST_EVENTS_OF_A_JOB };
      const { items } = await store.listEvents(filter);
      const events = items.toReversed();
      known.set(jobId, { readAt: clock.monotonic(), events });
      return events;
    },
  };
}
