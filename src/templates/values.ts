import type { WatcherEvent } from '../domain/event/event.ts';
import { flatSubject } from '../domain/event/flat-subject.ts';
import { linksOf, pageUrlOf } from '../domain/event/links.ts';
import { describeEvent } from '../domain/event/message.ts';
import { happenedAfter } from '../domain/event/undated.ts';
import { toIso, toIsoOrNull } from '../domain/instant.ts';
import { publicJob } from '../domain/job/public-job.ts';
import { oneLine } from '../domain/one-line.ts';

/** The channel, as far as a template may know it: no address and no credential. */
export interface ChannelFacts {
  name: string;
  type: string;
  /** IANA zone; `null`: UTC alone. */
  timeZone: string | null;
}

/**
 * What a template can speak of: nothing else is within its reach. Plain data, made anew for each event; every text is one line.
 * Instants are ISO 8601 (filter `time`); what is not known is absent or `null` and comes out empty.
 *
 * | name | holds |
 * |---|---|
 * | `event` | `id`, `name` (`failed`…), `severity` (`info`, `warning`, `critical`), `watch`, `labels.NAME`, `summary`, `note`, `from`, `to`, `detectedAt`, `occurredAt`, `occurredAfter` (the last good look before, where nobody knows when it happened), `expectedEnd`, `reminder` (its number, from 1; `null` for what is told first), `place.groupId` and `place.instanceName` (where a part of a `*` watch is meant); true or false: `inferred`, `late`, `test` |
 * | `job` | absent for an event about a watch or a channel. The job as a webhook gives it: `id`, `kind`, `groupId`, `instanceName`, `state`, `deliveryType`, `snapshotId`, `snapshotAt`, `targetGroupId`, `targetClusterName`, `targetGroupName`, `createdAt`, `finishedAt`, `expiresAt`, `warnings`, `errorMessage`, `progress.done`, `progress.total`, `batchId`, `milestones`, `actor` (who began it: `id`, `name`, `address`, `confidence`; absent while that is not known) |
 * | `message` | the words of the built-in message: `title`, `advice`; lists of `label` and `value`: `facts`, `details`, `ids`; `times`, a list of `label` and `at`; `link.label`, `link.url` (the project in Atlas); `footnotes`, a list of texts; `explain`, the command that says who was told and why |
 * | `pageUrl` | where the page tells of it: the address of the restore or, for what is about none, of the page itself; `null` where `server.publicUrl` is not set |
 * | `channel` | `name`, `type`, `timeZone` |
 */
export type TemplateValues = Readonly<Record<string, unknown>>;

/** `publicUrl`: where people reach the page, without a slash at its end; `null`: nobody has told. */
export function valuesOf(
  event: WatcherEvent,
  channel: ChannelFacts,
  publicUrl: string | null,
): TemplateValues {
  const { id, name, severity, summary, note, test } = event;
  const { watch, labels, from, to, inferred, late, job, expectedEnd, place } = flatSubject(event.subject);
  // The words of the real thing: that a sample is one is said around what the template says.
  const { title, advice, facts, details, ids, times, footnotes, explain } = describeEvent({
    ...event,
    test: false,
  });
  const [link = null] = linksOf(event, null).map(({ label, url }) => ({ label, url }));
  const labelled = (list: typeof facts) => list.map(({ label, value }) => ({ label, value }));
  const values = {
    event: {
      ...{ id, name, severity, watch, labels, summary, note, from, to, inferred, late, test, place },
      detectedAt: toIso(event.detectedAt),
      occurredAt: toIso(event.occurredAt),
      occurredAfter: toIsoOrNull(happenedAfter(event)),
      expectedEnd: toIsoOrNull(expectedEnd?.at ?? null),
      reminder: event.reminder?.number ?? null,
    },
    job: job && publicJob(job),
    message: {
      ...{ title, advice, link, footnotes, explain },
      facts: labelled(facts),
      details: labelled(details),
      ids: labelled(ids),
      times: times.map(({ label, at }) => ({ label, at: toIso(at) })),
    },
    pageUrl: publicUrl === null ? null : pageUrlOf(event, publicUrl),
    channel: { name: channel.name, type: channel.type, timeZone: channel.timeZone },
  };
  return onOneLineEach(values) as typeof values;
}

function onOneLineEach(value: unknown): unknown {
  if (typeof value === 'string') return oneLine(value);
  if (Array.isArray(value)) return value.map(onOneLineEach);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, onOneLineEach(child)]));
}

/** The names that `valuesOf` gives, so that a slip in a template is a fault and not a gap. `null`: whatever is below it. */
export type Names = { readonly [name: string]: Names | null };

const named = (...names: string[]): Names => Object.fromEntries(names.map((name) => [name, null]));

export const KNOWN_NAMES: Names = {
  event: {
    ...named('id', 'name', 'severity', 'watch', 'labels', 'summary', 'note', 'from', 'to'),
    ...named(
      'detectedAt',
      'occurredAt',
      'occurredAfter',
      'expectedEnd',
      'reminder',
      'inferred',
      'late',
      'test',
    ),
    place: named('groupId', 'instanceName'),
  },
  job: {
    ...named('id', 'kind', 'groupId', 'instanceName', 'state', 'deliveryType', 'snapshotId', 'snapshotAt'),
    ...named(
      'targetGroupId',
      'targetClusterName',
      'targetGroupName',
      'createdAt',
      'finishedAt',
      'expiresAt',
      'warnings',
    ),
    ...named('errorMessage', 'batchId', 'milestones'),
    progress: named('done', 'total'),
    actor: named('id', 'name', 'address', 'confidence'),
  },
  message: {
    ...named('title', 'advice', 'facts', 'details', 'ids', 'times', 'footnotes', 'explain'),
    link: named('label', 'url'),
  },
  pageUrl: null,
  channel: named('name', 'type', 'timeZone'),
};
