import type { Timestamp } from '../instant.ts';
import type { ExpectedEnd } from '../job/eta.ts';
import {
  type JobState,
  MILESTONES,
  type Milestone,
  type RestoreJob,
  stateAfter,
} from '../job/restore-job.ts';
import type { Watch } from '../job/watch.ts';
import { type EventName, eventId, severityOf, type WatcherEvent } from './event.ts';
import type { EventSubject } from './subject.ts';
import { summarizeJobEvent } from './summary.ts';

/** What a sample is made of. Without a watch it speaks of an invented one. */
export interface SampleContext {
  watch?: Pick<Watch, 'name' | 'kind' | 'groupId' | 'instanceName' | 'labels'> | undefined;
  /** The channel it will be sent to. */
  channel: string;
  projectUrl?: string | null | undefined;
  now: Timestamp;
}

const INVENTED_WATCH = {
  name: 'sample',
  kind: 'serverless',
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
  const { channel, now, projectUrl = null } = context;
  const watch = withNames(context.watch ?? INVENTED_WATCH);
  const isAboutJob = isJobEvent(name);
  const job = isAboutJob ? sampleJob(name, watch, now) : null;
  const occurredAt = isMilestone(name) ? (name === 'started' ? now - STARTED_AGO : now - ENDED_AGO) : now;
  const from = fromState(name);
  return {
    id: eventId(now, ['sample', channel, name]),
    name,
    severity: severityOf(name, { from }),
    subject: subjectOf(name, { watch, channel, projectUrl, job }),
    summary: job ? summarizeJobEvent({ name, job, occurredAt }) : otherSummary(name, watch.name, channel),
    note: null,
    detectedAt: now,
    occurredAt,
    reminder: null,
    test: true,
  };
}

/** A sample about a channel speaks of the one that it is sent to. */
function subjectOf(
  name: EventName,
  about: {
    watch: NonNullable<SampleContext['watch']>;
    channel: string;
    projectUrl: string | null;
    job: RestoreJob | null;
  },
): EventSubject {
  const { watch, channel, projectUrl, job } = about;
  if (name === 'channel_failing' || name === 'channel_recovered') return { kind: 'channel', channel };
  const { labels, groupId, kind, instanceName } = watch;
  const watched = { watch: watch.name, labels, instance: { groupId, kind, instanceName }, projectUrl };
  if (job === null) return { kind: 'watch', ...watched };
  return {
    kind: 'job',
    ...watched,
    job,
    from: fromState(name),
    to: isMilestone(name) ? stateAfter([name]) : null,
    expectedEnd: sampleEnd(name, job),
    inferred: false,
    late: false,
  };
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

function sampleJob(name: EventName, watch: NonNullable<SampleContext['watch']>, now: Timestamp): RestoreJob {
  const createdAt = now - STARTED_AGO;
  const isDownload = name === 'ready' || name === 'expiring' || name === 'expired';
  const outcome = outcomeOf(name);
  const reached = [
    { milestone: 'started' as const, at: createdAt },
    ...(outcome ? [{ milestone: outcome, at: now - ENDED_AGO }] : []),
  ];
  const hasEnd = outcome === 'finished' || outcome === 'failed' || outcome === 'cancelled';
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
    finishedAt: hasEnd ? now - ENDED_AGO : null,
    expiresAt: isDownload ? now + (name === 'expired' ? -ENDED_AGO : 45 * MINUTE) : null,
    snapshotId: null,
    snapshotAt: createdAt - 60 * MINUTE,
    targetGroupId: isDownload ? null : watch.groupId,
    targetClusterName: isDownload ? null : 'sample-target',
    errorMessage: null,
    progress: null,
    batchId: null,
  };
}

/** As if history told it: ahead for a job that has just started, behind for one that should have ended. */
function sampleEnd(name: EventName, { createdAt }: RestoreJob): ExpectedEnd | null {
  if (name !== 'started' && name !== 'stalled') return null;
  const isOverdue = name === 'stalled';
  const usualMs = (isOverdue ? 4 : 20) * MINUTE;
  return { at: createdAt + usualMs, basis: 'history', isOverdue, usualMs, samples: 34 };
}

function outcomeOf(name: EventName): Exclude<Milestone, 'started'> | null {
  if (name === 'expiring') return 'ready';
  return isMilestone(name) && name !== 'started' ? name : null;
}

function fromState(name: EventName): JobState | null {
  if (name === 'started' || !isJobEvent(name)) return null;
  return name === 'expired' || name === 'expiring' ? 'ready' : 'in_progress';
}

function isMilestone(name: EventName): name is Milestone {
  return (MILESTONES as readonly string[]).includes(name);
}

function isJobEvent(name: EventName): boolean {
  return isMilestone(name) || name === 'expiring' || name === 'stalled' || name === 'missing';
}

function otherSummary(name: EventName, watch: string, channel: string): string {
  switch (name) {
    case 'watch_failing':
      return `Watch ${watch} has not been polled for 5 min`;
    case 'watch_recovered':
      return `Watch ${watch} can be polled again`;
    case 'drill_overdue':
      return `No restore of watch ${watch} has finished for longer than agreed`;
    case 'channel_failing':
      return `Channel ${channel} has accepted nothing for 10 min`;
    case 'channel_recovered':
      return `Channel ${channel} accepts messages again`;
    default:
      return `Watch ${watch}: ${name}`;
  }
}
