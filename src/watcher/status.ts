import type { Timestamp } from '../domain/instant.ts';
import type { WatchPlace } from '../domain/job/place.ts';
import type { PollMode } from '../domain/polling/hint.ts';
import type { WaitsFor } from '../source/source.ts';
import type { ReplicaFacts } from '../store/ports/leases.ts';

/** Why something cannot be polled. */
export interface Fault {
  reason: string;
  message: string;
  hint: string | null;
  since: Timestamp;
}

/** A fault, and what of the watch it concerns. */
export interface PlaceFault extends Fault {
  /** `null`: all of it. */
  place: WatchPlace | null;
  /** Milliseconds for which the place could not be read, by the clock that cannot step. */
  blindForMs: number;
}

/**
 * Why a watch is polled less often than its schedule has it, or waits for its turn. `ceiling`: `requestsPerMinute`; `bucket`: what Atlas
 * leaves of its rate limit; `silence`: Atlas has asked for one.
 */
export interface Throttled extends Fault {
  reason: 'rate_limited';
  by: WaitsFor;
  /** Nobody has written the schedule: the default stretches by itself, and nothing is wrong. */
  isMeant: boolean;
}

/** How one watch is doing. Health follows from this, and `/api/v1/watches` shows it. */
export interface WatchStatus {
  watch: string;
  connection: string;
  kind: string;
  groupId: string;
  instanceName: string;
  /** `null` before the first one in this process. */
  lastAttemptAt: Timestamp | null;
  lastSuccessAt: Timestamp | null;
  /** Milliseconds since the last success (or since the start, before the first one), by the clock that cannot step. */
  sinceSuccessMs: number;
  /** From one poll to the next as its schedule has it, in milliseconds. */
  scheduledMs: number;
  /** The same as the rate limits allow it: as scheduled, or longer. */
  periodMs: number;
  /** `null`: it is polled as its schedule has it. */
  throttled: Throttled | null;
  /** The watch counts as blind when no poll succeeded for this long: the period that can be reached, and what a poll may take on top. */
  dueWithinMs: number;
  nextPollAt: Timestamp | null;
  /** The process stood still when it should have been polled, and no poll has succeeded since. */
  hasMissedPolls: boolean;
  consecutiveFailures: number;
  /** The latest fault, while it lasts: of the watch itself, or else the first of `faults`. */
  fault: Fault | null;
  /** Every fault that lasts: of the watch itself, and of the parts that a `*` watch cannot read. */
  faults: PlaceFault[];
  /** Jobs named in the configuration that Atlas does not know (and never did while we looked). */
  unknownJobIds: readonly string[];
  hasRunningJobs: boolean;
  /** How far activity feeds tell when to poll; `null`: the watch goes without. */
  hint: HintStatus | null;
  /** What this minute has left of the requests to its project; `null`: it has several projects, or another replica polls it. */
  budget: BudgetStatus | null;
  /** The replica that polls it, for people, where that is another one: then nothing else is known of it here. `null`: this one does. */
  polledBy: string | null;
  /** How much of a watch of all projects this replica polls, where several share it; `null`: all of it, or nothing. */
  share: ShareStatus | null;
}

/** The requests of a minute to one project, for all watches that ask there. */
export interface BudgetStatus {
  /** `requestsPerMinute` of the connection. */
  perMinute: number;
  left: number;
}

/** A part of a watch of all projects; all else that is said of the watch is about this part. */
export interface ShareStatus {
  /** That this replica polls. */
  projects: number;
  /** That are found. */
  ofProjects: number;
  /** The other replicas that poll some of them, for people. */
  others: readonly string[];
}

/** Which projects of a watch are polled when their activity feed tells of a restore. */
export interface HintStatus {
  projects: number;
  /** In these projects. */
  instances: number;
  /** How often these are polled all the same, in milliseconds. */
  sweepMs: number;
  /** The other projects, all of which are polled at every tick, and why. */
  without: ReadonlyArray<{ groupId: string; reason: Exclude<PollMode, 'hint'>; detail: string | null }>;
}

/**
 * Why a watch cannot be relied on at present. `overdue`: no poll has succeeded for longer than it may take. `unpolled`: none has in
 * this process, and there is still time. `stood_still`: the process did nothing when it should have been polled, and none has since.
 */
export type Blindness = 'overdue' | 'unpolled' | 'stood_still';

/**
 * Judges whether a watch is blind, by the age of its last successful poll; `null`: it can be relied on. The one place that decides
 * so: health, heartbeat, reminders and the API ask here. A fault alone makes no watch blind as long as there is time to poll again. What
 * another replica polls is judged there.
 */
export function blindnessOf(
  status: Pick<
    WatchStatus,
    'lastSuccessAt' | 'sinceSuccessMs' | 'dueWithinMs' | 'hasMissedPolls' | 'polledBy'
  >,
): Blindness | null {
  if (status.polledBy !== null) return null;
  if (status.sinceSuccessMs > status.dueWithinMs) return 'overdue';
  if (status.lastSuccessAt === null) return 'unpolled';
  return status.hasMissedPolls ? 'stood_still' : null;
}

/** What a poll may take on top of its interval before the watch counts as blind. */
const DUE_SLACK_MS = 5_000;

/** Where the ceiling is the limit, requests that others have made in one go may hold up the end of a poll for a minute. */
const CEILING_SLACK_MS = 65_000;

/**
 * After so many milliseconds without a successful poll a watch counts as blind.
 * @param periodMs from one poll to the next, as it can be reached.
 * @param isStretched it is longer than the schedule has it.
 */
export function dueWithinMs(periodMs: number, isStretched = false): number {
  return periodMs + Math.max(periodMs, isStretched ? CEILING_SLACK_MS : DUE_SLACK_MS);
}

/** How one channel is doing. */
export interface ChannelStatus {
  channel: string;
  /**
   * For how many milliseconds its configuration has been in force and not in use: nothing is sent until the last send by the former one
   * has ended. `null`: it delivers as configured.
   */
  waitsForMs: number | null;
  /** It is told to be failing (see `ChannelCondition`); `null`: it is not. */
  failing: { since: Timestamp; detail: string } | null;
  /** The replica that sends for it, for people, where that is another one: then nothing else is known of it here. `null`: this one does. */
  sentBy: string | null;
}

/** How the replicas share the work, as one of them sees it. */
export interface ReplicasStatus {
  /** This one's id. */
  me: string;
  /** Those that live, this one among them. */
  replicas: readonly ReplicaFacts[];
  /** The id of the replica that has a unit, by unit. */
  owners: ReadonlyMap<string, string>;
  /** For how many milliseconds the leases could not be renewed, once nothing is ours for that reason; `null`: they can. */
  cutOffMs: number | null;
}

/** Why the store does not do its work. */
export interface StoreFault {
  message: string;
  hint: string | null;
  since: Timestamp;
}

/** How the whole watcher is doing. */
export interface WatcherStatus {
  state: 'starting' | 'running' | 'stopping' | 'stopped';
  startedAt: Timestamp;
  /** Milliseconds since the loop last showed a sign of life, by the clock that cannot step. */
  sinceHeartbeatMs: number;
  watches: WatchStatus[];
  channels: ChannelStatus[];
  /** `null` while what is found can be written down. */
  storeFault: StoreFault | null;
  /** How the replicas share the work; `null`: this process has the store alone. */
  replicas: ReplicasStatus | null;
}

/** What came of the wish to poll a watch at once. */
export type PollNow = 'begun' | 'under_way' | 'stopped';
