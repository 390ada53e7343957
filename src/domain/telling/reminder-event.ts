import { eventId, kindOf, severityOf, type WatcherEvent } from '../event/event.ts';
import { jobWords } from '../event/job-words.ts';
import {
  drillOf,
  type EventSubject,
  isAboutLimit,
  isOfWatch,
  type JobSubject,
  placeOf,
} from '../event/subject.ts';
import { formatSpan, type Timestamp } from '../instant.ts';
import { type ExpectedEnd, expectedEnd, type Usuals } from '../job/eta.ts';
import { placeWords } from '../job/place.ts';
import type { RestoreJob } from '../job/restore-job.ts';
import type { DueReminder, Visibility } from './due-reminder.ts';

/**
 * The event that tells again what lasts: with the facts as they are now, and an id of its own. Channels that have been told of it
 * equally often, and are reminded at the same time, share the event; see `sharedBy`.
 */
export function reminderEvent(due: DueReminder, visibility: Visibility, now: Timestamp): WatcherEvent {
  const { first, count } = due;
  const number = count + 1;
  const fault = visibility.kind === 'seen' ? visibility.fault : null;
  return {
    ...first,
    id: eventId(first.detectedAt, [first.id, 'reminder', String(number)]),
    severity: severityOf(first.name),
    subject: subjectNow(first.subject, due, visibility, now),
    summary: summarize(due, fault?.message ?? null, now),
    note: fault === null ? first.note : noteOf(first, fault),
    detectedAt: now,
    occurredAt: now,
    reminder: { number, since: first.detectedAt },
  };
}

/** The reminder as these channels get it: others are told the same another time, by an event of their own. */
export function sharedBy(
  reminder: WatcherEvent,
  first: WatcherEvent,
  channels: readonly string[],
): WatcherEvent {
  return { ...reminder, id: eventId(first.detectedAt, [reminder.id, ...channels.toSorted()]) };
}

/** What the event is about, as it is now. */
function subjectNow(
  subject: EventSubject,
  { observation }: DueReminder,
  visibility: Visibility,
  now: Timestamp,
): EventSubject {
  if (!isOfWatch(subject)) return subject;
  const labels = visibility.kind === 'seen' ? visibility.labels : subject.labels;
  if (subject.kind === 'watch') return { ...subject, labels };
  const job = observation?.job ?? subject.job;
  const { lastLookAt: _ofTheFirst, ...rest } = subject;
  return {
    ...rest,
    labels,
    job,
    from: observation?.state ?? null,
    to: null,
    expectedEnd: endNow(subject, job, now),
    inferred: false,
    late: false,
  };
}

function endNow({ expectedEnd: told }: JobSubject, job: RestoreJob, now: Timestamp): ExpectedEnd | null {
  return told && expectedEnd(job, now, usualsOf(told, job));
}

/** What was usual when it was told first; how far the job has come since is read from the job. */
function usualsOf(eta: ExpectedEnd, { deliveryType }: RestoreJob): Usuals {
  if (eta.basis !== 'history') return new Map();
  const { usualMs, samples } = eta;
  return new Map([[deliveryType, { usualMs, samples }]]);
}

function summarize(
  { first, observation, lastFinishedAt }: DueReminder,
  fault: string | null,
  now: Timestamp,
): string {
  const { subject } = first;
  const kind = kindOf(first.name);
  const lasting = `for ${formatSpan(now - first.detectedAt)} now`;
  if (kind.about === 'job') {
    if (subject.kind !== 'job' || kind.lasts === undefined) return first.summary;
    return kind.lasts.again({ ...jobWords(observation?.job ?? subject.job, now), lasting });
  }
  if (subject.kind === 'job' || subject.kind === 'audit' || kind.lasts === undefined) return first.summary;
  const name = subject.kind === 'channel' ? subject.channel : subject.watch;
  const sinceFinishedMs = lastFinishedAt === null ? null : now - lastFinishedAt;
  const place = placeOf(first);
  return kind.lasts.again({
    name,
    place: place && placeWords(place),
    drill: drillOf(first)?.name ?? null,
    isLimited: isAboutLimit(first),
    lasting,
    fault,
    sinceFinishedMs,
  });
}

/** A watch's fault stands in its summary and leaves room for the hint; a channel's is what its receiver said. */
function noteOf(
  { name, note }: WatcherEvent,
  fault: { message: string; hint: string | null },
): string | null {
  return kindOf(name).about === 'channel' ? fault.message || note : fault.hint;
}
