import { formatSpan, type Timestamp } from '../instant.ts';
import { type ExpectedEnd, expectedEnd, type Usuals } from '../job/eta.ts';
import type { RestoreJob } from '../job/restore-job.ts';
import type { DueReminder, Sight } from '../telling/reminder.ts';
import { channelOf } from './alert.ts';
import { eventId, severityOf, type WatcherEvent } from './event.ts';
import { jobInWords, summarizeJobEvent, summarizeOverdue } from './summary.ts';

/**
 * The event that tells again what lasts: with the facts as they are now, and an id of its own. Channels that have been told of it
 * equally often share the event.
 */
export function reminderEvent(due: DueReminder, sight: Sight, now: Timestamp): WatcherEvent {
  const { first, count, observation } = due;
  const number = count + 1;
  const fault = sight.kind === 'seen' ? sight.fault : null;
  const job = observation?.job ?? first.job;
  return {
    ...first,
    id: eventId(now, [first.id, 'reminder', String(number)]),
    severity: severityOf(first.name),
    labels: sight.kind === 'seen' ? sight.labels : first.labels,
    from: observation?.state ?? null,
    to: null,
    summary: summarize(due, fault?.message ?? null, now),
    note: fault === null ? first.note : noteOf(first, fault),
    detectedAt: now,
    occurredAt: now,
    inferred: false,
    late: false,
    job,
    expectedEnd: job && first.expectedEnd && expectedEnd(job, now, usualsOf(first.expectedEnd, job)),
    reminder: { number, since: first.detectedAt },
  };
}

/** What was usual when it was told first; how far the job has come since is read from the job. */
function usualsOf(eta: ExpectedEnd, { deliveryType }: RestoreJob): Usuals {
  if (eta.basis !== 'history') return new Map();
  const { usualMs, samples } = eta;
  return new Map([[deliveryType, { usualMs, samples }]]);
}

function summarize(due: DueReminder, fault: string | null, now: Timestamp): string {
  const { first, observation, lastFinishedAt } = due;
  const job = observation?.job ?? first.job;
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
      return `Watch ${first.watch} still cannot be polled, ${lasting}${because}`;
    case 'channel_failing':
      return `Channel ${channelOf(first) ?? ''} still fails, ${lasting}`;
    case 'drill_overdue':
      return summarizeOverdue(first.watch, lastFinishedAt === null ? null : now - lastFinishedAt);
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
