import { type AuditData, type AuditEntry, parseAuditEntry } from '../audit.ts';

/** Tells which entries of a log are about one job, when it is shown them in their order. */
export interface JobEntries {
  /** The entry of this line when it is about the job: about itself, its events, or who was told of them; else `null`. */
  take(line: string): AuditEntry | null;
}

const EVENT_ID = /"eventId":"([^"]+)"/;

/**
 * Begins with the first entry, or anywhere. Lines that cannot be about the job are not parsed.
 * @param eventIds of events of the job that are known already: some entries name nothing else, and the one that tells whose event it is may not
 *   be shown.
 */
export function createJobEntries(jobId: string, eventIds: readonly string[] = []): JobEntries {
  const events = new Set<unknown>(eventIds);
  const named = JSON.stringify(jobId);
  const isOf = ({ jobId: id, eventId }: AuditData): boolean => id === jobId || events.has(eventId);
  return {
    take: (line) => {
      const eventId = EVENT_ID.exec(line)?.[1];
      if (!line.includes(named) && !events.has(eventId)) return null;
      const entry = parseAuditEntry(line);
      if (entry === null || !isOf(entry.data)) return null;
      if (typeof entry.data.eventId === 'string') events.add(entry.data.eventId);
      return entry;
    },
  };
}
