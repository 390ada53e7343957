import type { Clock } from '../clock.ts';
import type { Signals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** Counts the configurations that are read while running. */
export function countReloads(
  instruments: Instruments,
  { signals, clock }: { signals: Signals; clock: Clock },
): Figures {
  const reloads = instruments.counter('restore_watcher_config_reloads_total');
  const isSuccess = instruments.gauge('restore_watcher_config_last_reload_successful');
  for (const outcome of ['ok', 'failed']) reloads.inc({ outcome }, 0);
  const loadedAt = instruments.gauge('restore_watcher_config_loaded_timestamp_seconds');
  isSuccess.set(1);
  loadedAt.set(clock.now() / 1000);
  const end = signals.on('config:reloaded', ({ outcome }) => {
    reloads.inc({ outcome });
    isSuccess.set(outcome === 'ok' ? 1 : 0);
    if (outcome === 'ok') loadedAt.set(clock.now() / 1000);
  });
  return { end };
}
