import type { Signals } from '../signals.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** Counts the configurations that are read while running. */
export function countReloads(instruments: Instruments, signals: Signals): Figures {
  const reloads = instruments.counter('restore_watcher_config_reloads_total');
  const isSuccess = instruments.gauge('restore_watcher_config_last_reload_successful');
  for (const outcome of ['ok', 'failed']) reloads.inc({ outcome }, 0);
  isSuccess.set(1);
  const end = signals.on('config:reloaded', ({ outcome }) => {
    reloads.inc({ outcome });
    isSuccess.set(outcome === 'ok' ? 1 : 0);
  });
  return { end };
}
