import { createHash } from 'node:crypto';
import { closedBy, kindOf, type WatcherEvent } from '../../domain/event/event.ts';
import type { Matter, Severity } from '../../domain/event/event-kind.ts';
import { EXPLAIN_LABEL, type Message } from '../../domain/event/message.ts';
import { drillOf, isAboutLimit, jobOf, placeOf, sourceOf, watchOf } from '../../domain/event/subject.ts';
import { toIso } from '../../domain/instant.ts';
import { publicPlace } from '../../domain/job/place.ts';
import { assertNever } from '../../domain/job/restore-job.ts';
import { shorten } from '../../domain/shorten.ts';
import type { Told } from '../teller.ts';

/**
 * One request to the Events API v2, without its routing key. `acknowledge` is left to people: nothing the watcher sees means that
 * somebody has taken the matter in hand. https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
 */
export type PagerDutyEvent = PagerDutyTrigger | { event_action: 'resolve'; dedup_key: string };

interface PagerDutyTrigger {
  event_action: 'trigger';
  dedup_key: string;
  payload: {
    summary: string;
    source: string;
    severity: Severity;
    timestamp: string;
    component?: string;
    group?: string;
    class: string;
    custom_details: Readonly<Record<string, string>>;
  };
  client: string;
  links: Array<{ href: string; text: string }>;
}

/**
 * Published limits: 255 characters for the key, 1,024 for the summary (the page above), 512 KB for the whole
 * (https://developer.pagerduty.com/docs/events-api-v2/overview/#size-limits). Two dozen details of 2,000 characters stay well below.
 */
const KEY_LIMIT = 255;
const SUMMARY_LIMIT = 1_024;
const FIELD_LIMIT = 255;
const DETAIL_LIMIT = 2_000;

/**
 * Decides what PagerDuty is to be told of an event: nothing, or up to five requests, to be sent in this order. Sending them again changes
 * nothing: a trigger joins the alert that is open, and a resolve of what is closed is dropped.
 *
 * How a job ended is an alert of its own: PagerDuty keeps silent about new triggers of one that somebody has acknowledged, and whoever
 * acknowledged a slow restore still has to be woken when it fails. Nothing that Atlas tells undoes an outcome, so a person closes it.
 *
 * A sample opens an alert of the least severity and closes it at once: it shows that the way is open, and must not stand there as an
 * incident that somebody is called for again and again.
 */
export function pagerDutyEvents(told: Told): PagerDutyEvent[] {
  const { event } = told;
  const { opens } = kindOf(event.name);
  const closes = closedBy(event);
  const opened = opens !== null && event.severity !== 'info' ? [opens] : [];
  const closed = event.test ? [...opened, ...closes] : closes;
  return [
    ...opened.map((matter) => triggerOf(told, keyOf(event, matter))),
    ...closed.map((matter) => ({ event_action: 'resolve' as const, dedup_key: keyOf(event, matter) })),
  ];
}

/** A sample has keys of its own, so that it neither opens nor closes what is real. */
function keyOf(event: WatcherEvent, matter: Matter): string {
  const key = [event.test ? 'restore-watcher-test' : 'restore-watcher', ...namesOf(event, matter)]
    .map((name) => name.toWellFormed())
    .join('/');
  if (key.length <= KEY_LIMIT) return key;
  // Cutting alone would give two long names one key.
  const hash = createHash('sha256').update(key).digest('hex');
  return `${shorten(key, KEY_LIMIT - hash.length - 1)}#${hash}`;
}

function namesOf(event: WatcherEvent, matter: Matter): string[] {
  const job = jobOf(event);
  const watch = watchOf(event) ?? '';
  switch (matter) {
    case 'outcome':
    case 'progress':
    case 'absence':
      // Of the job alone, so that two watches that see the same job raise one alert.
      return job === null
        ? ['watch', watch, matter]
        : ['job', job.groupId, job.kind, job.instanceName, job.id, matter];
    case 'polling': {
      const place = placeOf(event);
      const limit = isAboutLimit(event) ? ['limit'] : [];
      return ['watch', watch, matter, ...limit, ...(place ? Object.values(publicPlace(place)) : [])];
    }
    case 'drill': {
      const place = placeOf(event);
      const name = drillOf(event)?.name ?? null;
      return [
        ...['watch', watch, matter],
        ...(place ? Object.values(publicPlace(place)) : []),
        ...(name === null ? [] : [name]),
      ];
    }
    case 'channel':
      // `/channels/{name}`, of the channel that fails and not of the one that tells.
      return [sourceOf(event.subject).replace(/^\//, '')];
    case 'audit':
      return [...sourceOf(event.subject).replace(/^\//, '').split('/'), witnessOf(event)];
    default:
      return assertNever(matter);
  }
}

/** What one witness says of the log is an alert of its own. */
function witnessOf({ subject }: WatcherEvent): string {
  return subject.kind === 'audit' ? (subject.witness ?? '') : '';
}

function triggerOf({ event, message, headline }: Told, dedupKey: string): PagerDutyTrigger {
  const job = jobOf(event);
  const watch = watchOf(event) ?? '';
  const component = job?.targetClusterName ?? job?.instanceName ?? '';
  return {
    event_action: 'trigger',
    dedup_key: dedupKey,
    payload: {
      summary: shorten(headline ?? message.title, SUMMARY_LIMIT),
      source: shorten(sourceOf(event.subject), FIELD_LIMIT),
      severity: event.test ? 'info' : event.severity,
      timestamp: toIso(event.occurredAt),
      ...(component === '' ? {} : { component: shorten(component, FIELD_LIMIT) }),
      ...(watch === '' ? {} : { group: shorten(watch, FIELD_LIMIT) }),
      class: event.name,
      custom_details: detailsOf(message),
    },
    client: 'restore-watcher',
    links: message.links.map(({ url, label }) => ({ href: url, text: label })),
  };
}

/** Everything the other channels show. PagerDuty shows it as text, so nothing has to be escaped. */
function detailsOf({
  advice,
  facts,
  times,
  footnotes,
  details,
  ids,
  explain,
}: Message): Record<string, string> {
  const entries = [
    ['What now', advice],
    ...facts.map(({ label, value }) => [label, value]),
    ...times.map(({ label, at }) => [label, toIso(at)]),
    ...(footnotes.length > 0 ? [['Note', footnotes.join(' ')]] : []),
    ...[...details, ...ids].map(({ label, value }) => [label, value]),
    ...(explain === null ? [] : [[EXPLAIN_LABEL, explain]]),
  ];
  return Object.fromEntries(entries.map(([label = '', value = '']) => [label, shorten(value, DETAIL_LIMIT)]));
}
