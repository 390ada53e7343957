import { type GapCause, isGapCause } from '../domain/coverage/causes.ts';
import type { Interval, PlaceCoverage } from '../domain/coverage/periods.ts';
import type { WatcherEvent } from '../domain/event/event.ts';
import { markOf } from '../domain/event/message.ts';
import type { EventSubject } from '../domain/event/subject.ts';
import type { Attestation } from '../domain/evidence/attestation.ts';
import { parseInstant, type Timestamp } from '../domain/instant.ts';
import { parseActor } from '../domain/job/actor.ts';
import type { ExpectedEnd } from '../domain/job/eta.ts';
import type { Observation } from '../domain/job/observation.ts';
import type { JobKind, RestoreJob } from '../domain/job/restore-job.ts';
import { isRecord } from '../domain/json-object.ts';
import type { Mute } from '../domain/telling/mute.ts';
import type { Delivery } from '../store/ports/outbox.ts';
import type { ListedDelivery, RecordedEvent } from '../store/ports/records.ts';
import { type Answer, ForeignAnswer } from './api-client.ts';

/**
 * Reads back what `views/` makes of records. A view of what comes of it is the view that came; what no view shows (`orderKey`, how often a
 * job was not found) has an empty value. A field that is missing everywhere shows that something else has answered.
 */

/** Reads a job back, and when it should end. `now` decides whether it runs longer than usual. */
export function toObservation(view: Answer): Observation {
  requireFields(view, ['id', 'watch', 'state', 'firstSeenAt']);
  return {
    watch: text(view.watch),
    jobId: text(view.id),
    job: jobOrNull(view.job),
    milestones: list(view.milestones) as Observation['milestones'],
    state: view.state as Observation['state'],
    firstSight: view.firstSight as Observation['firstSight'],
    firstSeenAt: instant(view.firstSeenAt),
    changedAt: instant(view.changedAt),
    notFoundCount: 0,
    missingSince: instantOrNull(view.missingSince),
    anomaly: textOrNull(view.anomaly),
    raised: {},
    mayChangeUntil: null,
    ...(isRecord(view.noticed) ? { noticed: noticedIn(view.noticed) } : {}),
  };
}

function noticedIn(view: Answer): NonNullable<Observation['noticed']> {
  return Object.fromEntries(Object.entries(view).map(([milestone, at]) => [milestone, instant(at)]));
}

/** Reads back when a job should end; `null`: nothing tells. */
export function toExpectedEnd(view: Answer, job: RestoreJob | null, now: Timestamp): ExpectedEnd | null {
  const at = instantOrNull(view.expectedEnd);
  if (at === null) return null;
  if (view.expectedEndBasis === 'history') {
    return { at, basis: 'history', isOverdue: now > at, usualMs: Number(view.usualMs), samples: 0 };
  }
  const { done, total } = job?.progress ?? { done: 0, total: 1 };
  return { at, basis: 'progress', doneShare: done / total };
}

/** Reads back what was attested of a job; nothing, where a daemon of an older version answers. */
export function toAttestations(view: Answer): Attestation[] {
  return list(view.attestations).filter(isRecord).map(toAttestation);
}

/** Reads an attestation back. */
export function toAttestation(view: Answer): Attestation {
  requireFields(view, ['id', 'jobId', 'at', 'result', 'by']);
  return {
    id: Number(view.id),
    jobId: text(view.jobId),
    at: instant(view.at),
    result: view.result as Attestation['result'],
    by: text(view.by),
    ticket: textOrNull(view.ticket),
    note: textOrNull(view.note),
    cleanUp: textOrNull(view.cleanUp) as Attestation['cleanUp'],
  };
}

/** Reads an event back, with who was told of it. */
export function toRecordedEvent(view: Answer, now: Timestamp): RecordedEvent {
  requireFields(view, ['id', 'event', 'detectedAt', 'deliveries']);
  const detectedAt = instant(view.detectedAt);
  const event: WatcherEvent = {
    id: text(view.id),
    name: view.event as WatcherEvent['name'],
    severity: view.severity as WatcherEvent['severity'],
    subject: subjectOf(view, now),
    summary: text(view.summary),
    note: textOrNull(view.note),
    detectedAt,
    occurredAt: instant(view.occurredAt),
    reminder: typeof view.reminder === 'number' ? { number: view.reminder, since: detectedAt } : null,
    test: view.test === true,
  };
  return {
    event,
    suppressed: (view.suppressed ?? null) as RecordedEvent['suppressed'],
    mute: isRecord(view.mute) ? toMute(view.mute) : null,
    deliveries: list(view.deliveries).filter(isRecord).map(toDelivery),
  };
}

/** Reads a delivery back that is listed by itself. Of its event it says what a line shows. */
export function toListedDelivery(view: Answer, now: Timestamp): ListedDelivery {
  requireFields(view, ['id', 'eventId', 'channel', 'summary']);
  const at = instant(view.createdAt);
  const { event } = toRecordedEvent(
    {
      ...view,
      id: view.eventId,
      detectedAt: view.createdAt,
      occurredAt: view.createdAt,
      job: view.jobId === null ? null : { id: view.jobId, createdAt: view.createdAt },
      deliveries: [],
    },
    now,
  );
  const mark = markOf(event);
  const summary = event.summary.startsWith(mark) ? event.summary.slice(mark.length) : event.summary;
  return {
    ...toDelivery(view),
    createdAt: at,
    event: { ...event, summary },
    quietUntil: instantOrNull(view.quietUntil),
    behindUntil: instantOrNull(view.behindUntil),
  };
}

/** Reads a mute back. */
export function toMute(view: Answer): Mute {
  requireFields(view, ['id', 'watch', 'until']);
  const removedAt = instantOrNull(view.removedAt);
  return {
    id: Number(view.id),
    watch: text(view.watch),
    project: textOrNull(view.project),
    instance: textOrNull(view.instance),
    target: textOrNull(view.target),
    job: textOrNull(view.job),
    labels: isRecord(view.labels) ? (view.labels as Record<string, string>) : null,
    events: Array.isArray(view.events) ? (view.events as Mute['events']) : null,
    createdAt: instant(view.createdAt),
    until: instantOrNull(view.until),
    recurs: recurrenceIn(view),
    author: text(view.author),
    reason: text(view.reason),
    removed: removedAt === null ? null : { at: removedAt, by: text(view.removedBy) },
  };
}

function recurrenceIn({ every, timeZone, forMs }: Answer): Mute['recurs'] {
  return typeof every === 'string'
    ? { schedule: every, timeZone: text(timeZone), forMs: Number(forMs) }
    : null;
}

/** Reads back how a place was watched. */
export function toPlaceCoverage(view: Answer): PlaceCoverage {
  requireFields(view, ['watch', 'groupId', 'instanceName', 'coveredMs', 'expectedMs']);
  return {
    watch: text(view.watch),
    groupId: text(view.groupId),
    instanceName: text(view.instanceName),
    coveredMs: Number(view.coveredMs),
    expectedMs: Number(view.expectedMs),
    intervals: list(view.intervals).filter(isRecord).map(toInterval),
    gaps: list(view.gaps)
      .filter(isRecord)
      .map((gap) => ({ ...toInterval(gap), cause: gapCauseIn(gap.cause) })),
  };
}

function toInterval({ from, to }: Answer): Interval {
  return { from: instant(from), to: instant(to) };
}

/** A later version may know causes that this one does not. */
function gapCauseIn(value: unknown): GapCause {
  const cause = text(value);
  return isGapCause(cause) ? cause : 'internal';
}

function toDelivery(view: Answer): Delivery {
  return {
    id: text(view.id),
    eventId: text(view.eventId),
    channel: text(view.channel),
    orderKey: '',
    status: view.status as Delivery['status'],
    createdAt: instant(view.createdAt),
    nextAttemptAt: instantOrNull(view.nextAttemptAt) ?? instant(view.createdAt),
    attemptsStarted: Number(view.attemptsStarted),
    attemptsFinished: Number(view.attemptsFinished),
    firstAttemptAt: instantOrNull(view.firstAttemptAt),
    lastAttemptAt: instantOrNull(view.lastAttemptAt),
    endedAt: instantOrNull(view.endedAt),
    lastDetail: textOrNull(view.detail),
    insteadOf: textOrNull(view.insteadOf),
    heldUntil: instantOrNull(view.heldUntil),
    recipient: textOrNull(view.recipient),
  };
}

function subjectOf(view: Answer, now: Timestamp): EventSubject {
  const watch = text(view.watch);
  const [, section, first = '', kind = '', ...rest] = text(view.source).split('/');
  if (section === 'channels')
    return { kind: 'channel', channel: [first, ...text(view.source).split('/').slice(3)].join('/') };
  if (section === 'audit') return { kind: 'audit', origin: text(view.source).split('/').slice(2).join('/') };
  const watched = {
    watch,
    labels: (isRecord(view.labels) ? view.labels : {}) as Record<string, string>,
    instance: { groupId: first, kind: kind as JobKind, instanceName: rest.join('/') },
    projectUrl: textOrNull(view.projectUrl),
  };
  const job = jobOrNull(view.job);
  if (job === null) {
    const place = isRecord(view.place) ? view.place : null;
    if (place === null) return { kind: 'watch', ...watched };
    const { groupId, instanceName } = place;
    return {
      kind: 'watch',
      ...watched,
      place: { groupId: text(groupId), projectName: null, instanceName: textOrNull(instanceName) },
    };
  }
  const lastLookAt = instantOrNull(view.lastLookAt ?? view.occurredAfter);
  return {
    kind: 'job',
    ...watched,
    job,
    from: (view.from ?? null) as RestoreJob['state'] | null,
    to: (view.to ?? null) as RestoreJob['state'] | null,
    expectedEnd: toExpectedEnd(view, job, now),
    inferred: view.inferred === true,
    late: view.late === true,
    ...(lastLookAt === null ? {} : { lastLookAt }),
  };
}

function jobOrNull(value: unknown): RestoreJob | null {
  if (!isRecord(value)) return null;
  return {
    id: text(value.id),
    kind: value.kind as JobKind,
    groupId: text(value.groupId),
    instanceName: text(value.instanceName),
    deliveryType: text(value.deliveryType),
    state: value.state as RestoreJob['state'],
    reached: list(value.milestones)
      .filter(isRecord)
      .map(({ milestone, at }) => ({
        milestone: milestone as RestoreJob['reached'][number]['milestone'],
        at: instantOrNull(at),
      })),
    warnings: value.warnings === true,
    createdAt: instant(value.createdAt),
    finishedAt: instantOrNull(value.finishedAt),
    expiresAt: instantOrNull(value.expiresAt),
    snapshotId: textOrNull(value.snapshotId),
    snapshotAt: instantOrNull(value.snapshotAt),
    targetGroupId: textOrNull(value.targetGroupId),
    targetClusterName: textOrNull(value.targetClusterName),
    targetGroupName: textOrNull(value.targetGroupName),
    errorMessage: textOrNull(value.errorMessage),
    progress: isRecord(value.progress) ? (value.progress as RestoreJob['progress']) : null,
    batchId: textOrNull(value.batchId),
    ...actorIn(value.actor),
  };
}

function actorIn(value: unknown): Pick<RestoreJob, 'actor'> {
  const actor = parseActor(value);
  return actor === null ? {} : { actor };
}

/** The objects in a list of the answer. @throws {ForeignAnswer} */
export function itemsOf(answer: Answer): Answer[] {
  if (!Array.isArray(answer.items)) throw foreign('items');
  return answer.items.filter(isRecord);
}

/** @throws {ForeignAnswer} when one is missing: something else has answered. */
export function requireFields(view: Answer, fields: readonly string[]): void {
  const missing = fields.find((field) => !(field in view));
  if (missing !== undefined) throw foreign(missing);
}

/** @throws {ForeignAnswer} when one is no list of objects. */
export function requireLists(view: Answer, fields: readonly string[]): void {
  const odd = fields.find((field) => !Array.isArray(view[field]));
  if (odd !== undefined) throw foreign(odd);
}

function foreign(field: string): ForeignAnswer {
  return new ForeignAnswer(`no "${field}"`);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function instant(value: unknown): Timestamp {
  return instantOrNull(value) ?? 0;
}

function instantOrNull(value: unknown): Timestamp | null {
  return typeof value === 'string' ? parseInstant(value) : null;
}
