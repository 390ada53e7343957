import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isTransitionName } from '../domain/event.ts';
import { type Milestone, stateAfter } from '../domain/restore-job.ts';
import type { Store } from '../store/store.ts';
import type { Signals } from '../watcher/events.ts';
import { type ApiMetrics, addApiFigures } from './api-metrics.ts';

export interface Metrics extends ApiMetrics {
  /** The Prometheus text. Figures that come from the store are left out while it cannot be read; the others stand. */
  render(): Promise<{ contentType: string; text: string }>;
  /** Stops listening. */
  close(): void;
}

export interface MetricsOptions {
  signals: Signals;
  store: Pick<Store, 'countJobs' | 'countDeliveries'>;
  version: string;
  /** Their series exist from the start, at zero: Prometheus cannot see the first step of a counter that was not there before. */
  watches?: readonly string[];
  channels?: readonly string[];
}

const PREFIX = 'restore_watcher_';

/** Seconds: from a quick poll of one job to a long listing with retries. */
const POLL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Seconds: from "at once" to the 24 h after which a delivery is given up. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 28_800, 86_400];

/** One registry per app instance: a second app in the same process (tests, the demo) has its own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const api = addApiFigures(registry, PREFIX);
  addBuildInfo(registry, options.version);
  addProcessFigures(registry);
  const refreshStoreFigures = addStoreFigures(registry, options);
  const endings = [countPolls(registry, options), countEvents(registry, options)];

  return {
    ...api,
    render: async () => {
      await refreshStoreFigures();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
    close: () => {
      for (const end of endings) end();
    },
  };
}

function countPolls(registry: Registry, { signals, watches = [] }: MetricsOptions): () => void {
  const registers = [registry];
  const polls = new Counter({
    name: `${PREFIX}polls_total`,
    help: 'Polls that have ended, by outcome (ok, failed).',
    labelNames: ['watch', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: `${PREFIX}poll_duration_seconds`,
    help: 'How long a poll took, retries included.',
    buckets: POLL_BUCKETS,
    registers,
  });
  const lastSuccess = new Gauge({
    name: `${PREFIX}last_successful_poll_timestamp_seconds`,
    help: 'When the watch was last polled with success. Alert on its age.',
    labelNames: ['watch'],
    registers,
  });
  for (const watch of watches) {
    polls.inc({ watch, outcome: 'ok' }, 0);
    polls.inc({ watch, outcome: 'failed' }, 0);
  }
  return signals.on('poll:finished', ({ watch, outcome, durationMs }) => {
    polls.inc({ watch, outcome });
    duration.observe(durationMs / 1000);
    if (outcome === 'ok') lastSuccess.setToCurrentTime({ watch });
  });
}

function countEvents(registry: Registry, { signals, channels = [] }: MetricsOptions): () => void {
  const registers = [registry];
  const transitions = new Counter({
    name: `${PREFIX}transitions_total`,
    help: 'Transitions of restore jobs that were found, by the state they led to.',
    labelNames: ['watch', 'to'],
    registers,
  });
  const deliveries = new Counter({
    name: `${PREFIX}deliveries_total`,
    help: 'Delivery attempts that have ended, by outcome (delivered, retry, given_up).',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const latency = new Histogram({
    name: `${PREFIX}delivery_latency_seconds`,
    help: 'From detecting a change to its acceptance by a channel.',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  for (const channel of channels) {
    for (const outcome of ['delivered', 'retry', 'given_up']) deliveries.inc({ channel, outcome }, 0);
  }
  const endings = [
    signals.on('event:recorded', ({ watch, name, hasHappened }) => {
      if (hasHappened && isTransitionName(name))
        transitions.inc({ watch, to: stateAfter([name as Milestone]) });
    }),
    signals.on('delivery:recorded', ({ channel, outcome, latencyMs }) => {
      deliveries.inc({ channel, outcome });
      if (latencyMs !== null) latency.observe(latencyMs / 1000);
    }),
  ];
  return () => {
    for (const end of endings) end();
  };
}

/** Returns what brings the figures up to date: they are asked for at each scrape, so that a restart changes nothing. */
function addStoreFigures(registry: Registry, { store, channels = [] }: MetricsOptions): () => Promise<void> {
  const registers = [registry];
  const jobs = new Gauge({
    name: `${PREFIX}jobs`,
    help: 'Restore jobs on record, by state.',
    labelNames: ['watch', 'state'],
    registers,
  });
  const pending = new Gauge({
    name: `${PREFIX}deliveries_pending`,
    help: 'Deliveries owed and not yet made.',
    labelNames: ['channel'],
    registers,
  });
  return async () => {
    const [jobCounts, deliveryCounts] = await Promise.allSettled([
      store.countJobs(),
      store.countDeliveries(),
    ]);
    jobs.reset();
    pending.reset();
    if (jobCounts.status === 'fulfilled') {
      for (const { watch, state, count } of jobCounts.value) jobs.set({ watch, state }, count);
    }
    if (deliveryCounts.status === 'fulfilled') {
      for (const channel of channels) pending.set({ channel }, 0);
      for (const { channel, status, count } of deliveryCounts.value) {
        pending.inc({ channel }, status === 'pending' ? count : 0);
      }
    }
  };
}

function addBuildInfo(registry: Registry, version: string): void {
  new Gauge({
    name: `${PREFIX}build_info`,
    help: 'Always 1; the labels say what is running.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1);
}

/**
 * The few figures about the process that an operator looks at, under the names of prom-client's default metrics. Not the whole
 * default set: its event loop monitor wakes the process a hundred times a second and its GC observer never rests, which
 * is most of what an idle watcher would do. All of these cost nothing between scrapes.
 */
function addProcessFigures(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(Math.round(performance.timeOrigin / 1000));
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const total = (user + system) / 1e6;
      this.inc(Math.max(0, total - counted));
      counted = total;
    },
  });
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Lag of event loop in seconds, sampled at the scrape.',
    registers,
    async collect() {
      const start = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - start) / 1000);
    },
  });
}
