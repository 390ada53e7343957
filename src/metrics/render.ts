import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Registry } from 'prom-client';

/**
 * Writes the figures in Prometheus's text format, one metric after the other. With two thousand watches a metric has thousands of
 * series: what else there is to do comes in between, and does not wait for all of them.
 */
export async function renderInTurns(registry: Registry): Promise<string> {
  const texts: string[] = [];
  for (const { name } of registry.getMetricsAsArray()) {
    texts.push(await registry.getSingleMetricAsString(name));
    await nextTurn();
  }
  return `${texts.join('\n\n')}\n`;
}
