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
  /** Counts one request to Atlas; `status` is the HTTP status, or a word where there was no reply (`timeout`, `network`). */
  onRequest(request: { connection: string; status: number | string }): void;
  /** Notes the day on which an endpoint ends; `sunsetAt` in milliseconds. */
  onSunset(notice: { connection: string; endpoint: string; sunsetAt: number }): void;
  /** From now on the budgets of this connection are read at each scrape; `null`: no more, it has gone. */
  readBudgets(connection: string, read: (() => readonly BudgetReading[]) | null): void;
}

/** The figures about the API of Atlas. */
export function addApiFigures(instruments: Instruments): ApiMetrics {
  const readers = new Map<string, () => readonly BudgetReading[]>();
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
  return {
    onRequest: ({ connection, status }) => requests.inc({ connection, status: String(status) }),
    onSunset: ({ connection, endpoint, sunsetAt }) => sunset.set({ connection, endpoint }, sunsetAt / 1000),
    readBudgets: (connection, read) => {
      if (read === null) readers.delete(connection);
      else readers.set(connection, read);
    },
  };
}
