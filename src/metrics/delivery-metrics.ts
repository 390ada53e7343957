import type { Signals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';
import { createRoster } from './roster.ts';

const OUTCOMES = ['delivered', 'retry', 'given_up'];

/** How deliveries go. */
export function countDeliveries(instruments: Instruments, signals: Signals): Figures {
  const deliveries = instruments.counter('restore_watcher_deliveries_total');
  const latency = instruments.histogram('restore_watcher_delivery_latency_seconds');
  const series = createRoster({
    come: (channel) => {
      for (const outcome of OUTCOMES) deliveries.inc({ channel, outcome }, 0);
    },
    go: (channel) => {
      for (const outcome of OUTCOMES) deliveries.remove({ channel, outcome });
    },
  });
  const end = signals.on('delivery:recorded', ({ channel, outcome, latencyMs }) => {
    if (!series.has(channel)) return;
    deliveries.inc({ channel, outcome });
    if (latencyMs !== null) latency.observe(latencyMs / 1000);
  });
  return { apply: ({ channels }) => series.apply(channels), end };
}
