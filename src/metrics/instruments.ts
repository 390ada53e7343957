import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { type LabelOf, METRICS, type MetricName, type NameOf } from './definitions.ts';

/** Called at each scrape, before the metric is written. */
type Collect<Metric> = (metric: Metric) => void | Promise<void>;

/** Makes the metrics of the table, in one registry. Each may be made once. */
export interface Instruments {
  counter<Name extends NameOf<'counter'>>(
    name: Name,
    collect?: Collect<Counter<LabelOf<Name>>>,
  ): Counter<LabelOf<Name>>;
  gauge<Name extends NameOf<'gauge'>>(
    name: Name,
    collect?: Collect<Gauge<LabelOf<Name>>>,
  ): Gauge<LabelOf<Name>>;
  histogram<Name extends NameOf<'histogram'>>(name: Name): Histogram<LabelOf<Name>>;
}

/** Binds the table of metrics to a registry. */
export function instrumentsOf(registry: Registry): Instruments {
  const settings = <Name extends MetricName>(name: Name) => ({
    name,
    help: METRICS[name].help,
    labelNames: METRICS[name].labels as readonly LabelOf<Name>[],
    registers: [registry],
  });
  return {
    counter: (name, collect) => {
      const metric: Counter<LabelOf<typeof name>> = new Counter({
        ...settings(name),
        ...(collect && { collect: () => collect(metric) }),
      });
      return metric;
    },
    gauge: (name, collect) => {
      const metric: Gauge<LabelOf<typeof name>> = new Gauge({
        ...settings(name),
        ...(collect && { collect: () => collect(metric) }),
      });
      return metric;
    },
    histogram: (name) => new Histogram({ ...settings(name), buckets: [...METRICS[name].buckets] }),
  };
}
