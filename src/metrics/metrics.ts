import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';
import type { Signals } from '../signals.ts';
import { type ApiMetrics, addApiFigures } from './api-metrics.ts';
import { countDeliveries } from './delivery-metrics.ts';
import { countEvents } from './event-metrics.ts';
import type { Figures, Names } from './figures.ts';
import { instrumentsOf } from './instruments.ts';
import { countPolls } from './poll-metrics.ts';
import { addBuildInfo, addProcessFigures } from './process-metrics.ts';
import { countReloads } from './reload-metrics.ts';
import { CONTENT_TYPES, type MetricsFormat, renderInTurns } from './render.ts';
import { addRunningFigures, type RunningFiguresDeps } from './running-metrics.ts';
import { addStatusFigures, type StatusFigures } from './status-metrics.ts';
import { addStoredFigures, type StoredFiguresDeps } from './stored-metrics.ts';

/** All figures of one app instance. */
export interface Metrics extends ApiMetrics, Pick<StatusFigures, 'readStatus'> {
  /**
   * Knows these from now on. Their series exist at once, at zero: Prometheus cannot see the first step of a counter that was not there
   * before. Those of watches and channels that have gone are dropped: the age of their last success would only alarm somebody.
   */
  apply(names: Names): void;
  /** The figures as text. Those that come from the store are left out while it cannot be read; the others stand. */
  render(format?: MetricsFormat): Promise<{ contentType: string; text: string }>;
  /** Stops listening. */
  close(): void;
}

/** What the figures are taken from. */
export interface MetricsOptions extends RunningFiguresDeps, StoredFiguresDeps {
  store: RunningFiguresDeps['store'] & StoredFiguresDeps['store'];
  signals: Signals;
  version: string;
}

/** One registry per app instance: a second app in the same process (tests, the demo) has its own. */
export function createMetrics(options: MetricsOptions): Metrics {
  const { signals, version } = options;
  const registry = new Registry();
  const instruments = instrumentsOf(registry);
  addBuildInfo(instruments, version);
  addProcessFigures(instruments);
  const status = addStatusFigures(instruments);
  const api = addApiFigures(instruments);
  const figures: Figures[] = [
    countReloads(instruments, options),
    status,
    countPolls(instruments, signals, status),
    addStoredFigures(instruments, options),
    countEvents(instruments, signals),
    addRunningFigures(instruments, options),
    countDeliveries(instruments, signals),
  ];

  return {
    ...api,
    readStatus: status.readStatus,
    apply: (names) => {
      for (const { apply } of figures) apply?.(names);
    },
    render: async (format = 'prometheus') => {
      for (const { refresh } of figures) {
        await refresh?.();
        await nextTurn();
      }
      return { contentType: CONTENT_TYPES[format], text: await renderInTurns(registry, format) };
    },
    close: () => {
      for (const { end } of figures) end?.();
    },
  };
}
