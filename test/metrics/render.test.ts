import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { renderInTurns } from '../../src/metrics/render.ts';

it('writes what prom-client writes, and lets others have a turn after each metric', async () => {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'polls_total', help: 'Polls.', labelNames: ['watch'], registers }).inc({
    watch: 'a"b',
  });
  new Gauge({ name: 'age_seconds', help: 'Age.', registers }).set(1.5);
  new Histogram({ name: 'wait_seconds', help: 'Waits.', buckets: [1, 2], registers }).observe(1.2);

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
