import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AuditKind, parseAuditEntry } from '../../../domain/audit.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import type { AuditReader } from '../../../store/ports/audit.ts';

/** When the audit log has grown by more entries than this since the last look, they are not read: reading all anew takes no longer. */
const MOST_ENTRIES = 2_000;
/** So many are read at once; they hold up the event loop for a few milliseconds. */
const PORTION = 100;
/** Every job that is recorded, anew or for the first time, has an entry of this kind, also where no event tells of it. */
const CHANGED: AuditKind = 'observation.changed';

/** A job as one watch sees it. */
export type JobName = Pick<Observation, 'watch' | 'jobId'>;

/** What the entries of the audit log are about that have come. */
export interface News {
  /** Jobs that were recorded anew. */
  changed: readonly JobName[];
  /** Jobs and events that are named, because something became of them or of what is told of them. */
  jobIds: ReadonlySet<string>;
  eventIds: ReadonlySet<string>;
}

/** Nothing has come. */
export const NO_NEWS: News = { changed: [], jobIds: new Set(), eventIds: new Set() };

/** Follows the audit log, so that only that is read again which may have changed. */
export interface LogNews {
  /**
   * What is in the entries since the last time, up to the one with this number. What is recorded meanwhile has a later entry.
   * @returns `null` when that cannot be told, and anything may have changed: the first time, after too many entries, or where the store was
   *   put back to an earlier state.
   * @throws {StoreError} and the next time begins where this one did.
   */
  read(entries: number): Promise<News | null>;
  /** To be called when what it said could not be acted on: the next time, anything may have changed. */
  forget(): void;
}

/** Begins with what is there when it is asked for the first time. */
export function followLog(store: Pick<AuditReader, 'readAuditLines'>): LogNews {
  let followedTo: number | null = null;
  return {
    read: async (entries) => {
      const from = followedTo;
      const grownBy = from === null ? Number.NaN : entries - from;
      if (grownBy === 0) return NO_NEWS;
      const news =
        from !== null && grownBy > 0 && grownBy <= MOST_ENTRIES ? await readNews(store, from, entries) : null;
      followedTo = entries;
      return news;
    },
    forget: () => {
      followedTo = null;
    },
  };
}

async function readNews(
  store: Pick<AuditReader, 'readAuditLines'>,
  from: number,
  entries: number,
): Promise<News> {
  const changed: JobName[] = [];
  const jobIds = new Set<string>();
  const eventIds = new Set<string>();
  for (let seq = from; seq < entries; await nextTurn()) {
    const lines = await store.readAuditLines(seq, Math.min(PORTION, entries - seq));
    for (const { body } of lines) {
      const entry = parseAuditEntry(body);
      const { watch, jobId, eventId } = entry?.data ?? {};
      if (typeof eventId === 'string') eventIds.add(eventId);
      if (typeof jobId !== 'string') continue;
      jobIds.add(jobId);
      if (entry?.kind === CHANGED && typeof watch === 'string') changed.push({ watch, jobId });
    }
    seq = lines.at(-1)?.seq ?? entries;
  }
  return { changed, jobIds, eventIds };
}
