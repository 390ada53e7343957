import { formatSpan, type Timestamp, toIso } from '../domain/instant.ts';
import type { ConfigIssue } from '../errors.ts';
import type { WatcherStatus, WatchStatus } from '../watcher/status.ts';

export interface Health {
  /** The loop shows signs of life: a restart would not help. */
  live: boolean;
  /** Everything that is to be watched is being watched, and what is found can be written down. */
  ready: boolean;
  /** Why it is not ready (or not live), for people. Empty when it is both. */
  reasons: string[];
  /** What does not make it blind, and should be known all the same: a channel that fails. */
  warnings: string[];
}

/** A loop that gave no sign for this long hangs. */
const HEARTBEAT_LIMIT_MS = 30_000;

/**
 * Judges by the age of the last success, not by whether the process is up. Live: the heartbeat is younger than
 * `heartbeatLimitMs`. Ready: live, running, the last write went well, and every watch was polled within its due time. A watch that
 * waits for its first success is not ready either: nobody can say yet that it can be read.
 */
export function healthOf(status: WatcherStatus, heartbeatLimitMs = HEARTBEAT_LIMIT_MS): Health {
  const live = status.sinceHeartbeatMs < heartbeatLimitMs;
  const reasons = [
    ...(live ? [] : [`the loop has shown no sign of life for ${formatSpan(status.sinceHeartbeatMs)}`]),
    ...(status.state === 'running' ? [] : [`the watcher is ${status.state}`]),
    ...(status.storeFault === null ? [] : [`the store fails: ${status.storeFault}`]),
    ...status.watches.flatMap((watch) => blindness(watch) ?? []),
  ];
  const warnings = status.channels.flatMap(({ channel, failing }) =>
    failing === null ? [] : [`channel ${channel} fails since ${toIso(failing.since)}: ${failing.detail}`],
  );
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
  const faults = fault.issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  const warning = `the configuration was changed and cannot be used since ${toIso(fault.since)}, the one before it stays in force: ${faults.join('; ')}`;
  return { ...health, warnings: [...health.warnings, warning] };
}

/** Why a watch cannot be relied on at the moment; `null` when it can. */
function blindness(watch: WatchStatus): string | null {
  const isPastDue = watch.sinceSuccessMs > watch.dueWithinMs;
  if (watch.lastSuccessAt !== null && !isPastDue) return null;

  const what = isPastDue
    ? `watch ${watch.watch}: no successful poll for ${formatSpan(watch.sinceSuccessMs)}, due within ${formatSpan(watch.dueWithinMs)}`
    : `watch ${watch.watch} has not been polled yet`;
  return watch.fault === null ? what : `${what}; ${cause(watch.fault)}`;
}

function cause(fault: NonNullable<WatchStatus['fault']>): string {
  const hint = fault.hint === null ? '' : ` (${fault.hint})`;
  return `${fault.reason} since ${toIso(fault.since)}: ${fault.message}${hint}`;
}
