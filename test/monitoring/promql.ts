import { parser } from '@prometheus-io/lezer-promql';
import { METRICS, type MetricName } from '../../src/metrics/definitions.ts';

/** What Prometheus adds to every series, its operator too (`pod`). */
const TARGET_LABELS = ['job', 'instance', 'pod', 'le'];

/** Says what is wrong with a query; none: it can be parsed, and every metric and label in it is there. */
export function faultsOf(query: string): string[] {
  const faults: string[] = [];
  const labels: string[] = [];
  const metrics: MetricName[] = [];
  parser.parse(query).iterate({
    enter: ({ name, from, to, type }) => {
      const text = query.slice(from, to);
      if (type.isError) faults.push(`cannot be parsed at "${query.slice(from, from + 20)}"`);
      if (name === 'LabelName') labels.push(text);
      if (name !== 'Identifier' || text === 'up') return;
      const metric = metricOf(text);
      if (metric === null) faults.push(`there is no metric ${text}`);
      else metrics.push(metric);
    },
  });
  if (metrics.length === 0 && !query.includes('up{')) faults.push('asks for no metric');
  const known = metrics.flatMap((metric): readonly string[] => METRICS[metric].labels).concat(TARGET_LABELS);
  for (const label of labels) if (!known.includes(label)) faults.push(`there is no label ${label}`);
  return faults;
}

/** What is kept in the store, and told with the same figure by each replica: counted together it would be a multiple. */
const TOLD_BY_EACH: readonly MetricName[] = [
  'restore_watcher_jobs',
  'restore_watcher_stalled_jobs',
  'restore_watcher_oldest_running_job_age_seconds',
  'restore_watcher_job_expected_end_timestamp_seconds',
  'restore_watcher_last_finished_restore_timestamp_seconds',
  'restore_watcher_drill_overdue',
  'restore_watcher_mutes_in_force',
  'restore_watcher_coverage_ratio',
  'restore_watcher_deliveries_pending',
  'restore_watcher_deliveries_held',
  'restore_watcher_deliveries_given_up',
  'restore_watcher_oldest_pending_delivery_age_seconds',
];

/** The metrics of which a query takes each replica's figure, though all of them tell the same. */
export function takenFromEach(query: string): MetricName[] {
  return metricsIn(query).filter(
    (metric) =>
      TOLD_BY_EACH.includes(metric) &&
      !new RegExp(`\\bmax (by|without) \\([^()]*\\) \\(${metric}\\b`).test(query),
  );
}

/** The metrics that a query asks for. */
export function metricsIn(query: string): MetricName[] {
  return [...query.matchAll(/[a-z_]+/g)].flatMap(([name]) => metricOf(name) ?? []);
}

/** A histogram has its series under three other names. */
function metricOf(series: string): MetricName | null {
  if (isMetric(series)) return series;
  const [, family = ''] = /^(.*)_(?:bucket|sum|count)$/.exec(series) ?? [];
  return isMetric(family) && METRICS[family].type === 'histogram' ? family : null;
}

function isMetric(name: string): name is MetricName {
  return Object.hasOwn(METRICS, name);
}
