import type { ExpectedEnd } from '../job/eta.ts';
import { type PublicPlace, publicPlace } from '../job/place.ts';
import type { JobState, RestoreJob } from '../job/restore-job.ts';
import { type DrillFacts, type EventSubject, sourceOf } from './subject.ts';

/**
 * A subject as scripts, webhooks, templates and the audit log have always seen it: every fact for every event, and the empty value
 * (`null`, `''`, `{}`, `false`) where it means nothing.
 */
export interface FlatSubject {
  /** `''` for an event about a channel or the audit log. */
  watch: string;
  labels: Readonly<Record<string, string>>;
  from: JobState | null;
  to: JobState | null;
  inferred: boolean;
  late: boolean;
  job: RestoreJob | null;
  expectedEnd: ExpectedEnd | null;
  /** See `sourceOf`. */
  source: string;
  projectUrl: string | null;
  /** The part of its watch that it is about. */
  place: PublicPlace | null;
  /** What it says of a drill. */
  drill: DrillFacts | null;
}

const NO_JOB = { from: null, to: null, inferred: false, late: false, job: null, expectedEnd: null } as const;

/** Spreads a subject out for those outside, whose form must not change with ours. */
export function flatSubject(subject: EventSubject): FlatSubject {
  const source = sourceOf(subject);
  switch (subject.kind) {
    case 'job': {
      const { watch, labels, from, to, inferred, late, job, expectedEnd, projectUrl } = subject;
      return {
        ...{ watch, labels, from, to, inferred, late, job, expectedEnd, source, projectUrl },
        place: null,
        drill: null,
      };
    }
    case 'watch': {
      const { watch, labels, projectUrl, place, drill = null } = subject;
      return {
        ...{ watch, labels, ...NO_JOB, source, projectUrl },
        ...{ place: place ? publicPlace(place) : null, drill },
      };
    }
    case 'channel':
    case 'audit':
      return { watch: '', labels: {}, ...NO_JOB, source, projectUrl: null, place: null, drill: null };
  }
}
