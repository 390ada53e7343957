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
  /** `for 2 h now` */
  lasting: string;
  /** What is wrong now; `null` where nobody can tell. */
  fault: string | null;
  /** How long ago the last restore of the watch finished, in milliseconds; `null`: never on record, or not looked up. */
  sinceFinishedMs: number | null;
}

/** Until the job no longer runs, or is missing: that is told by itself, and nobody can say any more that the job runs. */
export const WHILE_RUNNING = {
  hasEnded: (observation) => observation?.state !== 'in_progress' || observation.missingSince !== null,
} as const satisfies Partial<JobLasting>;

/** Until the download is no longer ready, its link has run out, or it is missing. */
export const WHILE_READY = {
  hasEnded: (observation) => observation?.state !== 'ready' || observation.missingSince !== null,
  hasRunOut: ({ job }, at) => job !== null && job.expiresAt !== null && job.expiresAt <= at,
} as const satisfies Partial<JobLasting>;

/** A job that is missing for so long has gone for good. */
const GONE_AFTER_MS = 86_400_000;

/** Until the job is found again, or has been missing for a day; one that went missing anew is told by an event of its own. */
export const WHILE_MISSING = {
  hasEnded: (observation, toldAt) => {
    const since = observation?.missingSince ?? null;
    return since === null || since > toldAt;
  },
  hasRunOut: ({ missingSince }, at) => missingSince !== null && at - missingSince >= GONE_AFTER_MS,
  holdsUnseen: true,
} as const satisfies Partial<JobLasting>;
