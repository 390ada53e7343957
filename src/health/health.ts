import { formatSpan, type Timestamp, toIso } from '../domain/instant.ts';
import { placeWords } from '../domain/job/place.ts';
import { type ConfigIssue, issueText } from '../errors.ts';
import {
  blindnessOf,
  type ChannelStatus,
  type Fault,
  type WatcherStatus,
  type WatchStatus,
} from '../watcher/status.ts';
import { HEARTBEAT_WORDS, type HeartbeatFault } from './heartbeat-answer.ts';

/** Whether the watcher works, and why not. */
export interface Health {
  /** The loop shows signs of life: a restart would not help. */
  live: boolean;
  /** Everything that is to be watched is being watched, and what is found can be written down. */
  ready: boolean;
  /** Why it is not ready (or not live), for people. Empty when it is both. */
  reasons: string[];
  /** What does not make it blind, and should be known all the same: a channel that fails, a heartbeat that is not heard. */
  warnings: string[];
}

/** A loop that gave no sign for this long hangs. */
const HEARTBEAT_LIMIT_MS = 30_000;

/**
 * Judges by the age of the last success, not by whether the process is up. Live: the heartbeat is younger than
 * `heartbeatLimitMs`. Ready: live, running, the store can be written, every watch was polled within its due time, and since the process
 * stood still, and every channel delivers by the configuration in force. A watch that waits for its first success is not ready either:
 * nobody can say yet that it can be read. Watches and channels are those of the configuration, whether they run or not.
 *
 * Each reason is one line for people: what, since when, why, and what to do.
 */
export function healthOf(status: WatcherStatus, heartbeatLimitMs = HEARTBEAT_LIMIT_MS): Health {
  const live = status.sinceHeartbeatMs < heartbeatLimitMs;
  const reasons = [
    ...cutOff(status),
    ...(live ? [] : [standstill(status.sinceHeartbeatMs)]),
    ...(status.state === 'running' ? [] : [`the watcher is ${status.state}`]),
    ...(status.storeFault === null
      ? []
      : [`the store fails since ${toSecond(status.storeFault.since)}: ${inSentences(status.storeFault)}`]),
    ...status.watches.flatMap((watch) => [...blindness(watch), ...blindPlaces(watch)]),
    ...status.channels.flatMap((channel) => idleness(channel) ?? []),
  ];
  const warnings = [
    ...differences(status),
    ...status.watches.flatMap((watch) => heldBack(watch)),
    ...status.channels.flatMap(({ channel, failing }) =>
      failing === null ? [] : [failure(channel, failing)],
    ),
  ];
  return { live, ready: reasons.length === 0, reasons, warnings };
}

/** Why the configuration that was read last is not the one in force. */
export interface ConfigFault {
  since: Timestamp;
  issues: readonly ConfigIssue[];
}

/** A configuration that cannot be used makes nobody blind: the one before it stays in force. It is worth a warning. */
export function withConfigFault(health: Health, fault: ConfigFault | null): Health {
  if (fault === null) return health;
  const faults = fault.issues.map(issueText);
  const warning = `the configuration was changed and cannot be used since ${toIso(fault.since)}, the one before it stays in force: ${faults.join('; ')}`;
  return { ...health, warnings: [...health.warnings, warning] };
}

/**
 * A heartbeat that is not heard, as far as its receiver's answers show, makes nobody blind either: it is worth a warning. Not a part of
 * `healthOf`, by which the heartbeat itself goes: it would stop for its own sake.
 */
export function withHeartbeatFault(health: Health, fault: HeartbeatFault | null): Health {
  if (fault === null) return health;
  const { kind, detail, hint, since } = fault;
  const words = `the heartbeat is ${HEARTBEAT_WORDS[kind]}, since ${toSecond(since)}`;
  const warning = `${words}: ${inSentences({ message: detail, hint })}`;
  return { ...health, warnings: [...health.warnings, warning] };
}

/** Why this replica does nothing, in words; none when it can. */
function cutOff({ replicas }: WatcherStatus): string[] {
  const forMs = replicas?.cutOffMs ?? null;
  if (forMs === null) return [];
  return [
    `this replica is cut off: for ${formatSpan(forMs)} it could not renew its leases in the store, so it polls and sends nothing; those that reach the store do its work. It goes on by itself once the store answers.`,
  ];
}

/** What is told where replicas go by different configurations: they share no work then, and may tell different people. */
function differences({ replicas }: WatcherStatus): string[] {
  if (replicas === null) return [];
  const groups = Map.groupBy(replicas.replicas, ({ configuration }) => configuration);
  if (groups.size < 2) return [];
  const words = [...groups].map(
    ([configuration, those]) =>
      `${those.map(({ name }) => name).join(', ')} by ${configuration.slice(0, 12)}`,
  );
  return [
    `the replicas go by different configurations: ${words.join('; ')}. Give all of them the same file, and reload or restart those that lag.`,
  ];
}

function standstill(forMs: number): string {
  return `the watcher has done nothing for ${formatSpan(forMs)}: its process is blocked, or just comes back from a standstill. Restart it when that lasts.`;
}

/** Why a watch is blind, in words; none when it is not. */
function blindness(status: WatchStatus): string[] {
  if (blindnessOf(status) === null) return [];
  const { watch, lastSuccessAt, sinceSuccessMs, hasMissedPolls } = status;
  // Its parts that fail are named by themselves.
  const fault = status.faults.length === 0 ? status.fault : ownFaultOf(status);
  const ago = formatSpan(sinceSuccessMs);
  const what =
    lastSuccessAt === null
      ? `watch ${watch}: not polled yet, ${ago} after the start`
      : `watch ${watch}: not polled since ${toSecond(lastSuccessAt)}, ${ago} ago`;
  if (fault !== null) return [`${what}: ${inSentences(fault)}`];
  return [hasMissedPolls ? `${what}: the process stood still meanwhile. It is polled next by itself.` : what];
}

function ownFaultOf({ faults }: WatchStatus): Fault | null {
  return faults.find(({ place }) => place === null) ?? null;
}

/** What is told of a watch that is polled, and less often than somebody has asked for. One that is late is blind, which is told by that. */
function heldBack({ watch, throttled, faults }: WatchStatus): string[] {
  if (throttled === null || throttled.isMeant) return [];
  if (faults.some(({ place, reason }) => place === null && reason === throttled.reason)) return [];
  return [`watch ${watch}: since ${toSecond(throttled.since)} ${inSentences(throttled)}`];
}

/** What of a watch is blind by itself for longer than it may. */
function blindPlaces({ watch, faults, dueWithinMs }: WatchStatus): string[] {
  return faults.flatMap((fault) => {
    const { place, blindForMs, since } = fault;
    if (place === null || blindForMs <= dueWithinMs) return [];
    const words = `watch ${watch}: ${placeWords(place)} cannot be read since ${toSecond(since)}`;
    return [`${words}, for ${formatSpan(blindForMs)}: ${inSentences(fault)}`];
  });
}

/** Why nothing is sent to a channel, though it is configured; `null` when something could be. */
function idleness({ channel, waitsForMs }: ChannelStatus): string | null {
  if (waitsForMs === null) return null;
  return `channel ${channel}: its configuration is not in use yet, since ${formatSpan(waitsForMs)}: a send that was under way has not ended. It is cut short by itself; restart the watcher when that lasts.`;
}

/** What is wrong, and what to do about it. */
function inSentences({ message, hint }: { message: string; hint: string | null }): string {
  if (hint === null) return message;
  return `${message.replace(/\.$/, '')}. ${hint.charAt(0).toUpperCase()}${hint.slice(1)}`;
}

function toSecond(at: Timestamp): string {
  return toIso(at).replace(/\.\d+/, '');
}

/** What a process before this one has told of comes without its detail. */
function failure(channel: string, { since, detail }: { since: number; detail: string }): string {
  return `channel ${channel} fails since ${toIso(since)}${detail === '' ? '' : `: ${detail}`}`;
}
