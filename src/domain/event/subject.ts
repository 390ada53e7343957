import type { DrillReason } from '../drills/drill.ts';
import type { Timestamp } from '../instant.ts';
import type { ExpectedEnd } from '../job/eta.ts';
import { placeKey, type WatchPlace } from '../job/place.ts';
import type { JobKind, JobState, RestoreJob } from '../job/restore-job.ts';
import { isRateLimit } from '../polling/mender.ts';

/** What an event is about. Facts stand only where they mean something. */
export type EventSubject = JobSubject | WatchSubject | ChannelSubject | AuditSubject;

/** The instance that a watch polls. In a watch that looks for its instances, `*` stands for the project or the instance. */
export interface Instance {
  groupId: string;
  kind: JobKind;
  instanceName: string;
}

/** What an event about a job has in common with one about its watch. */
interface Watched {
  /** Name of the watch. */
  watch: string;
  labels: Readonly<Record<string, string>>;
  /** Where the watch polls. A job may name its instance otherwise: Ops Manager polls by id and shows names. */
  instance: Instance;
  /** The project in Atlas's own pages, for a person to open. */
  projectUrl: string | null;
}

/** One restore job, as one watch sees it. */
export interface JobSubject extends Watched {
  kind: 'job';
  job: RestoreJob;
  /** What the job was before; `null` when nothing was known. */
  from: JobState | null;
  /** What it is now; `null` for events that are no change of state. */
  to: JobState | null;
  /** When the job should end, as of this event; `null` unless it is running and something tells. */
  expectedEnd: ExpectedEnd | null;
  /** Nobody saw it; it must have been (a start between two polls). */
  inferred: boolean;
  /** There when it is known and is a milestone: when the last good look before began, at which the job had not reached it. */
  lastLookAt?: Timestamp;
  /** Found long after it happened. */
  late: boolean;
}

/** A watch itself: its polls, or the restores that are expected of it. */
export interface WatchSubject extends Watched, Leaving {
  kind: 'watch';
  /** There when only this part of a `*` watch is meant. */
  place?: WatchPlace;
  /** Why it cannot be polled as it should, in one word (`auth`, `rate_limited`). Absent where that is not the matter, and in older events. */
  reason?: string;
  /** There when it is about a drill: which one, and what of it. Absent in older events. */
  drill?: DrillFacts;
}

/** What an event says of a restore drill. */
export interface DrillFacts {
  /** `null`: `expectRestoreEvery` of the watch. */
  name: string | null;
  /** The restore that counted; `null`: none has. */
  jobId: string | null;
  /** Why it did not go as agreed; empty: it did, or none was run. */
  reasons: readonly DrillReason[];
}

/** A channel that people are told through. */
export interface ChannelSubject extends Leaving {
  kind: 'channel';
  channel: string;
}

/** The audit log itself. */
export interface AuditSubject {
  kind: 'audit';
  /** The name of the log. */
  origin: string;
  /** There when it was signed: how it stood then. */
  checkpoint?: SignedState;
  /** There when somebody has looked at it: the name of the witness, or `audit.checkpoints`. */
  witness?: string;
}

/** A checkpoint, taken apart for those who do not read notes. */
export interface SignedState {
  /** Entries. */
  size: number;
  /** Of the tree over them, in base64. */
  root: string;
  /** The signed note, verbatim. */
  note: string;
}

/** What is only there for a subject of which nothing more will be heard. */
interface Leaving {
  /** It ends because the watch or the channel has left the configuration, or the place has gone from Atlas. */
  left?: true;
}

/** Anything that has a subject: an event, or a part of one. */
interface About {
  subject: EventSubject;
}

/** CloudEvents `source` of what is said about a subject: `/groups/{groupId}/{kind}/{instanceName}` or `/channels/{name}`. */
export function sourceOf(subject: EventSubject): string {
  if (subject.kind === 'channel') return `/channels/${subject.channel}`;
  if (subject.kind === 'audit') return `/audit/${subject.origin}`;
  const { groupId, kind, instanceName } = subject.instance;
  return `/groups/${groupId}/${kind}/${instanceName}`;
}

/** The job that an event is about; `null` for one about a watch or a channel. */
export function jobOf({ subject }: About): RestoreJob | null {
  return subject.kind === 'job' ? subject.job : null;
}

/** Name of the watch that an event belongs to; `null` for one about a channel or the audit log. */
export function watchOf({ subject }: About): string | null {
  return isOfWatch(subject) ? subject.watch : null;
}

/** True for what belongs to a watch. */
export function isOfWatch(subject: EventSubject): subject is JobSubject | WatchSubject {
  return subject.kind === 'job' || subject.kind === 'watch';
}

/** True when nothing more will be heard of the subject. */
export function hasLeft(subject: EventSubject): boolean {
  return (subject.kind === 'watch' || subject.kind === 'channel') && subject.left === true;
}

/** The part of its watch that an event is about; `null` where it is about all of it, or about no watch. */
export function placeOf({ subject }: About): WatchPlace | null {
  return subject.kind === 'watch' ? (subject.place ?? null) : null;
}

/** What an event says of a drill; `null`: nothing. */
export function drillOf({ subject }: About): DrillFacts | null {
  return subject.kind === 'watch' ? (subject.drill ?? null) : null;
}

/** True for an event about a rate limit that is in the way of a watch; what keeps it from being read at all is another matter. */
export function isAboutLimit({ subject }: About): boolean {
  return subject.kind === 'watch' && isRateLimit(subject.reason);
}

/** Names the subject among all others: one job of one watch, one watch or a place of it, one channel, or what a witness says of the log. */
export function subjectKey(subject: EventSubject): string {
  switch (subject.kind) {
    case 'job':
      return JSON.stringify(['job', subject.watch, subject.job.id]);
    case 'watch':
      return JSON.stringify([
        isAboutLimit({ subject }) ? 'limit' : 'watch',
        subject.watch,
        ...(subject.place ? [placeKey(subject.place)] : []),
      ]);
    case 'channel':
      return JSON.stringify(['channel', subject.channel]);
    case 'audit':
      return JSON.stringify(['audit', subject.origin, subject.witness ?? null]);
  }
}
