import { explainCommand } from '../explain/command.ts';
import { formatSpan, type Timestamp, toIso } from '../instant.ts';
import { actorWords } from '../job/actor.ts';
import type { ExpectedEnd } from '../job/eta.ts';
import {
  isCrossProject,
  isDownload,
  type JobKind,
  type JobState,
  type RestoreJob,
} from '../job/restore-job.ts';
import { oneLine } from '../one-line.ts';
import { kindOf, type WatcherEvent } from './event.ts';
import type { JobEventKind } from './event-kind.ts';
import { atMost } from './job-words.ts';
import { linksOf, type MessageLink } from './links.ts';
import { hasLeft, isAboutLimit, jobOf, placeOf } from './subject.ts';
import { happenedAfter, isUndated } from './undated.ts';

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
  /** What it leads to, the most useful first. */
  links: MessageLink[];
  /** How sure we are; none of it from Atlas. */
  footnotes: string[];
  /** Small print, to be quoted when asking about it. */
  ids: Fact[];
  /** The command that tells who was told and why; `null` for a sample. */
  explain: string | null;
}

/** One line of a message: a label and what it says. */
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

/** What stands before `Message.explain`. */
export const EXPLAIN_LABEL = 'Who was told, and why';

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

/** Puts an event into words. `publicUrl`: where people reach the page, without a slash at its end; `null`: no message leads there. */
export function describeEvent(event: WatcherEvent, publicUrl: string | null = null): Message {
  return {
    title: titleOf(event),
    advice: event.test ? SAMPLE_NOTE : adviceFor(event),
    facts: factsOf(event),
    details: detailsOf(event),
    times: timesOf(event),
    links: linksOf(event, publicUrl),
    footnotes: footnotesOf(event),
    ids: present([
      ['Job', jobOf(event)?.id ?? null],
      ['Event', event.id],
    ]),
    explain: explainCommand(event),
  };
}

function adviceFor({ name, subject }: WatcherEvent): string {
  const kind = kindOf(name);
  if (kind.about !== 'job') {
    if (hasLeft(subject)) return kind.adviceWhenLeft ?? kind.advice;
    return (isAboutLimit({ subject }) ? kind.adviceWhenLimited : null) ?? kind.advice;
  }
  return subject.kind === 'job' ? kind.advice(subject) : '';
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
      ['Started by', job?.actor ? actorWords(job.actor) : null],
      ['Restored', progressOf(event)],
      ['Atlas says', job?.errorMessage ?? null],
      [kindOf(event.name).noteLabel ?? 'Note', event.note],
    ]),
  ];
}

function detailsOf(event: WatcherEvent): Fact[] {
  const { subject } = event;
  if (subject.kind === 'audit')
    return present([
      ['Log', subject.origin],
      ['Witness', subject.witness ?? null],
    ]);
  if (subject.kind === 'channel') return [];
  const job = jobOf(event);
  const labels = Object.entries(subject.labels).map(([name, value]) => `${name}=${value}`);
  return present([
    ['Watch', subject.watch || null],
    ['Labels', labels.join(', ') || null],
    ['Project', job?.groupId ?? placeOf(event)?.groupId ?? null],
    ['Instance', placeOf(event)?.instanceName ?? null],
    ['Target project', job && targetProjectOf(job)],
    ['Snapshot', job?.snapshotId ?? null],
    ['Batch', job?.batchId ?? null],
  ]);
}

/** `stage (5f0e1d2c3b4a596877665544)`; `null` in the job's own project. */
function targetProjectOf(job: RestoreJob): string | null {
  if (!isCrossProject(job)) return null;
  return job.targetGroupName ? `${job.targetGroupName} (${job.targetGroupId})` : job.targetGroupId;
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
  const kind = kindOf(name);
  const sinceStart = spanBetween(job.createdAt, occurredAt);
  switch (kind.about === 'job' ? kind.span : null) {
    case 'took':
      return [
        'Took',
        sinceStart !== null && isUndated(event) ? atMost(occurredAt - job.createdAt) : sinceStart,
      ];
    case 'took_to_finish':
      return ['Took', job.finishedAt === null ? null : spanBetween(job.createdAt, job.finishedAt)];
    case 'running':
      return ['Running for', sinceStart];
    case 'running_again':
      return ['Running for', event.reminder && sinceStart];
    case null:
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
  // A reminder tells of now, so that it repeats nothing.
  const own = event.reminder ? undefined : ownTimeOf(event);
  const times: Array<[string, Timestamp | null]> = [
    [timeLabel(event), event.occurredAt],
    ['Last look before', happenedAfter(event)],
    ['Started', own === 'createdAt' ? null : (job?.createdAt ?? null)],
    [isPast(eta, event) ? 'Was expected' : 'Expected end', eta?.at ?? null],
    ['Snapshot taken', job?.snapshotAt ?? null],
    ['Expires', own === 'expiresAt' ? null : (job?.expiresAt ?? null)],
  ];
  return times.flatMap(([label, at]) => (at === null ? [] : [{ label, at }]));
}

/** The time of the job that is told already as the time of the event. */
function ownTimeOf({ name }: WatcherEvent): JobEventKind['happensAt'] {
  const kind = kindOf(name);
  return kind.about === 'job' ? kind.happensAt : undefined;
}

function isPast(eta: ExpectedEnd | null, { detectedAt }: WatcherEvent): boolean {
  return eta !== null && eta.at < detectedAt;
}

function timeLabel(event: WatcherEvent): string {
  if (event.reminder) return 'As of';
  return isUndated(event) ? 'Noticed' : 'Happened';
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

function present(
  facts: ReadonlyArray<readonly [label: string, value: string | null]>,
  { foreign }: Pick<Fact, 'foreign'> = { foreign: true },
): Fact[] {
  return facts.flatMap(([label, value]) =>
    value === null ? [] : [{ label, value: oneLine(value), foreign }],
  );
}
