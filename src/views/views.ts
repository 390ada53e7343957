import { flatSubject } from '../domain/event/flat-subject.ts';
import { titleOf } from '../domain/event/message.ts';
import { jobOf, placeOf, sourceOf, watchOf } from '../domain/event/subject.ts';
import { happenedAfter } from '../domain/event/undated.ts';
import type { Attestation } from '../domain/evidence/attestation.ts';
import { toIso, toIsoOrNull } from '../domain/instant.ts';
import type { ExpectedEnd } from '../domain/job/eta.ts';
import type { Observation } from '../domain/job/observation.ts';
import { publicPlace } from '../domain/job/place.ts';
import { publicJob } from '../domain/job/public-job.ts';
import type { Delivery } from '../store/ports/outbox.ts';
import type { ListedDelivery, RecordedEvent } from '../store/ports/records.ts';
import {
  blindnessOf,
  type Fault,
  type HintStatus,
  type Throttled,
  type WatchStatus,
} from '../watcher/status.ts';
import { attestedView } from './attestations.ts';
import { muteFacts } from './mutes.ts';

/**
 * What scripts see, over HTTP and with `--json`: the one place that turns records into JSON. Fields are picked by hand, so that
 * a new internal field shows up nowhere by accident. Instants are ISO 8601.
 */
export type View = Readonly<Record<string, unknown>>;

/** `eta`: `null` for a job that is not running, or of which nothing tells. */
export function jobView(
  observation: Observation,
  eta: ExpectedEnd | null,
  attestations: readonly Attestation[],
): View {
  return {
    id: observation.jobId,
    watch: observation.watch,
    state: observation.state,
    milestones: observation.milestones,
    firstSight: observation.firstSight,
    firstSeenAt: toIso(observation.firstSeenAt),
    changedAt: toIso(observation.changedAt),
    missingSince: toIsoOrNull(observation.missingSince),
    anomaly: observation.anomaly,
    ...noticedView(observation),
    ...expectedEndView(eta),
    ...attestedView(attestations),
    job: observation.job === null ? null : publicJob(observation.job),
  };
}

/** Milestones that Atlas does not date happened at these times at the latest. */
function noticedView({ noticed }: Observation): View {
  if (noticed === undefined) return {};
  return {
    noticed: Object.fromEntries(Object.entries(noticed).map(([milestone, at]) => [milestone, toIso(at)])),
  };
}

/** `expectedEndBasis`: `progress` or `history`; with `history`, `usualMs` says how long a restore like it takes there. */
export function expectedEndView(eta: ExpectedEnd | null): View {
  return {
    expectedEnd: toIsoOrNull(eta?.at ?? null),
    expectedEndBasis: eta?.basis ?? null,
    ...(eta?.basis === 'history' ? { usualMs: eta.usualMs } : {}),
  };
}

/** An event on record, with who was told. */
export function transitionView({ event, suppressed, mute, deliveries }: RecordedEvent): View {
  const { watch, labels, from, to, inferred, late, job, expectedEnd, source, projectUrl, place, drill } =
    flatSubject(event.subject);
  return {
    id: event.id,
    event: event.name,
    severity: event.severity,
    watch,
    place,
    ...(drill === null ? {} : { drill }),
    labels,
    from,
    to,
    summary: event.summary,
    ...(event.note === null ? {} : { note: event.note }),
    detectedAt: toIso(event.detectedAt),
    occurredAt: toIso(event.occurredAt),
    occurredAfter: toIsoOrNull(happenedAfter(event)),
    lastLookAt: toIsoOrNull(event.subject.kind === 'job' ? (event.subject.lastLookAt ?? null) : null),
    inferred,
    late,
    reminder: event.reminder?.number ?? null,
    test: event.test,
    source,
    projectUrl,
    ...expectedEndView(expectedEnd),
    job: job === null ? null : publicJob(job),
    suppressed,
    muteId: mute?.id ?? null,
    ...(mute === null ? {} : { mute: muteFacts(mute) }),
    deliveries: deliveries.map(deliveryView),
  };
}

function deliveryView(delivery: Delivery): View {
  return {
    id: delivery.id,
    eventId: delivery.eventId,
    channel: delivery.channel,
    ...(delivery.recipient === null ? {} : { recipient: delivery.recipient }),
    insteadOf: delivery.insteadOf,
    status: delivery.status,
    createdAt: toIso(delivery.createdAt),
    heldUntil: toIsoOrNull(delivery.heldUntil),
    nextAttemptAt: delivery.status === 'pending' ? toIso(delivery.nextAttemptAt) : null,
    attemptsStarted: delivery.attemptsStarted,
    attemptsFinished: delivery.attemptsFinished,
    firstAttemptAt: toIsoOrNull(delivery.firstAttemptAt),
    lastAttemptAt: toIsoOrNull(delivery.lastAttemptAt),
    endedAt: toIsoOrNull(delivery.endedAt),
    detail: delivery.lastDetail,
  };
}

/** A delivery listed by itself says what it is about. */
export function listedDeliveryView(delivery: ListedDelivery): View {
  const { event } = delivery;
  return {
    ...deliveryView(delivery),
    quietUntil: toIsoOrNull(delivery.quietUntil),
    behindUntil: toIsoOrNull(delivery.behindUntil),
    event: event.name,
    severity: event.severity,
    watch: watchOf(event) ?? '',
    jobId: jobOf(event)?.id ?? null,
    place: placeViewOf(event),
    source: sourceOf(event.subject),
    reminder: event.reminder?.number ?? null,
    test: event.test,
    summary: titleOf(event),
  };
}

function placeViewOf(event: ListedDelivery['event']): View | null {
  const place = placeOf(event);
  return place === null ? null : { ...publicPlace(place) };
}

function faultView({ reason, message, hint, since }: Fault) {
  return { reason, message, hint, since: toIso(since) };
}

/** See `throttledView`. */
export type ThrottledView = ReturnType<typeof throttledView>;

/** What keeps a watch from its schedule. */
export function throttledView(throttled: Throttled) {
  return { ...faultView(throttled), by: throttled.by, isMeant: throttled.isMeant };
}

/** See `hintView`. */
export type HintView = ReturnType<typeof hintView>;

/** How far activity feeds tell when to poll. */
export function hintView({ projects, instances, sweepMs, without }: HintStatus) {
  return { projects, instances, sweepMs: Math.round(sweepMs), without };
}

/** A watch, and how its polls go. */
export function watchView(watch: WatchStatus): View {
  return {
    watch: watch.watch,
    connection: watch.connection,
    kind: watch.kind,
    groupId: watch.groupId,
    instanceName: watch.instanceName,
    lastAttemptAt: toIsoOrNull(watch.lastAttemptAt),
    lastSuccessAt: toIsoOrNull(watch.lastSuccessAt),
    nextPollAt: toIsoOrNull(watch.nextPollAt),
    sinceSuccessMs: Math.round(watch.sinceSuccessMs),
    scheduledMs: Math.round(watch.scheduledMs),
    periodMs: Math.round(watch.periodMs),
    dueWithinMs: Math.round(watch.dueWithinMs),
    throttled: watch.throttled && throttledView(watch.throttled),
    isOverdue: blindnessOf(watch) === 'overdue',
    consecutiveFailures: watch.consecutiveFailures,
    fault: watch.fault === null ? null : faultView(watch.fault),
    faults: watch.faults.map((fault) => ({
      ...faultView(fault),
      place: fault.place === null ? null : publicPlace(fault.place),
      blindForMs: Math.round(fault.blindForMs),
    })),
    unknownJobIds: watch.unknownJobIds,
    hasRunningJobs: watch.hasRunningJobs,
    hint: watch.hint && hintView(watch.hint),
    polledBy: watch.polledBy,
    share: watch.share,
  };
}
