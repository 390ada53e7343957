import type { Timestamp } from '../instant.ts';
import type { Actor } from './actor.ts';
import { lastGoodLook } from './last-look.ts';
import type { Observation, Origin, TimeEventName } from './observation.ts';
import {
  isUnfinished,
  isUpTo,
  type JobState,
  type Milestone,
  mayChangeUntil,
  type ReachedMilestone,
  type RestoreJob,
  stateAfter,
} from './restore-job.ts';
import { dueTimeEvents, type TimePolicy } from './time-events.ts';
import { noticedBy } from './took.ts';

/** One milestone newly reached, found by comparing two observations. */
export interface Transition {
  milestone: Milestone;
  /** The state just before it in the order of life; `null` when nothing of that was known. */
  from: JobState | null;
  to: JobState;
  /** When it happened according to Atlas; `detectedAt` where Atlas does not say. */
  occurredAt: Timestamp;
  detectedAt: Timestamp;
  /** When the last good look at the job began, at which it had not reached this; `null`: there was none. */
  lastLookAt: Timestamp | null;
  inferred: boolean;
  late: boolean;
  /** `announce`, or why it is recorded in silence. */
  verdict: 'announce' | 'baseline';
}

/** What a poll knows when it looks at one job. */
export interface ComparisonContext {
  watch: string;
  /** When the reply was read. */
  now: Timestamp;
  /** When the last look began at all jobs of the target that may change; `null`: this process remembers none. */
  lastLookAt: Timestamp | null;
  /** How this job came into view, should it be new to us. */
  firstSight: Origin;
  /** See `Watch.announceExisting`. */
  announceExisting: boolean | number;
  /** A transition found later than this after it happened is `late`, in milliseconds. */
  lateAfterMs: number;
}

/** What one look at one job comes to. `observation` is `null` when there is nothing to write. */
export interface Comparison {
  observation: Observation | null;
  transitions: Transition[];
  /** Set when something odd was seen that was not there at the last look. */
  newAnomaly: string | null;
  /** What else is worth telling and is no change of the job's state, in the order in which it is told. */
  standing: StandingEvent[];
}

/** Something about a job that is no milestone, and was not told before. `name` is that of a row of `event-kinds.ts`. */
export interface StandingEvent {
  name: 'missing' | 'attributed' | TimeEventName;
  note: string | null;
}

/** What a look at a job comes to that is as it was. */
export const UNCHANGED: Comparison = {
  observation: null,
  transitions: [],
  newAnomaly: null,
  standing: [],
};

/** A job answered 404 this often in a row is missing. Once may be a hiccup of an eventually consistent API. */
const NOT_FOUND_LIMIT = 2;

/**
 * Compares what was read of a job with what was seen of it last.
 *
 * The transitions are the milestones of the new reading less those already recorded, in the order of life. A reading that steps
 * backwards (it lacks what is recorded and adds nothing) changes nothing but the anomaly. What stays quiet, and why:
 * - `baseline`: the job was there at the first listing, and the milestone belongs to the past;
 * - `baseline`: nothing readable was seen of it at the first listing, and the milestone lies before that.
 * `announceExisting` makes either of them heard.
 *
 * Of a job that was pruned no more is told than what is new. One that runs after all (it was missing) is recorded anew.
 */
export function diffObservations(
  previous: Observation | undefined,
  reading: RestoreJob,
  context: ComparisonContext,
): Comparison {
  const job = withKnownFacts(reading, previous);
  const recorded = previous?.milestones ?? [];
  const news = job.reached.filter((reached) => !recorded.includes(reached.milestone));

  if (previous?.isPruned && news.length === 0 && !runsAfterAll(previous, job)) return UNCHANGED;
  if (previous && news.length === 0 && previous.state !== job.state) {
    return withAnomaly(previous, `Atlas says ${job.state}, after it had said ${previous.state}`, context);
  }

  const transitions = chain(previous, job, news, context);
  if (previous && transitions.length === 0 && isSame(previous, job)) return UNCHANGED;

  const milestones = [...recorded, ...news.map(({ milestone }) => milestone)];
  const state = stateAfter(milestones);
  const noticed = noticedBy(previous?.noticed, news, context.now);
  return {
    ...UNCHANGED,
    observation: {
      watch: context.watch,
      jobId: job.id,
      job: { ...job, state },
      milestones,
      state,
      ...(noticed === undefined ? {} : { noticed }),
      ...(previous?.isPruned || previous?.wasPruned ? { wasPruned: true } : {}),
      firstSight: previous?.firstSight ?? context.firstSight,
      firstSeenAt: previous?.firstSeenAt ?? context.now,
      changedAt: context.now,
      notFoundCount: 0,
      missingSince: null,
      ...(previous?.timesMissing === undefined ? {} : { timesMissing: previous.timesMissing }),
      anomaly: null,
      raised: previous?.raised ?? {},
      mayChangeUntil: mayChangeUntil({ state, expiresAt: job.expiresAt }),
    },
    transitions,
  };
}

/** A reply about this job could not be read: its recorded life stands, the anomaly is noted once. */
export function compareUnreadable(
  previous: Observation | undefined,
  jobId: string,
  problem: string,
  context: ComparisonContext,
): Comparison {
  if (previous?.isPruned) return UNCHANGED;
  if (previous) return withAnomaly(previous, problem, context);
  return {
    ...UNCHANGED,
    observation: {
      watch: context.watch,
      jobId,
      job: null,
      milestones: [],
      state: 'unknown',
      firstSight: context.firstSight,
      firstSeenAt: context.now,
      changedAt: context.now,
      notFoundCount: 0,
      missingSince: null,
      anomaly: problem,
      raised: {},
      mayChangeUntil: null,
    },
    newAnomaly: problem,
  };
}

/**
 * Atlas answered 404 for a job that we know. The second time in a row it is missing, which is told of an unfinished job alone: Atlas
 * forgets those that have ended.
 */
export function compareNotFound(previous: Observation, context: ComparisonContext): Comparison {
  if (previous.missingSince !== null || previous.isPruned) return UNCHANGED;
  const notFoundCount = previous.notFoundCount + 1;
  const wentMissing = notFoundCount >= NOT_FOUND_LIMIT;
  const isTold = wentMissing && previous.job !== null && isUnfinished(previous.state);
  return {
    ...UNCHANGED,
    observation: {
      ...previous,
      notFoundCount,
      missingSince: wentMissing ? context.now : null,
      ...(wentMissing ? { timesMissing: (previous.timesMissing ?? 0) + 1 } : {}),
      // Should it come back, what was told of it by the clock is told anew.
      raised: wentMissing ? {} : previous.raised,
      changedAt: context.now,
    },
    standing: isTold ? [{ name: 'missing', note: null }] : [],
  };
}

/** It became known who began a job, or that nobody can be named: people are told of the first alone. */
export function compareActor(
  previous: Observation,
  job: RestoreJob,
  actor: Actor,
  now: Timestamp,
): Comparison {
  const isKnown = actor.confidence !== 'none';
  return {
    ...UNCHANGED,
    observation: { ...previous, job: { ...job, actor }, changedAt: now },
    standing: isKnown ? [{ name: 'attributed', note: null }] : [],
  };
}

/** Adds what time tells of the job after this look, at `at`; it is due when its time has come by `surelyAt`. See `dueTimeEvents`. */
export function withTimeEvents(
  comparison: Comparison,
  previous: Observation | undefined,
  policy: TimePolicy,
  { at, surelyAt }: { at: Timestamp; surelyAt: Timestamp },
): Comparison {
  const observation = comparison.observation ?? previous;
  const timeEvents = observation ? dueTimeEvents(observation, policy, surelyAt) : [];
  if (!observation || timeEvents.length === 0) return comparison;
  const raised = { ...observation.raised, ...Object.fromEntries(timeEvents.map(({ name }) => [name, at])) };
  return {
    ...comparison,
    observation: { ...observation, raised, changedAt: at },
    standing: [...comparison.standing, ...timeEvents],
  };
}

function withAnomaly(previous: Observation, anomaly: string, context: ComparisonContext): Comparison {
  const isBack = previous.notFoundCount > 0 || previous.missingSince !== null;
  if (previous.anomaly === anomaly && !isBack) return UNCHANGED;
  return {
    ...UNCHANGED,
    observation: { ...previous, anomaly, notFoundCount: 0, missingSince: null, changedAt: context.now },
    newAnomaly: previous.anomaly === anomaly ? null : anomaly,
  };
}

function chain(
  previous: Observation | undefined,
  job: RestoreJob,
  news: readonly ReachedMilestone[],
  context: ComparisonContext,
): Transition[] {
  const known: Milestone[] = [...(previous?.milestones ?? [])];
  const lastLookAt = lastGoodLook(previous, context.lastLookAt);
  return news.map(({ milestone, at }) => {
    const before = known.filter((earlier) => isUpTo(earlier, milestone));
    const occurredAt = at ?? context.now;
    const transition: Transition = {
      milestone,
      from: before.length === 0 ? null : stateAfter(before),
      to: stateAfter([milestone]),
      occurredAt,
      detectedAt: context.now,
      lastLookAt,
      inferred: milestone === 'started' && job.state !== 'in_progress',
      late: context.now - occurredAt > context.lateAfterMs,
      verdict: verdictOf(previous, job, occurredAt, context),
    };
    known.push(milestone);
    return transition;
  });
}

function verdictOf(
  previous: Observation | undefined,
  job: RestoreJob,
  occurredAt: Timestamp,
  context: ComparisonContext,
): Transition['verdict'] {
  if (!isOfThePast(previous, occurredAt, context)) return 'announce';
  const { announceExisting, now } = context;
  const isWanted =
    typeof announceExisting === 'boolean' ? announceExisting : endedWithin(job, announceExisting, now);
  return isWanted ? 'announce' : 'baseline';
}

/** True for what lies before the first look at the target: all of a job's life at that look, or what a later look reads of it. */
function isOfThePast(
  previous: Observation | undefined,
  occurredAt: Timestamp,
  { firstSight }: ComparisonContext,
): boolean {
  if (previous === undefined) return firstSight === 'baseline';
  const wasUnreadable = previous.job === null && !previous.isPruned;
  return previous.firstSight === 'baseline' && wasUnreadable && occurredAt < previous.firstSeenAt;
}

/** True for a job that has an outcome which is at most `spanMs` old, going by the latest time Atlas gives for it. */
function endedWithin(job: RestoreJob, spanMs: number, now: Timestamp): boolean {
  if (job.state === 'in_progress') return false;
  const times = job.reached.flatMap(({ at }) => (at === null ? [] : [at]));
  return now - Math.max(job.createdAt, ...times) <= spanMs;
}

/** It was missing when it was pruned, and is there again as it was. */
function runsAfterAll(pruned: Observation, { state }: RestoreJob): boolean {
  return state === pruned.state && isUnfinished(state);
}

function isSame(previous: Observation, job: RestoreJob): boolean {
  if (previous.anomaly !== null || previous.notFoundCount > 0 || previous.missingSince !== null) return false;
  return (
    previous.job !== null &&
    JSON.stringify({ ...job, state: previous.state, ...saidElsewhere(previous.job) }) ===
      JSON.stringify(previous.job)
  );
}

/** What a reading of the job itself may leave out, and what is therefore no change of it. */
function saidElsewhere({ targetGroupName, actor }: RestoreJob) {
  return { targetGroupName, actor };
}

/** A project's name is known after its listing, and may not be after a restart; who began a job, the activity feed tells. What was known stays. */
function withKnownFacts(job: RestoreJob, previous: Observation | undefined): RestoreJob {
  const known = previous?.job;
  if (!known) return job;
  const isNameKnown = known.targetGroupName && known.targetGroupId === job.targetGroupId;
  return {
    ...job,
    ...(isNameKnown && !job.targetGroupName ? { targetGroupName: known.targetGroupName } : {}),
    ...(known.actor && !job.actor ? { actor: known.actor } : {}),
  };
}
