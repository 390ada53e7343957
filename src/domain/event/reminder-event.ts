import { formatSpan, type Timestamp } from '../instant.ts';
import { type ExpectedEnd, expectedEnd, type Usuals } from '../job/eta.ts';
import type { RestoreJob } from '../job/restore-job.ts';
import type { DueReminder, Sight } from '../telling/reminder.ts';
import { eventId, severityOf, type WatcherEvent } from './event.ts';
import { type EventSubject, type JobSubject, jobOf, watchOf } from './subject.ts';
import { jobInWords, summarizeJobEvent, summarizeOverdue } from './summary.ts';

/**
 * The event that tells again what lasts: with the facts as they are now, and an id of its own. Channels that have been told of it
 * equally often share the event.
 */
export function reminderEvent(due: DueReminder, sight: Sight, now: Timestamp): WatcherEvent {
  const { first, count } = due;
  const number = count + 1;
  const fault = sight.kind === 'seen' ? sight.fault : null;
  return {
    ...first,
    id: eventId(now, [first.id, 'reminder', String(number)]),
    severity: severityOf(first.name),
    subject: subjectNow(first.subject, due, sight, now),
    summary: summarize(due, fault?.message ?? null, now),
    note: fault === null ? first.note : noteOf(first, fault),
    detectedAt: now,
    occurredAt: now,
    reminder: { number, since: first.detectedAt },
  };
}

/** What the event is about, as it is now. */
function subjectNow(
  subject: EventSubject,
  { observation }: DueReminder,
  sight: Sight,
  now: Timestamp,
): EventSubject {
  if (subject.kind === 'channel') return subject;
  const labels = sight.kind === 'seen' ? sight.labels : subject.labels;
  if (subject.kind === 'watch') return { ...subject, labels };
  const job = observation?.job ?? subject.job;
  return {
    ...subject,
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

function summarize(due: DueReminder, fault: string | null, now: Timestamp): string {
  const { first, observation, lastFinishedAt } = due;
  const job = observation?.job ?? jobOf(first);
  const lasting = `for ${formatSpan(now - first.detectedAt)} now`;
  const because = fault ? `: ${fault}` : '';
  switch (first.name) {
    case 'started':
    case 'stalled':
      return job ? summarizeJobEvent({ name: 'stalled', job, occurredAt: now }) : first.summary;
    case 'expiring':
      return job ? summarizeJobEvent({ name: 'expiring', job, occurredAt: now }) : first.summary;
    case 'missing':
      return job ? `${jobInWords(job)} is still missing from Atlas, ${lasting}` : first.summary;
    case 'watch_failing':
      return `Watch ${watchOf(first)} still cannot be polled, ${lasting}${because}`;
    case 'channel_failing':
      return `Channel ${first.subject.kind === 'channel' ? first.subject.channel : ''} still fails, ${lasting}`;
    case 'drill_overdue':
      return summarizeOverdue(watchOf(first) ?? '', lastFinishedAt === null ? null : now - lastFinishedAt);
    default:
      return first.summary;
  }
}

/** A watch's fault stands in its summary and leaves room for the hint; a channel's is what its receiver said. */
function noteOf(
  { name, note }: WatcherEvent,
  fault: { message: string; hint: string | null },
): string | null {
  return name === 'channel_failing' ? fault.message || note : fault.hint;
}
