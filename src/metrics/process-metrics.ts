import { Counter, Gauge, type Registry } from 'prom-client';

/** What is running. */
export function addBuildInfo(registry: Registry, prefix: string, version: string): void {
  new Gauge({
    name: `${prefix}build_info`,
    help: 'Always 1; the labels say what is running.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.versions.node }, 1);
}

/**
 * The few figures about the process that an operator looks at, under the names of prom-client's default metrics. Not the whole
 * default set: its event loop monitor wakes the process a hundred times a second and its GC observer never rests, which
 * is most of what an idle watcher would do. All of these cost nothing between scrapes.
 */
export function addProcessFigures(registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory size in bytes.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Start time of the process since unix epoch in seconds.',
    registers,
  }).set(Math.round(performance.timeOrigin / 1000));
  let counted = 0;
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Total user and system CPU time spent in seconds.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      const total = (user + system) / 1e6;
      this.inc(Math.max(0, total - counted));
      counted = total;
    },
  });
  new Gauge({
    name: 'nodejs_eventloop_lag_seconds',
    help: 'Lag of event loop in seconds, sampled at the scrape.',
    registers,
    async collect() {
      const start = performance.now();
      await new Promise((resolve) => setImmediate(resolve));
      this.set((performance.now() - start) / 1000);
    },
  });
}
