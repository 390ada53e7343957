import type { Timestamp } from '../domain/instant.ts';
import type { Watch } from '../domain/job/watch.ts';
import { asksForActors, FEWEST_TARGETS, mayBeHinted } from '../domain/polling/hint.ts';
import { SourceError, toError } from '../errors.ts';
import type { JobSource, ReadOptions } from '../source/source.ts';

/** Enough to see whether the feed answers. */
const LOOKS_BACK_MS = 300_000;

/** Whether the activity feed of a project can be read, so that it may tell when to poll. */
export interface FeedFinding {
  groupId: string;
  /** Why it cannot; `null`: it can. */
  fault: string | null;
  hint: string | null;
}

type FeedOptions = ReadOptions & { source: Pick<JobSource, 'readFeed'>; now: Timestamp };

/**
 * Reads the feeds that may help a watch: of the projects that were looked into, those with instances enough.
 * @param asks requests that a poll takes, by project.
 * @throws what the signal says, when it aborts.
 */
export async function readFeeds(
  watch: Watch,
  asks: ReadonlyMap<string, number>,
  options: FeedOptions,
): Promise<FeedFinding[]> {
  if (!mayBeHinted(watch)) return [];
  const worthwhile = [...asks].filter(([, instances]) => instances >= FEWEST_TARGETS);
  return await readEach(
    worthwhile.map(([groupId]) => groupId),
    options,
  );
}

/** Reads the feeds that are to tell who began the restores of a watch, where it asks: of all projects that were looked into. See `readFeeds`. */
export async function readActorFeeds(
  watch: Watch,
  asks: ReadonlyMap<string, number>,
  options: FeedOptions,
): Promise<FeedFinding[]> {
  return asksForActors(watch) ? await readEach([...asks.keys()], options) : [];
}

async function readEach(
  projects: readonly string[],
  { source, now, ...options }: FeedOptions,
): Promise<FeedFinding[]> {
  return await Promise.all(
    projects.map(async (groupId): Promise<FeedFinding> => {
      try {
        await source.readFeed(groupId, now - LOOKS_BACK_MS, options);
        return { groupId, fault: null, hint: null };
      } catch (thrown) {
        options.signal.throwIfAborted();
        const { message } = toError(thrown);
        const hint = thrown instanceof SourceError ? (thrown.hint ?? null) : null;
        return { groupId, fault: message, hint };
      }
    }),
  );
}
