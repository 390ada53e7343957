const STEP_MS = 25;
/** Nobody waits longer than this for the first poll on account of the others. */
const FIRST_WITHIN_MS = 5_000;

/** How far apart `count` polls begin that fall due together, in milliseconds: 25, and all within half of `gapMs`. */
export function stepOf(count: number, gapMs: number): number {
  return Math.min(STEP_MS, gapMs / 2 / Math.max(1, count));
}

/** The same for those that begin to be followed: all within 5 s besides. */
export function firstStepOf(count: number, gapMs: number): number {
  return Math.min(stepOf(count, gapMs), FIRST_WITHIN_MS / Math.max(1, count));
}
