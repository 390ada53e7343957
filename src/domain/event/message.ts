import { formatSpan, type Timestamp, toIso } from '../instant.ts';
import type { ExpectedEnd } from '../job/eta.ts';
import { isDownload, type JobKind, type JobState } from '../job/restore-job.ts';
import type { EventName, WatcherEvent } from './event.ts';
import { jobOf } from './subject.ts';

/** An event in words, the same for every channel. Plain text, each value one line: each channel escapes it for where it goes. */
export interface Message {
  /** One line for a lock screen: what happened, to what. */
  title: string;
  /** What it means and what to do now; one or two sentences, none of them from Atlas. */
  advice: string;
  /** What happened: label and value, in reading order. */
  facts: Fact[];
  /** Where it belongs: the watch, its labels, the project, the snapshot. */
  details: Fact[];
  /** Instants are given apart, so that a channel can show them in the reader's zone. What happened comes first. */
  times: Array<{ label: string; at: Timestamp }>;
  /** An http or https address. */
  link: { label: string; url: string } | null;
  /** How sure we are; none of it from Atlas. */
  footnotes: string[];
  /** Small print, to be quoted when asking about it. */
  ids: Fact[];
}

export interface Fact {
  label: string;
  value: string;
  /** Holds text from Atlas or the configuration; otherwise the words are ours. */
  foreign: boolean;
}

const KIND_LABELS: Record<JobKind, string> = {
  serverless: 'serverless instance',
  flex: 'Flex cluster',
  cluster: 'cluster',
  collection: 'collection restore',
  legacy: 'legacy backup',
};

/** Begins the headline of a sample, and nothing else. */
export const TEST_MARK = '[TEST] ';
const REMINDER_MARK = 'Reminder: ';
export const SAMPLE_NOTE = 'This is a sample sent on purpose to try the channel. Nothing has happened.';

/** What stands before whatever a person reads first, also before a headline of their own making. */
export function markOf({ test, reminder }: Pick<WatcherEvent, 'test' | 'reminder'>): string {
  return `${test ? TEST_MARK : ''}${reminder ? REMINDER_MARK : ''}`;
}

/** The event's summary on one line, marked when it is a sample or a reminder. */
export function titleOf(event: Pick<WatcherEvent, 'summary' | 'test' | 'reminder'>): string {
  return oneLine(`${markOf(event)}${event.summary}`);
}

/** Puts an event into words. */
export function describeEvent(event: WatcherEvent): Message {
  return {
    title: titleOf(event),
    advice: event.test ? SAMPLE_NOTE : adviceFor(event),
    facts: factsOf(event),
    details: detailsOf(event),
    times: timesOf(event),
    link: linkOf(event),
    footnotes: footnotesOf(event),
    ids: present([
      ['Job', jobOf(event)?.id ?? null],
      ['Event', event.id],
    ]),
  };
}

function adviceFor(event: WatcherEvent): string {
  const job = jobOf(event);
  switch (event.name) {
    case 'started':
      return 'A restore is running. If nobody on your team started it, find out who did: it may be about to overwrite its target.';
    case 'ready':
      return job?.expiresAt
        ? 'The download can be fetched from Atlas until its link runs out.'
        : 'The download can be fetched from Atlas now. Its link does not live long.';
    case 'finished':
      return job?.warnings
        ? 'The data is back, but not everything is as it was. Check the indexes before you rely on it.'
        : 'The data is back. Nothing to do here.';
    case 'failed':
      return 'The data is not restored. Start another restore, perhaps from another snapshot, and see the activity feed in Atlas for the cause.';
    case 'cancelled':
      return 'Somebody stopped it. The data is not restored; start another one if it is still needed.';
    case 'expired':
      return event.subject.kind === 'job' && event.subject.from === 'finished'
        ? 'It had finished before, so the data is where it should be. Nothing to do.'
        : 'It can no longer be used. Start another one if the data is still needed.';
    case 'expiring':
      return 'Fetch it from Atlas before then. Afterwards the link is dead and a new download has to be started.';
    case 'stalled':
      return 'It takes longer than expected. Look at it in Atlas; if the data is urgent, think of a second restore to another target.';
    case 'missing':
      return 'Atlas no longer knows this job, so how it ended cannot be told. Look at the target and at the activity feed in Atlas.';
    case 'watch_failing':
      return 'Restores of this watch go unseen until it can be polled again. What is wrong, "restore-watcher check --online" tells.';
    case 'watch_recovered':
      return 'The watch can be polled again. What happened in the meantime is told now.';
    case 'drill_overdue':
      return 'No restore has finished here for longer than agreed. Run a restore drill, or find out why the last one did not finish.';
    case 'channel_failing':
      return 'People who rely on this channel do not hear of restores. What is owed to it is kept and tried for up to 24 hours.';
    case 'channel_recovered':
      return 'The channel accepts messages again. What waited for it is on its way.';
  }
}

function factsOf(event: WatcherEvent): Fact[] {
  const job = jobOf(event);
  return [
    ...present([['State', stateOf(event)], spanOf(event), ['Usually takes', usualOf(event)]], {
      foreign: false,
    }),
    ...present([
      ['From', job && `${job.instanceName} (${KIND_LABELS[job.kind]})`],
      ['To', job && (job.targetClusterName ?? (isDownload(job) ? 'download' : null))],
      ['Restored', progressOf(event)],
      ['Atlas says', job?.errorMessage ?? null],
      [noteLabel(event.name), event.note],
    ]),
  ];
}

/** What the note of such an event is. */
function noteLabel(name: EventName): string {
  switch (name) {
    case 'stalled':
      return 'Compare';
    case 'watch_failing':
      return 'What to do';
    case 'channel_failing':
      return 'It says';
    case 'drill_overdue':
      return 'Agreed';
    default:
      return 'Note';
  }
}

function detailsOf(event: WatcherEvent): Fact[] {
  const { subject } = event;
  if (subject.kind === 'channel') return [];
  const job = jobOf(event);
  const labels = Object.entries(subject.labels).map(([name, value]) => `${name}=${value}`);
  return present([
    ['Watch', subject.watch || null],
    ['Labels', labels.join(', ') || null],
    ['Project', job?.groupId ?? null],
    ['Target project', job && job.targetGroupId !== job.groupId ? job.targetGroupId : null],
    ['Snapshot', job?.snapshotId ?? null],
    ['Batch', job?.batchId ?? null],
  ]);
}

function stateOf({ subject }: WatcherEvent): string | null {
  if (subject.kind !== 'job' || subject.to === null) return null;
  const { from, to } = subject;
  return from === null ? stateWords(to) : `${stateWords(from)} → ${stateWords(to)}`;
}

function stateWords(state: JobState): string {
  return state.replaceAll('_', ' ');
}

/** How long it took, or has been running. Where Atlas gives no time for the end, the time of our finding it is the upper bound. */
function spanOf(event: WatcherEvent): [label: string, value: string | null] {
  const { name, occurredAt } = event;
  const job = jobOf(event);
  if (job === null) return ['Took', null];
  switch (name) {
    case 'ready':
    case 'finished':
    case 'failed':
    case 'cancelled': {
      const span = spanBetween(job.createdAt, occurredAt);
      return ['Took', span !== null && isUndated(event) ? `at most ${span}` : span];
    }
    case 'expired':
      return ['Took', job.finishedAt === null ? null : spanBetween(job.createdAt, job.finishedAt)];
    case 'started':
      return ['Running for', event.reminder && spanBetween(job.createdAt, occurredAt)];
    case 'stalled':
    case 'missing':
      return ['Running for', spanBetween(job.createdAt, occurredAt)];
    default:
      return ['Took', null];
  }
}

function progressOf({ subject }: WatcherEvent): string | null {
  if (subject.kind !== 'job' || !subject.job.progress) return null;
  const { expectedEnd } = subject;
  const { done, total } = subject.job.progress;
  const share = expectedEnd?.basis === 'progress' ? ` (${Math.floor(expectedEnd.doneShare * 100)} %)` : '';
  return `${done} of ${total} documents${share}`;
}

function usualOf({ subject }: WatcherEvent): string | null {
  if (subject.kind !== 'job' || subject.expectedEnd?.basis !== 'history') return null;
  const { job, expectedEnd } = subject;
  const { usualMs, samples } = expectedEnd;
  const what = isDownload(job) ? 'download' : 'restore';
  return `${formatSpan(usualMs)}, from ${samples} ${what}${samples === 1 ? '' : 's'}`;
}

function spanBetween(from: Timestamp, to: Timestamp): string | null {
  return to > from ? formatSpan(to - from) : null;
}

function timesOf(event: WatcherEvent): Message['times'] {
  const job = jobOf(event);
  const eta = event.subject.kind === 'job' ? event.subject.expectedEnd : null;
  const times: Array<[string, Timestamp | null]> = [
    [timeLabel(event), event.occurredAt],
    ['Started', event.name === 'started' && !event.reminder ? null : (job?.createdAt ?? null)],
    [isPast(eta, event) ? 'Was expected' : 'Expected end', eta?.at ?? null],
    ['Snapshot taken', job?.snapshotAt ?? null],
    ['Expires', event.name === 'expired' ? null : (job?.expiresAt ?? null)],
  ];
  return times.flatMap(([label, at]) => (at === null ? [] : [{ label, at }]));
}

function isPast(eta: ExpectedEnd | null, { detectedAt }: WatcherEvent): boolean {
  return eta !== null && eta.at < detectedAt;
}

function timeLabel(event: WatcherEvent): string {
  if (event.reminder) return 'As of';
  return isUndated(event) ? 'Noticed' : 'Happened';
}

/** Atlas did not say when; all we know is when we saw it. */
function isUndated(event: WatcherEvent): boolean {
  return event.occurredAt === event.detectedAt;
}

function footnotesOf(event: WatcherEvent): string[] {
  const { reminder, subject } = event;
  return [
    ...(reminder ? [`Reminder ${reminder.number}. First noticed ${utcMinute(reminder.since)}.`] : []),
    ...(subject.kind === 'job' && subject.inferred
      ? ['Nobody saw it start: it began and ended between two polls.']
      : []),
    ...(subject.kind === 'job' && subject.late
      ? [`Found late, ${formatSpan(event.detectedAt - event.occurredAt)} after it happened.`]
      : []),
  ];
}

/** `2026-11-02 08:14 UTC` */
function utcMinute(at: Timestamp): string {
  return `${toIso(at).slice(0, 16).replace('T', ' ')} UTC`;
}

function linkOf({ subject }: WatcherEvent): Message['link'] {
  const projectUrl = subject.kind === 'channel' ? null : subject.projectUrl;
  const isWebAddress = projectUrl !== null && URL.canParse(projectUrl) && /^https?:/i.test(projectUrl);
  return isWebAddress ? { label: 'Open the project in Atlas', url: new URL(projectUrl).href } : null;
}

function present(
  facts: ReadonlyArray<readonly [label: string, value: string | null]>,
  { foreign }: Pick<Fact, 'foreign'> = { foreign: true },
): Fact[] {
  return facts.flatMap(([label, value]) =>
    value === null ? [] : [{ label, value: oneLine(value), foreign }],
  );
}

/** Line breaks, other control characters and marks that turn the reading direction become spaces: a name must not draw its own layout. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
}
