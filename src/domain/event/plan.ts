import type { AuditDraft, AuditKind } from '../audit.ts';
import { objectIdInstant, type Timestamp, toIso, toIsoOrNull } from '../instant.ts';
import { expectedEnd, type Usuals } from '../job/eta.ts';
import type { Observation } from '../job/observation.ts';
import { publicJob } from '../job/public-job.ts';
import type { RestoreJob } from '../job/restore-job.ts';
import type { Comparison, Transition } from '../job/transition.ts';
import type { Target } from '../job/watch.ts';
import type { Mute } from '../telling/mute.ts';
import { type ReminderRequest, remindersOf } from '../telling/reminder-requests.ts';
import { type Decision, planDeliveries, type RoutingRules, type SuppressReason } from '../telling/routing.ts';
import { eventId, kindOf, severityOf, type WatcherEvent } from './event.ts';
import { flatSubject } from './flat-subject.ts';
import { summarizeJobEvent } from './summary.ts';
import { happenedAfter } from './undated.ts';

/** An event together with what was decided about it. */
export interface PlannedEvent {
  event: WatcherEvent;
  /** Channels that are owed it; empty when it is suppressed. */
  channels: readonly string[];
  /** There when it waits for the digests of some of them: until when. */
  heldUntil?: ReadonlyMap<string, Timestamp>;
  suppressed: SuppressReason | null;
  /** There when it is suppressed as `muted`. */
  muteId?: Mute['id'];
  /** Channels that are to be told again while it lasts, also those that a mute keeps it from now. Absent: none. */
  reminders?: readonly ReminderRequest[];
}

/** What planning needs to know besides the comparison. */
export interface PlanContext extends RoutingRules {
  target: Target;
  labels: Readonly<Record<string, string>>;
  projectUrl: string | null;
  /** What is usual for the target; see `asksForUsuals`. */
  usuals: Usuals;
  now: number;
}

/** What follows from one look at one job: the events owed to people, and what the audit log says about it. */
export interface ComparisonPlan {
  events: PlannedEvent[];
  audit: AuditDraft[];
}

/**
 * Turns a comparison into events with their routes, and into audit entries. Transitions of the past (`verdict: 'baseline'`) become no
 * event: the entry of the observation names them as silent, with the reason.
 */
export function planComparison(comparison: Comparison, context: PlanContext): ComparisonPlan {
  const { observation } = comparison;
  if (observation === null) return { events: [], audit: [] };

  const announced = comparison.transitions.filter(({ verdict }) => verdict === 'announce');
  const events = announced.flatMap((transition) => eventsOf(transition, observation, context));
  for (const { name, note } of comparison.standing) {
    if (observation.job) events.push(standingEvent(name, observation.job, observation, note, context));
  }

  const planned = events.map((event) => planEvent(event, context));
  return {
    events: planned.map(({ plannedEvent }) => plannedEvent),
    audit: [
      observationEntry(comparison, observation, context),
      ...anomalyEntry(comparison, observation, context),
      ...planned.flatMap(({ audit }) => audit),
    ],
  };
}

/** True when an event of this comparison will say when the job should end: only then need anybody look up what is usual. */
export function asksForUsuals({ observation, transitions, standing }: Comparison): boolean {
  if (observation?.state !== 'in_progress') return false;
  return (
    standing.some(({ name }) => saysExpectedEnd(name)) ||
    transitions.some(({ milestone, verdict }) => verdict === 'announce' && saysExpectedEnd(milestone))
  );
}

function saysExpectedEnd(name: WatcherEvent['name']): boolean {
  const kind = kindOf(name);
  return kind.about === 'job' && kind.saysExpectedEnd === true;
}

/** Decides who is told of an event, and writes down why. */
export function planEvent(
  event: WatcherEvent,
  rules: RoutingRules,
): { plannedEvent: PlannedEvent; audit: AuditDraft[] } {
  const { plannedEvent, audit } = carryOut(event, planDeliveries(event, rules));
  const reminders = remindersOf(event, rules.routes);
  return { plannedEvent: reminders.length === 0 ? plannedEvent : { ...plannedEvent, reminders }, audit };
}

/** Tells these channels again of what lasts. That they are to be told has been decided; no mute is asked. */
export function planReminder(
  event: WatcherEvent,
  rules: Omit<RoutingRules, 'mutes'>,
  channels: readonly string[],
): { plannedEvent: PlannedEvent; audit: AuditDraft[] } {
  const decisions = planDeliveries(event, { ...rules, mutes: [] });
  return carryOut(
    event,
    decisions.filter((decision) => decision.kind === 'deliver' && channels.includes(decision.channel)),
  );
}

function carryOut(
  event: WatcherEvent,
  decisions: readonly Decision[],
): { plannedEvent: PlannedEvent; audit: AuditDraft[] } {
  const suppression = decisions.find((decision) => decision.kind === 'suppress');
  const held = new Map(decisions.flatMap(heldUntilOf));
  return {
    plannedEvent: {
      event,
      channels: decisions.flatMap((decision) => (decision.kind === 'deliver' ? [decision.channel] : [])),
      suppressed: suppression?.reason ?? null,
      ...(held.size > 0 ? { heldUntil: held } : {}),
      ...(suppression?.reason === 'muted' ? { muteId: suppression.muteId } : {}),
    },
    audit: [
      { at: event.detectedAt, kind: entryKindOf(event), data: transitionData(event) },
      ...decisions.map((decision) => ({
        at: event.detectedAt,
        kind: 'decision' as const,
        data: { eventId: event.id, event: event.name, decision: decision.kind, ...decisionData(decision) },
      })),
    ],
  };
}

/** A sample that goes the way of a real event, and what is told again, are on record as what they are: nothing has happened. */
function entryKindOf({ test, reminder }: WatcherEvent): AuditKind {
  if (test) return 'test_alert.sent';
  return reminder ? 'reminder.sent' : 'transition';
}

function eventsOf(transition: Transition, { job }: Observation, context: PlanContext): WatcherEvent[] {
  if (job === null) return [];
  const { milestone, from, to, occurredAt, lastLookAt, inferred, late } = transition;
  return [
    {
      ...jobEventBase(milestone, job, [], context),
      severity: severityOf(milestone, { from, warnings: job.warnings }),
      subject: {
        ...jobSubjectBase(context),
        job: { ...job, state: to },
        from,
        to,
        expectedEnd: endOf(milestone, job, context),
        inferred,
        ...(lastLookAt === null ? {} : { lastLookAt }),
        late,
      },
      note: null,
      summary: summarizeJobEvent({ name: milestone, job, occurredAt }),
      occurredAt,
    },
  ];
}

/** An event about a job that is no change of its state. */
function standingEvent(
  name: WatcherEvent['name'],
  job: RestoreJob,
  { state, timesMissing = 0 }: Observation,
  note: string | null,
  context: PlanContext,
): WatcherEvent {
  const { now } = context;
  return {
    ...jobEventBase(name, job, [String(timesMissing)], context),
    severity: severityOf(name),
    subject: {
      ...jobSubjectBase(context),
      job,
      from: state,
      to: null,
      expectedEnd: endOf(name, job, context),
      inferred: false,
      late: false,
    },
    note,
    summary: summarizeJobEvent({ name, job, occurredAt: now }),
    occurredAt: now,
  };
}

/** The job as it was read, which may have gone on since the milestone: a start found together with its end has no end to come. */
function endOf(name: WatcherEvent['name'], job: RestoreJob, { usuals, now }: PlanContext) {
  return saysExpectedEnd(name) ? expectedEnd(job, now, usuals) : null;
}

/**
 * A milestone is told once for a watch and a job; what only time or silence tells of the job may be told again after it was missing, which
 * `turn` counts.
 */
function jobEventBase(
  name: WatcherEvent['name'],
  job: RestoreJob,
  turn: readonly string[],
  { target, now }: PlanContext,
) {
  return {
    // The id of most jobs says when they were made, and never changes; of the others Atlas says it.
    id: eventId(objectIdInstant(job.id) ?? job.createdAt, [target.watch, job.id, name, ...turn]),
    name,
    detectedAt: now,
    reminder: null,
    test: false,
  };
}

function jobSubjectBase({ target, labels, projectUrl }: PlanContext) {
  const { watch, groupId, kind, instanceName } = target;
  return { kind: 'job' as const, watch, labels, instance: { groupId, kind, instanceName }, projectUrl };
}

function observationEntry(
  { transitions }: Comparison,
  observation: Observation,
  { now, target }: PlanContext,
): AuditDraft {
  const silent = transitions
    .filter(({ verdict }) => verdict === 'baseline')
    .map(({ milestone }) => milestone);
  const news = transitions.filter(({ verdict }) => verdict === 'announce').map(({ milestone }) => milestone);
  const { groupId, instanceName } = target;
  const { job } = observation;
  const isElsewhere = job === null || job.groupId !== groupId || job.instanceName !== instanceName;
  return {
    at: now,
    kind: 'observation.changed',
    data: {
      watch: target.watch,
      jobId: observation.jobId,
      state: observation.state,
      milestones: observation.milestones,
      firstSight: observation.firstSight,
      notFoundCount: observation.notFoundCount,
      missingSince: toIsoOrNull(observation.missingSince),
      ...(news.length > 0 ? { news } : {}),
      ...(silent.length > 0 ? { silent, reason: 'baseline' satisfies SuppressReason } : {}),
      // Ops Manager polls by id and shows names.
      ...(isElsewhere ? { place: { groupId, instanceName } } : {}),
      job: job === null ? null : withoutNulls(publicJob(job)),
    },
  };
}

function anomalyEntry(
  { newAnomaly }: Comparison,
  { jobId }: Observation,
  { now, target }: PlanContext,
): AuditDraft[] {
  if (newAnomaly === null) return [];
  return [{ at: now, kind: 'anomaly.seen', data: { watch: target.watch, jobId, problem: newAnomaly } }];
}

function transitionData(event: WatcherEvent): AuditDraft['data'] {
  const { watch, job, from, to, inferred, late, place, drill } = flatSubject(event.subject);
  const after = happenedAfter(event);
  return {
    eventId: event.id,
    event: event.name,
    severity: event.severity,
    watch,
    ...(place ? { place } : {}),
    ...(drill ? { drill } : {}),
    jobId: job?.id ?? null,
    from,
    to,
    occurredAt: toIso(event.occurredAt),
    ...(after === null ? {} : { occurredAfter: toIso(after) }),
    detectedAt: toIso(event.detectedAt),
    inferred,
    late,
    ...(event.reminder ? { reminder: event.reminder.number, since: toIso(event.reminder.since) } : {}),
  };
}

function heldUntilOf(decision: Decision): Array<[channel: string, Timestamp]> {
  return decision.kind === 'deliver' && decision.heldUntil !== undefined
    ? [[decision.channel, decision.heldUntil]]
    : [];
}

function decisionData({ kind: _kind, ...rest }: Decision): AuditDraft['data'] {
  return 'heldUntil' in rest && rest.heldUntil !== undefined
    ? { ...rest, heldUntil: toIso(rest.heldUntil) }
    : rest;
}

function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}
