import type { Instruments } from './instruments.ts';

/** What one endpoint set in one project has left, and who waits for it. */
export interface BudgetReading {
  /** Empty for requests that belong to no project. */
  project: string;
  set: string;
  /** `null` where Atlas tells nothing. */
  remaining: number | null;
  waiting: number;
}

/** The figures about Atlas, as the sources report them. */
export interface ApiMetrics {
  /** Counts one request to Atlas; `status` is the HTTP status, or `error` where there was no reply. */
  onRequest(request: { connection: string; status: number | string }): void;
  /** Notes the day on which an endpoint ends; `sunsetAt` in milliseconds. */
  onSunset(notice: { connection: string; endpoint: string; sunsetAt: number }): void;
  /** The connection has come, and from now on its budgets are read at each scrape; `null`: it has gone, and its series with it. */
  readBudgets(connection: string, read: (() => readonly BudgetReading[]) | null): void;
}

/** These begin at zero for each connection. What else comes cannot be known before. */
const USUAL_STATUSES = ['200', '401', '429', 'error'];

/** The figures about the API of Atlas. */
export function addApiFigures(instruments: Instruments): ApiMetrics {
  const readers = new Map<string, () => readonly BudgetReading[]>();
  /** Of the connections that are there: a request that ends after its connection has left must not bring its series back. */
  const statuses = new Map<string, Set<string>>();
  const endpoints = new Map<string, Set<string>>();
  const requests = instruments.counter('restore_watcher_api_requests_total');
  const sunset = instruments.gauge('restore_watcher_api_sunset_timestamp_seconds');
  instruments.gauge('restore_watcher_rate_limit_remaining', (gauge) => {
    gauge.reset();
    for (const [connection, read] of readers) {
      for (const { project, set, remaining } of read()) {
        if (remaining !== null) gauge.set({ connection, project, set }, remaining);
      }
    }
  });
  instruments.gauge('restore_watcher_requests_waiting', (gauge) => {
    gauge.reset();
    for (const [connection, read] of readers) {
      const waiting = read().reduce((sum, reading) => sum + reading.waiting, 0);
      gauge.set({ connection }, waiting);
    }
  });
  const count = (connection: string, status: string, by = 1): void => {
    statuses.get(connection)?.add(status);
    requests.inc({ connection, status }, by);
  };
  const forget = (connection: string): void => {
    for (const status of statuses.get(connection) ?? []) requests.remove({ connection, status });
    for (const endpoint of endpoints.get(connection) ?? []) sunset.remove({ connection, endpoint });
    for (const kept of [readers, statuses, endpoints]) kept.delete(connection);
  };
  return {
    onRequest: ({ connection, status }) => {
      if (statuses.has(connection)) count(connection, String(status));
    },
    onSunset: ({ connection, endpoint, sunsetAt }) => {
      if (!statuses.has(connection)) return;
      sunset.set({ connection, endpoint }, sunsetAt / 1000);
      endpoints.set(connection, (endpoints.get(connection) ?? new Set()).add(endpoint));
    },
    readBudgets: (connection, read) => {
      if (read === null) forget(connection);
      else {
        readers.set(connection, read);
        if (statuses.has(connection)) return;
        statuses.set(connection, new Set());
        for (const status of USUAL_STATUSES) count(connection, status, 0);
      }
    },
  };
}
