import { type EventName, eventId, severityOf, type WatcherEvent } from '../../src/domain/event/event.ts';
import type { EventSubject, JobSubject } from '../../src/domain/event/subject.ts';
import { summarizeJobEvent } from '../../src/domain/event/summary.ts';
import type { AttestationRequest } from '../../src/domain/evidence/attestation.ts';
import type { Observation } from '../../src/domain/job/observation.ts';
import type { WatchPlace } from '../../src/domain/job/place.ts';
import {
  MILESTONES,
  type Milestone,
  mayChangeUntil,
  type ReachedMilestone,
  type RestoreJob,
  stateAfter,
} from '../../src/domain/job/restore-job.ts';
import type { Target, Watch } from '../../src/domain/job/watch.ts';
import type { Mute, MuteRequest } from '../../src/domain/telling/mute.ts';
import type { Route } from '../../src/domain/telling/routing.ts';

/** 2026-11-02T08:00:05Z: when the jobs of the fixtures were created. */
export const T0 = Date.parse('2026-11-02T08:00:05Z');
export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const GROUP_ID = '64b0c1d2e3f4a5b6c7d8e9f0';

/** A distinct, valid job id for each number, created at `at`. */
export function jobId(number: number, at = T0): string {
  const seconds = Math.floor(at / 1000)
    .toString(16)
    .padStart(8, '0');
  return `${seconds}${number.toString(16).padStart(16, '0')}`;
}

/** A job that has reached these milestones after `started`, the first outcome `minutes` after its creation. */
export function aJob(
  outcomes: readonly Milestone[] = [],
  over: Partial<RestoreJob> = {},
  minutes = 14,
): RestoreJob {
  const createdAt = over.createdAt ?? T0;
  const reached: ReachedMilestone[] = [
    { milestone: 'started', at: createdAt },
    ...outcomes.map((milestone, index) => ({ milestone, at: createdAt + minutes * MINUTE + index * HOUR })),
  ];
  const end = reached.find(({ milestone }) => ['finished', 'failed', 'cancelled'].includes(milestone));
  return {
    id: jobId(1, createdAt),
    kind: 'serverless',
    groupId: GROUP_ID,
    instanceName: 'orders',
    deliveryType: 'automated',
    state: stateAfter(reached.map(({ milestone }) => milestone)),
    reached,
    warnings: false,
    createdAt,
    finishedAt: end?.at ?? null,
    expiresAt: null,
    snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
    snapshotAt: createdAt - 9 * HOUR,
    targetGroupId: GROUP_ID,
    targetClusterName: 'orders-copy',
    errorMessage: null,
    progress: null,
    batchId: null,
    ...over,
  };
}

export function anObservation(job: RestoreJob = aJob(), over: Partial<Observation> = {}): Observation {
  return {
    watch: 'orders',
    jobId: job.id,
    job,
    milestones: job.reached.map(({ milestone }) => milestone),
    state: job.state,
    firstSight: 'new',
    firstSeenAt: job.createdAt + 1_000,
    changedAt: job.createdAt + 1_000,
    notFoundCount: 0,
    missingSince: null,
    anomaly: null,
    raised: {},
    mayChangeUntil: mayChangeUntil(job),
    ...over,
  };
}

/** What a test may say of an event: its own facts and those of its subject side by side. */
export interface EventFacts extends Omit<WatcherEvent, 'name' | 'subject'>, Omit<JobSubject, 'kind'> {
  /** Of an event about a channel. */
  channel: string;
  /** Of an event about a watch. */
  place: WatchPlace;
  left: true;
}

/** An event about the job of `aJob`, the watch of these builders or the channel `chat`, as its name wants it. */
export function anEvent(name: EventName = 'failed', over: Partial<EventFacts> = {}): WatcherEvent {
  const detectedAt = over.detectedAt ?? T0 + 15 * MINUTE;
  const occurredAt = over.occurredAt ?? T0 + 14 * MINUTE;
  const subject = aSubject(name, over);
  const about = subject.kind === 'job' ? subject.job.id : '';
  return {
    id: over.id ?? eventId(detectedAt, ['orders', about, name]),
    name,
    severity: over.severity ?? severityOf(name),
    subject,
    summary:
      over.summary ??
      (subject.kind === 'job'
        ? summarizeJobEvent({ name, job: subject.job, occurredAt })
        : `Watch orders: ${name}`),
    note: over.note ?? null,
    detectedAt,
    occurredAt,
    reminder: over.reminder ?? null,
    test: over.test ?? false,
  };
}

const A_CHECKPOINT = { size: 7, root: 'cm9vdA==', note: 'example.com/log\n7\ncm9vdA==\n' };

function aSubject(name: EventName, over: Partial<EventFacts>): EventSubject {
  const {
    watch = 'orders',
    labels = { team: 'payments' },
    instance = { groupId: GROUP_ID, kind: 'serverless', instanceName: 'orders' },
    projectUrl = `https://cloud.mongodb.com/v2/${GROUP_ID}`,
  } = over;
  const left = over.left ? { left: over.left } : {};
  if (name.startsWith('audit_')) return { kind: 'audit', origin: 'example.com/log', witness: 'peer' };
  if (name === 'checkpoint') return { kind: 'audit', origin: 'example.com/log', checkpoint: A_CHECKPOINT };
  if (name.startsWith('channel_')) return { kind: 'channel', channel: over.channel ?? 'chat', ...left };
  if (/^(watch|drill)_/.test(name)) {
    const place = over.place ? { place: over.place } : {};
    return { kind: 'watch', watch, labels, instance, projectUrl, ...place, ...left };
  }
  const outcomes = MILESTONES.filter((milestone) => milestone === name && milestone !== 'started');
  const job = over.job ?? aJob(outcomes);
  return {
    kind: 'job',
    watch,
    labels,
    instance,
    projectUrl,
    job,
    from: over.from === undefined ? (name === 'started' ? null : 'in_progress') : over.from,
    to: over.to === undefined ? job.state : over.to,
    expectedEnd: over.expectedEnd ?? null,
    inferred: over.inferred ?? false,
    late: over.late ?? false,
  };
}

/** The facts of an event about a job; fails for any other. */
export function jobSubjectOf({ subject }: WatcherEvent): JobSubject {
  if (subject.kind !== 'job') throw new Error(`about a ${subject.kind}, not a job`);
  return subject;
}

export function aTarget(over: Partial<Target> = {}): Target {
  return {
    watch: 'orders',
    connection: 'atlas',
    kind: 'serverless',
    apiVersion: 'v1.0',
    groupId: GROUP_ID,
    instanceName: 'orders',
    labels: { team: 'payments' },
    ...over,
  };
}

export function aWatch(over: Partial<Watch> = {}): Watch {
  return {
    name: 'orders',
    connection: 'atlas',
    kind: 'serverless',
    apiVersion: 'v1.0',
    groupId: GROUP_ID,
    instanceName: 'orders',
    exclude: [],
    ...{ cedes: [], alongside: [] },
    restoreJobIds: [],
    schedule: '*/30 * * * * *',
    scheduleIdle: null,
    isScheduleDefault: false,
    announceExisting: false,
    stalledAfter: null,
    expiringWithinMs: null,
    failingAfterMs: 5 * MINUTE,
    expectRestoreEveryMs: null,
    rtoMs: null,
    rpoMs: null,
    discoverEveryMs: 10 * MINUTE,
    reconcileEveryMs: HOUR,
    hint: 'auto',
    sweepEveryMs: 10 * MINUTE,
    actors: false,
    labels: { team: 'payments' },
    ...over,
  };
}

/** Takes everything, for the channel `chat`. */
export function aRoute(over: Partial<Route> = {}): Route {
  return {
    events: ['*'],
    channels: ['oncall'],
    watches: null,
    labels: null,
    severities: null,
    targetClusterNames: null,
    kinds: null,
    deliveryTypes: null,
    instanceNames: null,
    crossProject: null,
    remindEveryMs: null,
    ...over,
  };
}

/** Mutes the watch of these builders for a day. */
export function anAttestationRequest(over: Partial<AttestationRequest> = {}): AttestationRequest {
  return {
    jobId: jobId(1),
    at: T0,
    result: 'passed',
    by: 'ann',
    ticket: 'OPS-17',
    note: '4,211 rows, as in the source',
    cleanUp: 'done',
    ...over,
  };
}

export function aMuteRequest(over: Partial<MuteRequest> = {}): MuteRequest {
  return {
    watch: 'orders',
    project: null,
    instance: null,
    target: null,
    job: null,
    labels: null,
    events: null,
    createdAt: T0,
    until: T0 + 24 * HOUR,
    recurs: null,
    author: 'ann',
    reason: 'migration',
    ...over,
  };
}

export function aMute(over: Partial<Mute> = {}): Mute {
  return { ...aMuteRequest(), id: 1, removed: null, ...over };
}
