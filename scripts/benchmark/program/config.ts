import { GROUP_ID, KEYS } from '../atlas/jobs.ts';

/** A configuration with one watch that polls once a second; what is given takes the place of what is usual. */
export function configOf(
  baseUrl: string,
  watch: Record<string, unknown>,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    connections: [connectionTo(baseUrl)],
    watches: [watchOf(watch)],
    ...more,
  };
}

/** A connection whose budget is no limit. */
export function connectionTo(baseUrl: string): Record<string, unknown> {
  return { name: 'atlas', baseUrl, auth: { type: 'digest', ...KEYS }, requestsPerMinute: 1_000_000 };
}

/** A serverless watch that polls once a second, unless told otherwise. */
export function watchOf(watch: Record<string, unknown>): Record<string, unknown> {
  return {
    name: watch.instanceName,
    kind: 'serverless',
    apiVersion: 'v1.0',
    groupId: GROUP_ID,
    schedule: '* * * * * *',
    ...watch,
  };
}

/** One webhook that is told of these events, or of everything. */
export function toldTo(url: string, events: readonly string[] = ['*']): Record<string, unknown> {
  return {
    channels: [{ name: 'webhook', type: 'webhook', url }],
    routes: [{ events, channels: ['webhook'] }],
  };
}
