import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { plainScript } from '../plain-script.ts';
import { monotonicMs } from '../process/monotonic.ts';

/** Sees from within how long a daemon's event loop is held up. */
export interface LoopProbe {
  /** What loads the probe into a Node process. */
  readonly env: Readonly<Record<string, string>>;
  /** Does something, and gives with its result the longest time in milliseconds that the loop was held up meanwhile. */
  during<T>(act: () => Promise<T>): Promise<{ result: T; longestBlockMs: number }>;
}

/** Longer than from one note of the probe to the next. */
const NOTED_WITHIN_MS = 250;

/** Makes a probe that keeps its notes in the folder. */
export async function createLoopProbe(dir: string): Promise<LoopProbe> {
  const script = await plainScript(new URL('./loop-probe.ts', import.meta.url), dir);
  const notes = join(dir, 'loop.txt');
  return {
    env: { NODE_OPTIONS: `--import=${script}`, LOOP_PROBE_FILE: notes },
    during: async (act) => {
      await delay(NOTED_WITHIN_MS);
      const from = monotonicMs();
      const result = await act();
      await delay(NOTED_WITHIN_MS);
      const lines = (await readFile(notes, 'utf8')).trim().split('\n');
      const blocks = lines
        .map((line) => line.split(' ').map(Number))
        .filter(([at = 0]) => at >= from)
        .map(([, heldUp = Number.NaN]) => heldUp);
      return { result, longestBlockMs: Math.max(...blocks) };
    },
  };
}
