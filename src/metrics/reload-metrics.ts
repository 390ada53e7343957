import { Counter, Gauge, type Registry } from 'prom-client';
import type { Signals } from '../signals.ts';

/** Counts the configurations that are read while running. @returns the function that ends it. */
export function countReloads(registry: Registry, prefix: string, signals: Signals): () => void {
  const registers = [registry];
  const reloads = new Counter({
    name: `${prefix}config_reloads_total`,
    help: 'Configurations that were read while running, by outcome (ok, failed).',
    labelNames: ['outcome'],
    registers,
  });
  const isSuccess = new Gauge({
    name: `${prefix}config_last_reload_successful`,
    help: '1 while the configuration in force is the one that was read last; 0 while that one has faults.',
    registers,
  });
  for (const outcome of ['ok', 'failed']) reloads.inc({ outcome }, 0);
  isSuccess.set(1);
  return signals.on('config:reloaded', ({ outcome }) => {
    reloads.inc({ outcome });
    isSuccess.set(outcome === 'ok' ? 1 : 0);
  });
}
