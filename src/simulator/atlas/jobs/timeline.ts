import { setTimeout as delay } from 'node:timers/promises';

/** Something to do, so many milliseconds after the start. */
export interface TimelineStep {
  at: number;
  do: () => void | Promise<void>;
}

/**
 * Does the steps at their times, in order of time, and resolves after the last one. `speed` 2 takes half the time. Steps that wait hold
 * up those behind them.
 * @throws what a step throws, or the signal's reason when it aborts.
 */
export async function play(
  steps: readonly TimelineStep[],
  { speed = 1, signal }: { speed?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const startedAt = performance.now();
  for (const step of steps.toSorted((a, b) => a.at - b.at)) {
    const wait = startedAt + step.at / speed - performance.now();
    if (wait > 0) await delay(wait, undefined, signal ? { signal } : {});
    signal?.throwIfAborted();
    await step.do();
  }
}
