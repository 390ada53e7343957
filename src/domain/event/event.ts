import { createHash } from 'node:crypto';
import type { Timestamp } from '../instant.ts';
import type { JobState } from '../job/restore-job.ts';
import type { EventKind, Matter, Severity } from './event-kind.ts';
import { EVENT_KINDS } from './event-kinds.ts';
import { type EventSubject, hasLeft } from './subject.ts';

/** Everything a route can ask for. */
export type EventName = keyof typeof EVENT_KINDS;
export const EVENT_NAMES = Object.keys(EVENT_KINDS) as [EventName, ...EventName[]];

type NameAbout<About extends EventKind['about']> = {
  [Name in EventName]: (typeof EVENT_KINDS)[Name]['about'] extends About ? Name : never;
}[EventName];

/** Names of events about a watch, a channel or the audit log itself. */
export type AlertEventName = NameAbout<'watch' | 'channel' | 'audit'>;

/** What lasts once it is told, and so can be told again. */
export const LASTING_EVENTS: readonly EventName[] = EVENT_NAMES.filter(isLasting);

/** The row of an event. */
export function kindOf(name: EventName): EventKind {
  return EVENT_KINDS[name];
}

/** True for what lasts until something ends it; see `EventKind.lasts`. */
export function isLasting(name: EventName): boolean {
  return kindOf(name).lasts !== undefined;
}

/** Which reminder of a thing this is. */
export interface Reminder {
  /** From 1, for each channel that is reminded. */
  number: number;
  /** When the thing was found, and told unless it was muted. */
  since: Timestamp;
}

/**
 * What routes and channels deal in: one thing worth telling. Complete in itself and frozen once stored, so that every attempt on
 * every channel says the same.
 */
export interface WatcherEvent {
  /** The same at every attempt and on every channel. A UUID that sorts by `detectedAt`. */
  id: string;
  name: EventName;
  severity: Severity;
  subject: EventSubject;
  /** One line that can be read on a lock screen. Plain text; holds names that came from Atlas, so escape it. */
  summary: string;
  /** What else is known about it, in a sentence or two: why a watch fails, what is usual. May hold text from Atlas, links removed. */
  note: string | null;
  detectedAt: Timestamp;
  /** When it happened according to Atlas; `detectedAt` where Atlas does not say. */
  occurredAt: Timestamp;
  /** Told again because it lasts; `null` for what is told for the first time. */
  reminder: Reminder | null;
  /** A sample made on purpose (`notify test`), to be marked as such wherever it is shown. */
  test: boolean;
}

/** Severity of an event, which may depend on its job: `expired` after a finish is only news, a finish with warnings is more. */
export function severityOf(
  name: EventName,
  facts: { from?: JobState | null; warnings?: boolean } = {},
): Severity {
  const kind = kindOf(name);
  return (kind.about === 'job' ? kind.severityOf?.(facts) : null) ?? kind.severity;
}

/** The alerts that an event closes where alerts are opened and closed. */
export function closedBy({ name, subject }: Pick<WatcherEvent, 'name' | 'subject'>): readonly Matter[] {
  const kind = kindOf(name);
  if (kind.about === 'job' || !hasLeft(subject)) return kind.closes;
  return [...kind.closes, ...(kind.closesWhenLeft ?? [])];
}

/**
 * False for one that was made on purpose (a sample), is told again (a reminder), or is told only to those who ask for it by name (a
 * checkpoint): none of these is counted as something that came to pass.
 */
export function hasHappened({
  name,
  test,
  reminder,
}: Pick<WatcherEvent, 'name' | 'test' | 'reminder'>): boolean {
  return !test && reminder === null && !isOnlyByName(name);
}

/** True for what a route has to name: `"*"` does not take it. */
export function isOnlyByName(name: EventName): boolean {
  return kindOf(name).onlyByName === true;
}

/**
 * The id of an event: shaped as a version 7 UUID, whose time is `since` and whose other bits are a hash of that and of what the event is
 * about. Give it nothing that hangs on when the event was found: one that the store has lost is found again, and must have the same id,
 * so that receivers can drop the twin.
 * @param since when what the event is about began, as whoever finds it again would say it.
 */
export function eventId(since: Timestamp, about: readonly string[]): string {
  const time = Math.max(0, Math.floor(since)).toString(16).padStart(12, '0').slice(-12);
  const hash = createHash('sha256')
    .update(JSON.stringify([since, ...about]))
    .digest('hex');
  const variant = ((Number.parseInt(hash.slice(3, 4), 16) & 0x3) | 0x8).toString(16);
  return [
    time.slice(0, 8),
    time.slice(8),
    `7${hash.slice(0, 3)}`,
    `${variant}${hash.slice(4, 7)}`,
    hash.slice(7, 19),
  ].join('-');
}
