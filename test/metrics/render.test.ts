import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { renderInTurns } from '../../src/metrics/render.ts';

function aRegistry(contentType: typeof Registry.OPENMETRICS_CONTENT_TYPE | undefined = undefined): Registry {
  const registry = new Registry();
  if (contentType !== undefined)
    registry.setContentType(contentType as unknown as typeof Registry.PROMETHEUS_CONTENT_TYPE);
  const registers = [registry];
  new Counter({ name: 'polls_total', help: 'Polls.', labelNames: ['watch'], registers }).inc({
    watch: 'a"b',
  });
  new Gauge({ name: 'age_seconds', help: 'Age.', registers }).set(1.5);
  new Histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [1, 2], registers }).observe(1.2);
  return registry;
}

describe('the figures', () => {
  it('are written as prom-client writes them, and let others have a turn after each metric', async () => {
    const registry = aRegistry();
    let turns = 0;
    const turn = (): NodeJS.Immediate =>
      setImmediate(() => {
        turns += 1;
        last = turn();
      });
    let last = turn();
    const text = await renderInTurns(registry);
    clearImmediate(last);

    expect(text).toBe(await registry.metrics());
    expect(turns).toBeGreaterThanOrEqual(3);
  });

  it('are written in OpenMetrics as prom-client writes them, and in the other format again afterwards', async () => {
    const registry = aRegistry();
    const before = await renderInTurns(registry);
    const text = await renderInTurns(registry, 'openmetrics');
    expect(text).toBe(await aRegistry(Registry.OPENMETRICS_CONTENT_TYPE).metrics());
    expect(text).toContain('# TYPE polls counter\npolls_total{watch="a\\"b"} 1\n');
    expect(text).toMatch(/\n# EOF\n$/);
    expect(await renderInTurns(registry)).toBe(before);
  });
});
