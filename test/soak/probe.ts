/**
 * Loaded into a daemon before the program (`--import`): writes down, every few seconds, what the process holds. The heap is measured
 * after a collection, so that what lies about does not count.
 */
import { appendFileSync, readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What a process held at one moment. */
export interface Sample {
  /** Since the process began, in seconds. */
  atSeconds: number;
  heapBytes: number;
  descriptors: number;
  timers: number;
}

const file = process.env.SOAK_SAMPLES;
if (file !== undefined) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const everyMs = Number(process.env.SOAK_EVERY_MS ?? 5_000);
  setInterval(() => {
    collect();
    const sample: Sample = {
      atSeconds: Math.round(process.uptime()),
      heapBytes: process.memoryUsage().heapUsed,
      descriptors: readdirSync('/proc/self/fd').length,
      timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    };
    appendFileSync(file, `${JSON.stringify(sample)}\n`);
  }, everyMs).unref();
}
