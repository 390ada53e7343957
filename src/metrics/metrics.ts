import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { isTransitionName } from '../domain/event/event.ts';
import { MILESTONES, type Milestone, stateAfter } from '../domain/job/restore-job.ts';
import type { Signals } from '../signals.ts';
import { type ApiMetrics, addApiFigures } from './api-metrics.ts';
import { showFailingPlaces } from './place-metrics.ts';
import { addBuildInfo, addProcessFigures } from './process-metrics.ts';
import { countReloads } from './reload-metrics.ts';
import { renderInTurns } from './render.ts';
import { createRoster } from './roster.ts';
import { addRunningFigures, type RunningFiguresDeps } from './running-metrics.ts';

/** All figures of one app instance. */
export interface Metrics extends ApiMetrics {
  /**
   * Knows these from now on. Their series exist at once, at zero: Prometheus cannot see the first step of a counter that was not there
   * before. Those of watches and channels that have gone are dropped: the age of their last success would only alarm somebody.
   */
  apply(names: { watches: readonly string[]; channels: readonly string[] }): void;
  /** The Prometheus text. Figures that come from the store are left out while it cannot be read; the others stand. */
  render(): Promise<{ contentType: string; text: string }>;
  /** Stops listening. */
  close(): void;
}

/** What the figures are taken from. */
export interface MetricsOptions extends RunningFiguresDeps {
  signals: Signals;
  version: string;
}

/** Some of the figures. */
interface Figures {
  /** Those of them that are by watch or by channel know these names from now on, and no others. */
  apply?: Metrics['apply'];
  /** Stops listening. */
  end?: () => void;
}

const PREFIX = 'restore_watcher_';

/** Seconds: from a quick poll of one job to a long listing with retries. */
const POLL_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** Seconds: from "at once" to the 24 h after which a delivery is given up. */
const LATENCY_BUCKETS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800, 7_200, 28_800, 86_400];

/** Every state that a transition leads to. */
const REACHED_STATES = MILESTONES.map((milestone) => stateAfter([milestone]));

/** One registry per app instance: a second app in the same process (tests, the demo) has its own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = new Registry();
  const api = addApiFigures(registry, PREFIX);
  addBuildInfo(registry, PREFIX, options.version);
  addProcessFigures(registry);
  const storeFigures = addStoreFigures(registry, options);
  const figures: Figures[] = [
    storeFigures,
    countPolls(registry, options),
    showFailingPlaces(registry, PREFIX, options.signals),
    countTransitions(registry, options),
    countDeliveries(registry, options),
    { end: countReloads(registry, PREFIX, options.signals) },
  ];

  return {
    ...api,
    apply: (names) => {
      for (const { apply } of figures) apply?.(names);
    },
    render: async () => {
      await storeFigures.refresh();
      return { contentType: registry.contentType, text: await renderInTurns(registry) };
    },
    close: () => {
      for (const { end } of figures) end?.();
    },
  };
}

function countPolls(registry: Registry, { signals }: MetricsOptions): Figures {
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
    help: 'When the watch was last polled with success; before the first time, since when it is configured. Alert on its age.',
    labelNames: ['watch'],
    registers,
  });
  const series = createRoster({
    come: (watch) => {
      for (const outcome of ['ok', 'failed']) polls.inc({ watch, outcome }, 0);
      // One that is never polled must grow old too: of a series that is not there nobody is alarmed.
      lastSuccess.setToCurrentTime({ watch });
    },
    go: (watch) => {
      for (const outcome of ['ok', 'failed']) polls.remove({ watch, outcome });
      lastSuccess.remove({ watch });
    },
  });
  const end = signals.on('poll:finished', ({ watch, outcome, durationMs }) => {
    // The last poll of a watch that has just left the configuration must not bring its series back.
    if (!series.has(watch)) return;
    polls.inc({ watch, outcome });
    duration.observe(durationMs / 1000);
    if (outcome === 'ok') lastSuccess.setToCurrentTime({ watch });
  });
  return { apply: ({ watches }) => series.apply(watches), end };
}

function countTransitions(registry: Registry, { signals }: MetricsOptions): Figures {
  const transitions = new Counter({
    name: `${PREFIX}transitions_total`,
    help: 'Transitions of restore jobs that were found, by the state they led to.',
    labelNames: ['watch', 'to'],
    registers: [registry],
  });
  const series = createRoster({
    come: (watch) => {
      for (const to of REACHED_STATES) transitions.inc({ watch, to }, 0);
    },
    go: (watch) => {
      for (const to of REACHED_STATES) transitions.remove({ watch, to });
    },
  });
  const end = signals.on('event:recorded', ({ watch, name, hasHappened }) => {
    if (hasHappened && isTransitionName(name) && series.has(watch))
      transitions.inc({ watch, to: stateAfter([name as Milestone]) });
  });
  return { apply: ({ watches }) => series.apply(watches), end };
}

function countDeliveries(registry: Registry, { signals }: MetricsOptions): Figures {
  const registers = [registry];
  const deliveries = new Counter({
    name: `${PREFIX}deliveries_total`,
    help: 'Delivery attempts that have ended, by outcome (delivered, retry, given_up).',
    labelNames: ['channel', 'outcome'],
    registers,
  });
  const latency = new Histogram({
    name: `${PREFIX}delivery_latency_seconds`,
    help: 'From detecting a change, or from the slot of the digest that tells it, to its acceptance by a channel.',
    buckets: LATENCY_BUCKETS,
    registers,
  });
  const outcomes = ['delivered', 'retry', 'given_up'];
  const series = createRoster({
    come: (channel) => {
      for (const outcome of outcomes) deliveries.inc({ channel, outcome }, 0);
    },
    go: (channel) => {
      for (const outcome of outcomes) deliveries.remove({ channel, outcome });
    },
  });
  const end = signals.on('delivery:recorded', ({ channel, outcome, latencyMs }) => {
    if (!series.has(channel)) return;
    deliveries.inc({ channel, outcome });
    if (latencyMs !== null) latency.observe(latencyMs / 1000);
  });
  return { apply: ({ channels }) => series.apply(channels), end };
}

/** `refresh` brings the figures up to date: they are asked for at each scrape, so that a restart changes nothing. */
function addStoreFigures(
  registry: Registry,
  options: MetricsOptions,
): Figures & { refresh: () => Promise<void> } {
  const { store, clock } = options;
  const registers = [registry];
  const running = addRunningFigures(registry, PREFIX, options);
  let known: Parameters<Metrics['apply']>[0] = { watches: [], channels: [] };
  const jobs = new Gauge({
    name: `${PREFIX}jobs`,
    help: 'Restore jobs of the watch on record, by state.',
    labelNames: ['watch', 'state'],
    registers,
  });
  const pending = new Gauge({
    name: `${PREFIX}deliveries_pending`,
    help: 'Deliveries owed and not yet made; those that wait for a digest count from its slot on.',
    labelNames: ['channel'],
    registers,
  });
  const held = new Gauge({
    name: `${PREFIX}deliveries_held`,
    help: 'Deliveries that wait for the next digest of their channel.',
    labelNames: ['channel'],
    registers,
  });
  const refresh = async (): Promise<void> => {
    const [jobCounts, deliveryCounts] = await Promise.allSettled([
      store.countJobs(),
      store.countDeliveries(clock.now()),
    ]);
    await running.refresh();
    jobs.reset();
    pending.reset();
    held.reset();
    if (jobCounts.status === 'fulfilled') {
      // Of a watch that has left nobody learns any more how its jobs go on.
      const watches = new Set(known.watches);
      const counts = jobCounts.value.filter(({ watch }) => watches.has(watch));
      for (const { watch, state, count } of counts) jobs.set({ watch, state }, count);
    }
    if (deliveryCounts.status === 'fulfilled') {
      for (const channel of known.channels) {
        pending.set({ channel }, 0);
        held.set({ channel }, 0);
      }
      for (const { channel, status, count, held: waiting } of deliveryCounts.value) {
        pending.inc({ channel }, status === 'pending' ? count - waiting : 0);
        held.inc({ channel }, waiting);
      }
    }
  };
  return {
    refresh,
    apply: (names) => {
      known = names;
      running.apply(names.watches);
    },
  };
}
