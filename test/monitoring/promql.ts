import { parser } from '@prometheus-io/lezer-promql';
import { METRICS, type MetricName } from '../../src/metrics/definitions.ts';

/** What Prometheus itself adds to every series. */
const TARGET_LABELS = ['job', 'instance', 'le'];

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
