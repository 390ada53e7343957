import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withMetricsTable } from '../../scripts/metrics/table.ts';
import { METRICS } from '../../src/metrics/definitions.ts';

describe('the page about metrics', () => {
  const page = readFileSync('docs/metrics.md', 'utf8');

  it('says what the code says ("npm run metrics" makes it again)', () => {
    expect(withMetricsTable(page)).toBe(page);
  });

  it('names every alert, and no other', () => {
    const rules = readFileSync('config/prometheus/rules.yaml', 'utf8');
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name);
    const named = [...page.matchAll(/^\| `(Restore\w+)` \|/gm)].map(([, name]) => name);
    expect(named).toEqual(alerts);
  });
});

describe('the metrics', () => {
  it.each(Object.entries(METRICS))('%s has a name as Prometheus wants it', (name, { type, labels }) => {
    expect(name).toMatch(/^(restore_watcher|process|nodejs)_[a-z_]+$/);
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(
      (labels as readonly string[]).filter((label) => ['job', 'instance', 'le'].includes(label)),
    ).toEqual([]);
  });
});
