import type { JobState, Milestone } from '../job/restore-job.ts';
import type { JobWords } from './job-words.ts';
import type { AlertLasting, JobLasting } from './lasting.ts';
import type { JobSubject } from './subject.ts';

/** How much an event matters, from news to what somebody has to act on at once. */
export const SEVERITIES = ['info', 'warning', 'critical'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** What may be wrong with a subject. Each is an alert of its own where alerts are opened and closed; a job has three, a watch has two, of which `polling` may be open twice: for what cannot be read, and for a rate limit. */
export type Matter = 'outcome' | 'progress' | 'absence' | 'polling' | 'drill' | 'channel' | 'audit';

/** All that holds for every event of one name: a row of `EVENT_KINDS`. */
export type EventKind = JobEventKind | AlertEventKind;

interface AnyKind {
  severity: Severity;
  /** What has been wrong is well again, or went well: shown in green. */
  isRelief?: true;
  /** Which mutes keep it from people: `any` over its watch, those that name the event, or none. */
  mutedBy: 'any' | 'name' | 'none';
  /** The alert that it opens when it is more than news. */
  opens: Matter | null;
  /** The alerts that it closes. */
  closes: readonly Matter[];
  /** How a digest counts it. Within one severity the lowest rank comes first. */
  inDigest: { rank: number; words: string; wordsAsWarning?: string };
  /** It is no news about restores: a route takes it that names it, `"*"` does not, and it is not counted as something that has happened. */
  onlyByName?: true;
  /** What a note with it is. Default: `Note`. */
  noteLabel?: string;
}

/** What holds for every event of one name that is about a job. */
export interface JobEventKind extends AnyKind {
  about: 'job';
  /** In place of `severity`, for some jobs. */
  severityOf?: (facts: { from?: JobState | null; warnings?: boolean }) => Severity | null;
  /** The one line that tells it. */
  summary: (facts: JobWords) => string;
  /** What it means and what to do now. */
  advice: (subject: JobSubject) => string;
  /** Which span is told: until it happened, until the job finished, or how long it is running (`again`: only in a reminder). */
  span: 'took' | 'took_to_finish' | 'running' | 'running_again' | null;
  /** The time of the job that is the event's own, and need not be told twice. */
  happensAt?: 'createdAt' | 'expiresAt';
  /** It says when the job should end. */
  saysExpectedEnd?: true;
  /** There when it lasts: what ends it, and how it is told again. */
  lasts?: JobLasting;
  sample: JobSample;
}

/** What holds for every event of one name that is about a watch, a channel or the audit log itself. */
export interface AlertEventKind extends AnyKind {
  about: 'watch' | 'channel' | 'audit';
  /** The one line that tells it; each takes the facts that it needs. */
  summary: (facts: never) => string;
  /** What it means and what to do now. */
  advice: string;
  /** In place of `advice`, where a rate limit is the matter. */
  adviceWhenLimited?: string;
  /** In place of `advice`, where it ends because what it is about has left. */
  adviceWhenLeft?: string;
  /** The alerts that it closes besides, where what it is about has left. */
  closesWhenLeft?: readonly Matter[];
  /** There when it lasts until what raised it is cleared in the store: how it is told again. */
  lasts?: AlertLasting;
  /** The line of a sample, given the name of the watch, the channel or the log. */
  sample: (name: string) => string;
}

/** What the invented job of a sample looks like. */
interface JobSample {
  from: JobState | null;
  /** What it has reached after its start; `null`: it runs. */
  outcome: Exclude<Milestone, 'started'> | null;
  /** It says who began it. */
  actor?: true;
  /** Makes a download whose link runs out at this distance from now, in milliseconds. Absent: a restore into a cluster. */
  linkEndsInMs?: number;
  /** What is usual, in milliseconds, for one that says when it should end. */
  usualMs?: number;
}
