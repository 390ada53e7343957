import { JOB_STATES } from '../../../../src/domain/job/restore-job.ts';
import { DELIVERY_STATUSES } from '../../../../src/store/ports/outbox.ts';

/** What stands in a store, to be asked for. */
export interface Known {
  watches: readonly string[];
  channels: readonly string[];
  /** Ids of jobs: one of the first, one in the middle, one of the last. */
  jobs: readonly string[];
}

/** Every read of the HTTP server, with every filter that it knows. `/metrics` comes apart. */
export function readsOf({ watches, channels, jobs }: Known): string[] {
  const [watch = '', channel = ''] = [watches[0], channels[0]];
  return [
    '/healthz',
    '/readyz',
    '/api/v1/watches',
    '/api/v1/jobs',
    '/api/v1/jobs?limit=500',
    ...JOB_STATES.map((state) => `/api/v1/jobs?state=${state}`),
    `/api/v1/jobs?watch=${watch}`,
    `/api/v1/jobs?watch=${watch}&state=in_progress`,
    ...jobs.map((id) => `/api/v1/jobs/${id}`),
    '/api/v1/transitions',
    '/api/v1/transitions?limit=500',
    `/api/v1/transitions?watch=${watch}`,
    `/api/v1/transitions?job=${jobs[1] ?? ''}`,
    '/api/v1/transitions?since=2026-01-01T00:00:00Z',
    '/api/v1/deliveries',
    '/api/v1/deliveries?limit=500',
    ...DELIVERY_STATUSES.map((status) => `/api/v1/deliveries?status=${status}`),
    ...channels.map((name) => `/api/v1/deliveries?channel=${name}`),
    `/api/v1/deliveries?channel=${channel}&status=given_up`,
  ];
}

/** Every command that only reads, and ends. `audit verify` and `audit export` go through the whole log, and come apart. */
export function commandsOf({ watches, channels, jobs }: Known): string[][] {
  const [watch = '', channel = ''] = [watches[0] ?? '', channels[0] ?? ''];
  return [
    ['jobs'],
    ['jobs', '--state', 'in_progress'],
    ['jobs', '--watch', watch],
    ['history'],
    ['history', '--watch', watch],
    ['history', '--since', '30d'],
    ...jobs.map((id) => ['history', id]),
    ['deliveries'],
    ['deliveries', '--status', 'given_up'],
    ['deliveries', '--status', 'pending'],
    ['deliveries', '--channel', channel],
    ['mute', 'list'],
    ['mute', 'list', '--all'],
    ['notify', 'preview', '--channel', channel],
    ['routes', 'explain', '--event', 'failed', '--watch', watch],
  ];
}
