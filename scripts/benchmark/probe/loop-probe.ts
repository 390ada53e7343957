/**
 * Loaded into a daemon before the program (`--import`): writes down, ten times a second, for how long its event loop was held up at
 * most. It imports nothing but Node, so that it can run as plain JavaScript.
 */
import { appendFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;
const WRITE_EVERY_MS = 100;
const NS_PER_MS = 1e6;

const file = process.env.LOOP_PROBE_FILE;
if (file !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  setInterval(() => {
    // What the monitor records is the time from one of its ticks to the next.
    const heldUp = Math.max(0, delays.max / NS_PER_MS - RESOLUTION_MS);
    appendFileSync(file, `${Number(process.hrtime.bigint()) / NS_PER_MS} ${heldUp}\n`);
    delays.reset();
  }, WRITE_EVERY_MS).unref();
}
