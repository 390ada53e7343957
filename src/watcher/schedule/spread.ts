const STEP_MS = 25;

/**
 * How long each of `count` polls that fall due together waits, in milliseconds: 25 ms apart, and all within half of `gapMs`, so that
 * a thousand watches do not ask in the same instant and a handful is not held up.
 */
export function spreadDelays(count: number, gapMs: number): number[] {
  const step = Math.min(STEP_MS, gapMs / 2 / Math.max(1, count));
  return Array.from({ length: count }, (_, index) => Math.floor(index * step));
}
