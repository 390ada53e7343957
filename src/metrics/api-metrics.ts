import { Counter, Gauge, type Registry } from 'prom-client';

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
export function addApiFigures(registry: Registry, prefix: string): ApiMetrics {
  const registers = [registry];
  const readers = new Map<string, () => readonly BudgetReading[]>();
  const requests = new Counter({
    name: `${prefix}api_requests_total`,
    help: 'Requests made to Atlas, by HTTP status or kind of failure.',
    labelNames: ['connection', 'status'],
    registers,
  });
  const sunset = new Gauge({
    name: `${prefix}api_sunset_timestamp_seconds`,
    help: 'When an API that is in use ends, as Atlas says. Alert when it comes near.',
    labelNames: ['connection', 'endpoint'],
    registers,
  });
  new Gauge({
    name: `${prefix}rate_limit_remaining`,
    help: 'Requests that Atlas said were left, to all who use the project, when it said so last.',
    labelNames: ['connection', 'project', 'set'],
    registers,
    collect() {
      this.reset();
      for (const [connection, read] of readers) {
        for (const { project, set, remaining } of read()) {
          if (remaining !== null) this.set({ connection, project, set }, remaining);
        }
      }
    },
  });
  new Gauge({
    name: `${prefix}requests_waiting`,
    help: 'Requests to Atlas that wait for their turn in the rate budget.',
    labelNames: ['connection'],
    registers,
    collect() {
      this.reset();
      for (const [connection, read] of readers) {
        this.set(
          { connection },
          read().reduce((sum, { waiting }) => sum + waiting, 0),
        );
      }
    },
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
