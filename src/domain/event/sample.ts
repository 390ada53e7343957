import type { Timestamp } from '../instant.ts';
import type { Actor } from '../job/actor.ts';
import type { ExpectedEnd } from '../job/eta.ts';
import { isMilestone, type RestoreJob, stateAfter } from '../job/restore-job.ts';
import type { Watch } from '../job/watch.ts';
import { type EventName, eventId, kindOf, severityOf, type WatcherEvent } from './event.ts';
import type { JobEventKind } from './event-kind.ts';
import type { EventSubject } from './subject.ts';
import { summarizeJobEvent } from './summary.ts';

/** What a sample is made of. Without a watch it speaks of an invented one. */
export interface SampleContext {
  watch?: Pick<Watch, 'name' | 'kind' | 'groupId' | 'instanceName' | 'labels'> | undefined;
  /** The channel it will be sent to. */
  channel: string;
  projectUrl?: string | null | undefined;
  /** The cluster that its job restores to; absent: an invented one. */
  target?: string;
  now: Timestamp;
}

const INVENTED_WATCH = {
  name: 'sample',
  kind: 'cluster',
  groupId: '000000000000000000000000',
  instanceName: 'sample-source',
  labels: {},
} as const satisfies SampleContext['watch'];

const MINUTE = 60_000;
const STARTED_AGO = 15 * MINUTE;
const ENDED_AGO = MINUTE;

/**
 * An event that never happened, to try a channel with. `test` is set, so that every channel marks it. The job in it is invented,
 * whatever the watch: its id ends in sixteen zeros.
 */
export function sampleEvent(name: EventName, context: SampleContext): WatcherEvent {
  const { channel, now } = context;
  const subject = sampleSubject(name, context);
  const occurredAt = isMilestone(name) ? (name === 'started' ? now - STARTED_AGO : now - ENDED_AGO) : now;
  return {
    id: eventId(now, ['sample', channel, name]),
    name,
    severity: severityOf(name, subject.kind === 'job' ? { from: subject.from } : {}),
    subject,
    summary: summaryOf(name, subject, occurredAt),
    note: null,
    detectedAt: now,
    occurredAt,
    reminder: null,
    test: true,
  };
}

function summaryOf(name: EventName, subject: EventSubject, occurredAt: Timestamp): string {
  if (subject.kind === 'job') return summarizeJobEvent({ name, job: subject.job, occurredAt });
  const kind = kindOf(name);
  return kind.about === 'job' ? name : kind.sample(nameOf(subject));
}

function nameOf(subject: Exclude<EventSubject, { kind: 'job' }>): string {
  switch (subject.kind) {
    case 'watch':
      return subject.watch;
    case 'channel':
      return subject.channel;
    case 'audit':
      return subject.origin;
  }
}

/** A sample about a channel speaks of the one that it is sent to. */
function sampleSubject(name: EventName, context: SampleContext): EventSubject {
  const kind = kindOf(name);
  const { channel, projectUrl = null, now } = context;
  if (kind.about === 'channel') return { kind: 'channel', channel };
  if (kind.about === 'audit') return sampleLog(name);
  const watch = withNames(context.watch ?? INVENTED_WATCH);
  const { labels, groupId, kind: jobKind, instanceName } = watch;
  const instance = { groupId, kind: jobKind, instanceName };
  const watched = { watch: watch.name, labels, instance, projectUrl };
  if (kind.about !== 'job') return { kind: 'watch', ...watched };
  const sample = sampleJob(kind.sample, watch, now);
  const isRestored = sample.targetClusterName !== null && context.target !== undefined;
  const job = isRestored ? { ...sample, targetClusterName: context.target ?? null } : sample;
  return {
    kind: 'job',
    ...watched,
    job,
    from: kind.sample.from,
    to: isMilestone(name) ? stateAfter([name]) : null,
    expectedEnd: sampleEnd(kind.sample, job, now),
    inferred: false,
    late: false,
  };
}

/** Its signature is none: what is invented must not pass for a checkpoint of the log. */
function sampleLog(name: EventName): EventSubject {
  const log = { kind: 'audit' as const, origin: 'sample-log' };
  if (name !== 'checkpoint') return { ...log, witness: 'sample-witness' };
  const root = Buffer.alloc(32).toString('base64');
  return { ...log, checkpoint: { size: 0, root, note: `sample-log\n0\n${root}\n` } };
}

/** A watch with wildcards has no one project or instance to speak of. */
function withNames(watch: NonNullable<SampleContext['watch']>): NonNullable<SampleContext['watch']> {
  const { groupId, instanceName } = watch;
  return {
    ...watch,
    groupId: groupId === '*' ? INVENTED_WATCH.groupId : groupId,
    instanceName: instanceName === '*' ? INVENTED_WATCH.instanceName : instanceName,
  };
}

const SAMPLE_ACTOR: Actor = {
  ...{ confidence: 'exact', id: '5f0e1d2c3b4a5968776655aa' },
  ...{ name: 'sample@example.com', address: '203.0.113.7' },
};

function sampleJob(
  { outcome, linkEndsInMs, actor }: JobEventKind['sample'],
  watch: NonNullable<SampleContext['watch']>,
  now: Timestamp,
): RestoreJob {
  const createdAt = now - STARTED_AGO;
  const isDownload = linkEndsInMs !== undefined;
  const reached = [
    { milestone: 'started' as const, at: createdAt },
    ...(outcome ? [{ milestone: outcome, at: now - ENDED_AGO }] : []),
  ];
  return {
    id: `${Math.floor(createdAt / 1000)
      .toString(16)
      .padStart(8, '0')}${'0'.repeat(16)}`,
    kind: watch.kind,
    groupId: watch.groupId,
    instanceName: watch.instanceName,
    deliveryType: isDownload ? 'download' : 'automated',
    state: stateAfter(reached.map(({ milestone }) => milestone)),
    reached,
    warnings: false,
    createdAt,
    finishedAt: outcome !== null && !isDownload ? now - ENDED_AGO : null,
    expiresAt: isDownload ? now + linkEndsInMs : null,
    snapshotId: null,
    snapshotAt: createdAt - 60 * MINUTE,
    targetGroupId: isDownload ? null : watch.groupId,
    targetClusterName: isDownload ? null : 'sample-target',
    errorMessage: null,
    progress: null,
    batchId: null,
    ...(actor ? { actor: SAMPLE_ACTOR } : {}),
  };
}

/** As if history told it: ahead for a job that has just started, behind for one that should have ended. */
function sampleEnd(
  { usualMs }: JobEventKind['sample'],
  { createdAt }: RestoreJob,
  now: Timestamp,
): ExpectedEnd | null {
  if (usualMs === undefined) return null;
  const at = createdAt + usualMs;
  return { at, basis: 'history', isOverdue: at < now, usualMs, samples: 34 };
}
