import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { METRICS, type MetricName } from '../../src/metrics/definitions.ts';
import { faultsOf, metricsIn, takenFromEach } from './promql.ts';

interface Panel {
  id: number;
  title: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: Array<{ expr: string; legendFormat: string }>;
}

const dashboard = JSON.parse(readFileSync('config/grafana/dashboard.json', 'utf8')) as {
  panels: Panel[];
  annotations: { list: Array<{ expr: string }> };
};
const { panels } = dashboard;
const queries = panels.flatMap(({ title, targets = [] }) =>
  targets.map(({ expr, legendFormat }) => ({ title, expr: asSent(expr), legendFormat })),
);

/** As Grafana sends it: its variables filled in. */
function asSent(query: string): string {
  return query.replace(/\[\$\w+\]/g, '[5m]').replace(/\$\w+/g, 'all');
}

describe('the dashboard', () => {
  it.each(queries)('$title asks for what is there: $expr', ({ expr, legendFormat }) => {
    expect(faultsOf(expr)).toEqual([]);
    const labels = metricsIn(expr).flatMap(
      (metric): readonly string[] => METRICS[metric as MetricName].labels,
    );
    const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    expect(named.filter((label) => !labels.includes(label))).toEqual([]);
  });

  it.each(queries)('$title takes what every replica tells once: $expr', ({ expr }) => {
    expect(takenFromEach(expr)).toEqual([]);
  });

  it('marks what is there on its time axis', () => {
    expect(dashboard.annotations.list.flatMap(({ expr }) => faultsOf(asSent(expr)))).toEqual([]);
  });

  it('shows every metric that the watcher has, but for those that other metrics show as well', () => {
    const shown = new Set(queries.flatMap(({ expr }) => metricsIn(expr)));
    expect(Object.keys(METRICS).filter((name) => !shown.has(name as MetricName))).toEqual([
      'restore_watcher_leases',
      'restore_watcher_replicas',
      'restore_watcher_config_reloads_total',
      'restore_watcher_config_loaded_timestamp_seconds',
      'restore_watcher_coverage_ratio',
      'restore_watcher_api_sunset_timestamp_seconds',
      'restore_watcher_oldest_event_timestamp_seconds',
      'restore_watcher_job_expected_end_timestamp_seconds',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_seconds',
    ]);
  });

  it('lays its panels out side by side, none over another, each under a number of its own', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const overlaps = panels.flatMap(({ title, gridPos: a }, index) =>
      panels
        .slice(index + 1)
        .flatMap(({ title: other, gridPos: b }) =>
          a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h
            ? [`${title} / ${other}`]
            : [],
        ),
    );
    expect(overlaps).toEqual([]);
    expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
  });
});
