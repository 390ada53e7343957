import type { WatcherStatus, WatchStatus } from '../../src/watcher/status.ts';
import { GROUP_ID, MINUTE, T0 } from './builders.ts';

export function aWatchStatus(over: Partial<WatchStatus> = {}): WatchStatus {
  return {
    watch: 'orders',
    connection: 'atlas',
    kind: 'serverless',
    groupId: GROUP_ID,
    instanceName: 'orders',
    lastAttemptAt: T0,
    lastSuccessAt: T0,
    sinceSuccessMs: 20_000,
    scheduledMs: MINUTE,
    periodMs: MINUTE,
    throttled: null,
    dueWithinMs: 2 * MINUTE,
    nextPollAt: T0 + 30_000,
    hasMissedPolls: false,
    consecutiveFailures: 0,
    fault: null,
    faults: [],
    unknownJobIds: [],
    hasRunningJobs: false,
    hint: null,
    budget: null,
    polledBy: null,
    share: null,
    ...over,
  };
}

export function aWatcherStatus(over: Partial<WatcherStatus> = {}): WatcherStatus {
  return {
    state: 'running',
    startedAt: T0 - MINUTE,
    sinceHeartbeatMs: 500,
    watches: [aWatchStatus()],
    channels: [],
    storeFault: null,
    replicas: null,
    ...over,
  };
}

/** A fault as a wrong key leaves it. */
export const AUTH_FAULT = {
  reason: 'auth',
  message: 'Atlas refuses the credentials',
  hint: 'Check the API key.',
  since: T0,
};

export const DISK_FULL = { message: 'the disk is full', hint: 'Make room.', since: T0 };
