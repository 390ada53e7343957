import type { JobKind } from './restore-job.ts';

export type ApiVersion = 'v1.0' | 'v2';

/** What to poll, normalised from the configuration. Spans are milliseconds. */
export interface Watch {
  name: string;
  connection: string;
  kind: JobKind;
  apiVersion: ApiVersion;
  groupId: string;
  instanceName: string;
  /** Empty: every job of the instance. */
  restoreJobIds: readonly string[];
  /** node-cron expressions, read in UTC. */
  schedule: string;
  scheduleIdle: string | null;
  /** `false`: at first sight nothing about the past; `true`: all of it; a number: what ended within that many milliseconds. */
  announceExisting: boolean | number;
  labels: Readonly<Record<string, string>>;
}

/** One instance of a project as one watch sees it: the unit that is polled and that has a baseline. */
export interface Target {
  watch: string;
  connection: string;
  kind: JobKind;
  apiVersion: ApiVersion;
  groupId: string;
  instanceName: string;
}

export function targetOf(watch: Watch): Target {
  const { name, connection, kind, apiVersion, groupId, instanceName } = watch;
  return { watch: name, connection, kind, apiVersion, groupId, instanceName };
}

/** Names a target in the store. A watch that is pointed at something else is a new target, with a baseline of its own. */
export function targetKey(target: Target): string {
  return [target.watch, target.kind, target.groupId, target.instanceName].join('/');
}
