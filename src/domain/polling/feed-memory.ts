import type { Timestamp } from '../instant.ts';
import type { JobKind } from '../job/restore-job.ts';
import { type FeedEvent, isAbout } from './feed-events.ts';

/** Each answer reaches so far back behind the newest event that is known: Atlas may show events out of order. */
const OVERLAP_MS = 300_000;

/** An event tells of a job that began at most so long before or after it. */
const TELLS_WITHIN_MS = 60_000;

/** Events are remembered for so long, so that jobs which a sweep finds late can be compared with them. */
const REMEMBERED_MS = 7_200_000;

/** An event, and until when it did not show. */
interface HeardEvent extends FeedEvent {
  /** When the answer before the first one that held it was asked for; `null`: there was none. */
  absentAt: Timestamp | null;
}

/** What is known of the activity feed of one project. A value: each answer makes a new one. */
export interface FeedMemory {
  events: ReadonlyMap<string, HeardEvent>;
  /** By Atlas's clock; `null` while none has been seen. */
  newestAt: Timestamp | null;
  /** From then on, nothing was left unasked; `null` before the first answer. */
  coveredFrom: Timestamp | null;
  /** Up to then, all has been told that is told in time: when the last answer was asked for. */
  coveredTo: Timestamp | null;
}

/** A feed that has not answered yet. */
export const UNHEARD: FeedMemory = { events: new Map(), newestAt: null, coveredFrom: null, coveredTo: null };

/**
 * From when on the feed is to be asked, by Atlas's clock. `backTo`: what happened since then is wanted, as far as events are remembered, and
 * asked for where it was not yet.
 */
export function feedSince(
  { newestAt, coveredFrom }: FeedMemory,
  now: Timestamp,
  backTo: Timestamp | null = null,
): Timestamp {
  const usual = newestAt === null ? (coveredFrom ?? now - OVERLAP_MS) : newestAt - OVERLAP_MS;
  if (backTo === null || (coveredFrom !== null && coveredFrom <= backTo)) return usual;
  return Math.min(usual, Math.max(backTo, now - REMEMBERED_MS));
}

/** Takes in an answer that was asked for at `askedAt`, by Atlas's clock. `news`: events that were not known. */
export function heard(
  memory: FeedMemory,
  answer: { events: readonly FeedEvent[]; since: Timestamp; askedAt: Timestamp },
): { memory: FeedMemory; news: FeedEvent[] } {
  const news = answer.events.filter(({ id }) => !memory.events.has(id));
  const newestAt = answer.events.reduce<Timestamp | null>(
    (newest, { at }) => (newest === null || at > newest ? at : newest),
    memory.newestAt,
  );
  const coveredFrom = Math.min(memory.coveredFrom ?? answer.since, answer.since);
  const coveredTo = Math.max(memory.coveredTo ?? answer.askedAt, answer.askedAt);
  // What the next answer will hold again must not look like news.
  const forgotten = Math.min(coveredTo - REMEMBERED_MS, (newestAt ?? coveredTo) - 2 * OVERLAP_MS);
  // What lies before all that was asked for may have been told long ago.
  const absentAt = ({ at }: FeedEvent): Timestamp | null =>
    at < (memory.coveredFrom ?? at) ? null : memory.coveredTo;
  const heardNow = news.map((event) => ({ ...event, absentAt: absentAt(event) }));
  const all = [...memory.events.values(), ...heardNow].filter(({ at }) => at >= forgotten);
  const events = new Map(all.map((event) => [event.id, event]));
  return { memory: { events, newestAt, coveredFrom, coveredTo }, news };
}

/**
 * Whether the feed has told of a job that began then. `told`: there is an event that may be about it, which showed within a minute (or in
 * the first answer afterwards). `missed`: there is none, and would be by now. `open`: that cannot be said yet. `unasked`: nobody asked the
 * feed at that time.
 */
export function verdictOn(
  memory: FeedMemory,
  job: { kind: JobKind; at: Timestamp },
): 'told' | 'missed' | 'open' | 'unasked' {
  const { events, coveredFrom, coveredTo } = memory;
  if (coveredFrom === null || coveredTo === null) return 'open';
  if (job.at - TELLS_WITHIN_MS < coveredFrom || job.at < coveredTo - REMEMBERED_MS) return 'unasked';
  const isTold = [...events.values()].some(
    (event) =>
      isAbout(event, job.kind) &&
      Math.abs(event.at - job.at) <= TELLS_WITHIN_MS &&
      (event.absentAt ?? Number.NEGATIVE_INFINITY) < job.at + TELLS_WITHIN_MS,
  );
  if (isTold) return 'told';
  return coveredTo < job.at + TELLS_WITHIN_MS ? 'open' : 'missed';
}
