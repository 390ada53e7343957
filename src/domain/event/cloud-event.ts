import { toIso } from '../instant.ts';
import { publicJob } from '../job/public-job.ts';
import { kindOf, type WatcherEvent } from './event.ts';
import { flatSubject } from './flat-subject.ts';
import { pageUrlOf } from './links.ts';
import { titleOf } from './message.ts';
import { happenedAfter } from './undated.ts';

/** CloudEvents 1.0 in structured JSON. https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md */
export interface CloudEvent {
  specversion: '1.0';
  id: string;
  source: string;
  /** The job's id, or the watch's name; absent for what is about neither. */
  subject?: string;
  type: string;
  time: string;
  datacontenttype: 'application/json';
  data: Readonly<Record<string, unknown>>;
}

/**
 * The event as a webhook receives it: the same text at every attempt. `data.test` is there only in a sample, `data.reminder` (from 1)
 * only in a reminder, `data.occurredAfter` only where the time is not known and a good look before is, `data.job` and `data.expectedEnd` only when there is one, `data.place` only where a part of a `*` watch is meant,
 * `data.drill` only in what is told of a restore drill, `data.log`, `data.checkpoint` and `data.witness` only where it is about the audit log,
 * `data.pageUrl` only with a `publicUrl`: where people reach the page, without a slash at its end.
 */
export function toCloudEvent(event: WatcherEvent, publicUrl: string | null = null): CloudEvent {
  const { watch, labels, from, to, inferred, late, job, expectedEnd, source, place, drill } = flatSubject(
    event.subject,
  );
  const subject = job?.id ?? watch;
  const after = happenedAfter(event);
  return {
    specversion: '1.0',
    id: event.id,
    // A URI reference: names may hold what has to be encoded there.
    source: encodeURI(source.toWellFormed()),
    ...(subject === '' ? {} : { subject }),
    type: `restore-watcher.${kindOf(event.name).about}.${event.name}`,
    time: toIso(event.occurredAt),
    datacontenttype: 'application/json',
    data: {
      event: event.name,
      severity: event.severity,
      watch,
      ...(place ? { place } : {}),
      ...(drill ? { drill } : {}),
      labels,
      from,
      to,
      summary: titleOf(event),
      detectedAt: toIso(event.detectedAt),
      occurredAt: toIso(event.occurredAt),
      ...(after === null ? {} : { occurredAfter: toIso(after) }),
      inferred,
      late,
      ...(event.note === null ? {} : { note: event.note }),
      ...(expectedEnd ? { expectedEnd: toIso(expectedEnd.at), expectedEndBasis: expectedEnd.basis } : {}),
      ...(event.reminder ? { reminder: event.reminder.number } : {}),
      ...(event.test ? { test: true } : {}),
      ...(publicUrl === null ? {} : { pageUrl: pageUrlOf(event, publicUrl) }),
      ...(job ? { job: publicJob(job) } : {}),
      ...auditOf(event),
    },
  };
}

function auditOf({ subject }: WatcherEvent): Readonly<Record<string, unknown>> {
  if (subject.kind !== 'audit') return {};
  const { origin, checkpoint, witness } = subject;
  return { log: origin, ...(checkpoint ? { checkpoint } : {}), ...(witness ? { witness } : {}) };
}
