import { setImmediate as nextTurn } from 'node:timers/promises';
import { Registry } from 'prom-client';

/** How the figures can be written. */
export type MetricsFormat = 'prometheus' | 'openmetrics';

/** The media type of each format, with its version. */
export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: Registry.PROMETHEUS_CONTENT_TYPE,
  openmetrics: Registry.OPENMETRICS_CONTENT_TYPE,
};

/**
 * Writes the figures, one metric after the other. With two thousand watches a metric has thousands of series: what else there is to do
 * comes in between, and does not wait for all of them.
 */
export async function renderInTurns(
  registry: Registry,
  format: MetricsFormat = 'prometheus',
): Promise<string> {
  const texts: string[] = [];
  for (const { name, type } of registry.getMetricsAsArray()) {
    const text = await registry.getSingleMetricAsString(name);
    // prom-client writes OpenMetrics only by renaming its counters for good.
    texts.push(format === 'openmetrics' && isCounter(type) ? asFamily(text, name) : text);
    await nextTurn();
  }
  return format === 'openmetrics' ? `${texts.join('\n')}\n# EOF\n` : `${texts.join('\n\n')}\n`;
}

/** In OpenMetrics the family of a counter is named without `_total`, which its samples have. */
function asFamily(text: string, name: string): string {
  const family = name.replace(/_total$/, '');
  const [help = '', type = '', ...samples] = text.split('\n');
  return [help.replace(name, family), type.replace(name, family), ...samples].join('\n');
}

/** prom-client's types say a number, and it is a word. */
function isCounter(type: unknown): boolean {
  return type === 'counter';
}
