import type { EventName, WatcherEvent } from './event.ts';
import { formatSpan, type Timestamp, toIso } from './instant.ts';
import { type JobKind, type RestoreJob, shortId } from './restore-job.ts';

/** An event in words, the same for every channel. Plain text throughout: each channel escapes it for where it goes. */
export interface Message {
  /** One line for a lock screen: what happened, to what. */
  title: string;
  /** What it means and what to do now; one or two sentences. */
  advice: string;
  /** Label and value, in reading order. Instants are given apart, so that a channel can show them in the reader's zone. */
  facts: Array<{ label: string; value: string }>;
  times: Array<{ label: string; at: Timestamp }>;
  link: { label: string; url: string } | null;
  /** Small print: how sure we are, and the ids. */
  footnotes: string[];
}

const KIND_LABELS: Record<JobKind, string> = {
  serverless: 'serverless instance',
  flex: 'Flex cluster',
  cluster: 'cluster',
  collection: 'collection restore',
  legacy: 'legacy backup',
};

/** What an event is about, as far as its summary needs it. */
export interface SummaryFacts {
  name: EventName;
  job: RestoreJob;
  detectedAt: Timestamp;
  occurredAt: Timestamp;
}

/** The one line that tells a job's event: `Restore 6080…8293 of orders to orders-copy failed after 14 min`. */
export function summarizeJobEvent({ name, job, occurredAt }: SummaryFacts): string {
  const target = job.targetClusterName === null ? '' : ` to ${job.targetClusterName}`;
  const what = `${isDownload(job) ? 'Download' : 'Restore'} ${shortId(job.id)} of ${job.instanceName}${target}`;
  const after = occurredAt > job.createdAt ? ` after ${formatSpan(occurredAt - job.createdAt)}` : '';
  switch (name) {
    case 'started':
      return `${what} started`;
    case 'ready':
      return `${what} is ready${after}`;
    case 'finished':
      return `${what} finished${job.warnings ? ' with warnings' : ''}${after}`;
    case 'failed':
      return `${what} failed${after}`;
    case 'cancelled':
      return `${what} was cancelled${after}`;
    case 'expired':
      return `${what} expired`;
    case 'missing':
      return `${what} has gone from Atlas before it ended`;
    default:
      return `${what}: ${name}`;
  }
}

/** Puts an event into words. */
export function describeEvent(event: WatcherEvent): Message {
  const { job } = event;
  return {
    title: event.test ? `[TEST] ${event.summary}` : event.summary,
    advice: event.test
      ? 'This is a sample sent on purpose to try the channel. Nothing has happened.'
      : adviceFor(event),
    facts: factsOf(event),
    times: timesOf(event),
    link: event.projectUrl === null ? null : { label: 'Open the project in Atlas', url: event.projectUrl },
    footnotes: [
      ...(event.inferred ? ['Nobody saw it start: it began and ended between two polls.'] : []),
      ...(event.late
        ? [`Found late, ${formatSpan(event.detectedAt - event.occurredAt)} after it happened.`]
        : []),
      ...(job ? [`Job ${job.id}`] : []),
      `Event ${event.id}`,
    ],
  };
}

function adviceFor(event: WatcherEvent): string {
  switch (event.name) {
    case 'started':
      return 'A restore is running. If nobody on your team started it, find out who did: it may be about to overwrite its target.';
    case 'ready':
      return event.job?.expiresAt
        ? 'The download can be fetched from Atlas until its link runs out.'
        : 'The download can be fetched from Atlas now. Its link does not live long.';
    case 'finished':
      return event.job?.warnings
        ? 'The data is back, but not everything is as it was. Check the indexes before you rely on it.'
        : 'The data is back. Nothing to do here.';
    case 'failed':
      return 'The data is not restored. Start another restore, perhaps from another snapshot, and see the activity feed in Atlas for the cause.';
    case 'cancelled':
      return 'Somebody stopped it. The data is not restored; start another one if it is still needed.';
    case 'expired':
      return event.from === 'finished'
        ? 'It had finished before, so the data is where it should be. Nothing to do.'
        : 'It can no longer be used. Start another one if the data is still needed.';
    case 'missing':
      return 'Atlas no longer knows this job, so how it ended cannot be told. Look at the target and at the activity feed in Atlas.';
    default:
      return '';
  }
}

function factsOf(event: WatcherEvent): Message['facts'] {
  const { job } = event;
  const facts: Array<[string, string | null]> = [
    ['State', event.to === null ? null : event.from === null ? event.to : `${event.from} → ${event.to}`],
    ['From', job && `${job.instanceName} (${KIND_LABELS[job.kind]})`],
    ['To', job && (job.targetClusterName ?? (isDownload(job) ? 'download' : null))],
    ['Took', job && event.occurredAt > job.createdAt ? formatSpan(event.occurredAt - job.createdAt) : null],
    ['Atlas says', job?.errorMessage ?? null],
    ['Watch', event.watch],
    [
      'Labels',
      Object.entries(event.labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ') || null,
    ],
    ['Project', job?.groupId ?? null],
    ['Snapshot', job?.snapshotId ?? null],
  ];
  return facts.flatMap(([label, value]) => (value === null ? [] : [{ label, value }]));
}

function timesOf(event: WatcherEvent): Message['times'] {
  const { job } = event;
  const times: Array<[string, Timestamp | null]> = [
    ['Happened', event.occurredAt],
    ['Started', job?.createdAt ?? null],
    ['Snapshot taken', job?.snapshotAt ?? null],
    ['Expires', event.name === 'expired' ? null : (job?.expiresAt ?? null)],
  ];
  return times.flatMap(([label, at]) => (at === null ? [] : [{ label, at }]));
}

function isDownload(job: RestoreJob): boolean {
  return job.deliveryType === 'download';
}

/** The job as scripts see it, in webhooks, over HTTP and from the command line. Instants are ISO 8601. */
export function publicJob(job: RestoreJob): Record<string, unknown> {
  const { reached, createdAt, finishedAt, expiresAt, snapshotAt, ...facts } = job;
  return {
    ...facts,
    createdAt: toIso(createdAt),
    finishedAt: finishedAt === null ? null : toIso(finishedAt),
    expiresAt: expiresAt === null ? null : toIso(expiresAt),
    snapshotAt: snapshotAt === null ? null : toIso(snapshotAt),
    milestones: reached.map(({ milestone, at }) => ({ milestone, at: at === null ? null : toIso(at) })),
  };
}
