import { parseInstant, type Timestamp, toIso } from '../domain/instant.ts';
import type { Observation } from '../domain/job/observation.ts';
import { isUnfinished } from '../domain/job/restore-job.ts';
import type { WatchReport } from './status/report.ts';

/** What a badge says of a watch. */
export interface Badge {
  label: string;
  words: string;
  tone: 'fine' | 'warning' | 'bad' | 'unknown';
}

/** What another replica sees was told so many periods ago at most, and no longer ago than that: else nobody knows. */
const FRESH_PERIODS = 3;
const FRESH_MS = 180_000;

/**
 * Says whether a watch sees, and how its last restore ended.
 * @param latest the job of the watch that began last of those that have ended; `null`: none is known.
 */
export function badgeOf(report: WatchReport, latest: Observation | null, now: Timestamp): Badge {
  const { words, tone } = sightOf(report, now);
  return { label: report.watch, words: `${words}, ${restoreWords(latest)}`, tone };
}

function sightOf(report: WatchReport, now: Timestamp): Pick<Badge, 'words' | 'tone'> {
  switch (report.sight) {
    case 'sees':
      return { words: 'sees', tone: 'fine' };
    case 'partly_blind':
      return { words: 'partly blind', tone: 'warning' };
    case 'blind':
      return { words: 'blind', tone: 'bad' };
    case 'starting':
      return { words: 'starting', tone: 'unknown' };
    case 'unwatched':
      return { words: 'not watched', tone: 'bad' };
    case 'elsewhere': {
      const at = report.lastSuccessAt === null ? null : parseInstant(report.lastSuccessAt);
      const isFresh = at !== null && now - at <= Math.max(FRESH_MS, FRESH_PERIODS * (report.periodMs ?? 0));
      return isFresh ? { words: 'sees', tone: 'fine' } : { words: 'not seen lately', tone: 'warning' };
    }
  }
}

function restoreWords(latest: Observation | null): string {
  if (latest === null || isUnfinished(latest.state)) return 'no restore yet';
  const at = latest.job?.finishedAt ?? latest.changedAt;
  return `last restore ${latest.state} ${toIso(at).slice(0, 16).replace('T', ' ')} UTC`;
}
