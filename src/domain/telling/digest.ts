import assert from 'node:assert/strict';
import { kindOf, type WatcherEvent } from '../event/event.ts';
import { SEVERITIES } from '../event/event-kind.ts';
import { drillOf, subjectKey } from '../event/subject.ts';
import type { Timestamp } from '../instant.ts';

/** What several events come to, for a headline. */
export interface DigestSummary {
  /** `1 failed, 3 finished`: the worst first. */
  counts: string;
  /** What stands first there. */
  worst: WatcherEvent;
  /** When the earliest and the latest of them happened. */
  from: Timestamp;
  to: Timestamp;
}

/** More than there are events. */
const RANKS = 1_000;

/**
 * Counts restores (and watches, and channels) rather than events: each by what was last heard of it, so that one which started and
 * finished has finished. The events are in the order of life, at least one.
 */
export function summarizeDigest(events: readonly WatcherEvent[]): DigestSummary {
  const heard = new Map<string, WatcherEvent>();
  for (const event of events) {
    const matter = matterOf(event);
    if (!isOnlyAfterFinish(event) || !heard.has(matter)) heard.set(matter, event);
  }
  const byWeight = [...heard.values()].toSorted((a, b) => weightOf(a) - weightOf(b));
  const [worst] = byWeight;
  assert(worst, 'a digest of nothing');
  const times = events.map(({ occurredAt }) => occurredAt);
  return {
    counts: [...Map.groupBy(byWeight, wordsOf)].map(([words, { length }]) => `${length} ${words}`).join(', '),
    worst,
    from: Math.min(...times),
    to: Math.max(...times),
  };
}

/** A job of a watch; or the watch or channel itself, its drills apart from its polls. */
function matterOf({ name, subject }: WatcherEvent): string {
  const key = subjectKey(subject);
  const drill = drillOf({ subject });
  if (drill === null) return kindOf(name).opens === 'drill' ? `drill ${key}` : key;
  return `drill ${drill.name ?? ''} ${key}`;
}

/** That what had finished has run out changes nothing for anybody. */
function isOnlyAfterFinish({ name, subject }: WatcherEvent): boolean {
  return name === 'expired' && subject.kind === 'job' && subject.from === 'finished';
}

function wordsOf({ name, severity }: WatcherEvent): string {
  const { words, wordsAsWarning = words } = kindOf(name).inDigest;
  return severity === 'warning' ? wordsAsWarning : words;
}

/** The smallest comes first. */
function weightOf({ name, severity }: WatcherEvent): number {
  return -SEVERITIES.indexOf(severity) * RANKS + kindOf(name).inDigest.rank;
}
