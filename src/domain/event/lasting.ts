import type { Timestamp } from '../instant.ts';
import type { Observation, TimeEventName } from '../job/observation.ts';
import type { JobWords } from './job-words.ts';

/** How long something about a job lasts, and how it is told again while it does. */
export interface JobLasting {
  /** True when it is over by what is on record now; `since`: when it was told first. */
  hasEnded: (observation: Observation | null, since: Timestamp) => boolean;
  /** True when it is over by the clock, though Atlas may not say so yet. */
  hasRunOut?: (observation: Observation, at: Timestamp) => boolean;
  /** It holds of a job that cannot be seen. */
  holdsUnseen?: true;
  /** What says the same and more, once it is raised: who is reminded of that is not reminded of this. */
  supersededBy?: TimeEventName;
  /** The line that tells it again; `lasting` is `for 2 h now`. */
  again: (facts: JobWords & { lasting: string }) => string;
}

/** How something about a watch or a channel is told again, while its alert is raised in the store. */
export interface AlertLasting {
  again: (facts: AlertWords) => string;
}

/** An alert in the words of a reminder. */
export interface AlertWords {
  /** The watch or the channel. */
  name: string;
  /** The part of the watch that is meant; `null`: all of it. */
  place: string | null;
  /** The drill that is meant; `null`: none, or `expectRestoreEvery`. */
  drill: string | null;
  /** A rate limit is the matter. */
  isLimited: boolean;
  /** `for 2 h now` */
  lasting: string;
  /** What is wrong now; `null` where nobody can tell. */
  fault: string | null;
  /** How long ago the last restore of the watch finished, in milliseconds; `null`: never on record, or not looked up. */
  sinceFinishedMs: number | null;
}

/** A job that is missing for so long has gone for good. */
const GONE_AFTER_MS = 86_400_000;

function hasGoneForGood({ missingSince }: Observation, at: Timestamp): boolean {
  return missingSince !== null && at - missingSince >= GONE_AFTER_MS;
}

/** Until the job no longer runs, or has gone for good. While it is missing that is told by itself, and nobody can say that it runs. */
export const WHILE_RUNNING = {
  hasEnded: (observation) => observation?.state !== 'in_progress',
  hasRunOut: hasGoneForGood,
} as const satisfies Partial<JobLasting>;

/** Until the download is no longer ready, its link has run out, or it has gone for good. */
export const WHILE_READY = {
  hasEnded: (observation) => observation?.state !== 'ready',
  hasRunOut: (observation, at) => {
    const expiresAt = observation.job?.expiresAt ?? null;
    return (expiresAt !== null && expiresAt <= at) || hasGoneForGood(observation, at);
  },
} as const satisfies Partial<JobLasting>;

/** Until the job is found again, or has been missing for a day; one that went missing anew is told by an event of its own. */
export const WHILE_MISSING = {
  hasEnded: (observation, toldAt) => {
    const since = observation?.missingSince ?? null;
    return since === null || since > toldAt;
  },
  hasRunOut: hasGoneForGood,
  holdsUnseen: true,
} as const satisfies Partial<JobLasting>;
