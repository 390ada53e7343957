import type { Instruments } from './instruments.ts';

/** What is running. */
export function addBuildInfo(instruments: Instruments, version: string): void {
  instruments.gauge('restore_watcher_build_info').set({ version, node: process.versions.node }, 1);
}

/**
 * The few figures about the process that an operator looks at, under the names of prom-client's default metrics. Not the whole
 * default set: its event loop monitor wakes the process a hundred times a second and its GC observer never rests, which
 * is most of what an idle watcher would do. All of these cost nothing between scrapes.
 */
export function addProcessFigures(instruments: Instruments): void {
  instruments.gauge('process_resident_memory_bytes', (gauge) => gauge.set(process.memoryUsage.rss()));
  instruments.gauge('process_start_time_seconds').set(Math.round(performance.timeOrigin / 1000));
  let counted = 0;
  instruments.counter('process_cpu_seconds_total', (counter) => {
    const { user, system } = process.cpuUsage();
    const total = (user + system) / 1e6;
    counter.inc(Math.max(0, total - counted));
    counted = total;
  });
  instruments.gauge('nodejs_eventloop_lag_seconds', async (gauge) => {
    const start = performance.now();
    await new Promise((resolve) => setImmediate(resolve));
    gauge.set((performance.now() - start) / 1000);
  });
}
