import { scaleLinear } from 'd3-scale';

/** A restore among others of the same instance. */
export interface DurationPoint {
  /** From the left end, oldest first, in percent of the width. */
  x: number;
  /** From the top, in pixels. */
  y: number;
  ms: number;
}

/** How long the last restores took, laid out. Heights are pixels. */
export interface DurationsChart {
  height: number;
  points: readonly DurationPoint[];
  /** Round durations, with their height. */
  ticks: ReadonlyArray<{ ms: number; y: number }>;
  /** The height of a duration. */
  yOf(ms: number): number;
}

/** Of round numbers of these people make sense of a duration. */
const UNITS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000, 3_600_000, 6 * 3_600_000, 86_400_000];
const MOST_TICKS = 4;

/**
 * Lays out durations in milliseconds, given oldest first, from zero up to the longest.
 * @param also durations that have to lie within the chart although no point has them.
 */
export function durationsChart(
  durationsMs: readonly number[],
  height: number,
  also: readonly number[] = [],
): DurationsChart {
  const topMs = Math.max(1_000, ...durationsMs, ...also) * 1.08;
  const scale = scaleLinear([0, topMs], [height, 0]).clamp(true);
  const yOf = (ms: number): number => Math.round(scale(ms) * 10) / 10;
  const stepMs = UNITS_MS.find((unit) => topMs / unit <= MOST_TICKS) ?? topMs;
  const ticks = Array.from({ length: Math.floor(topMs / stepMs) + 1 }, (_, index) => index * stepMs);
  const x = scaleLinear([0, Math.max(1, durationsMs.length)], [0, 100]);
  return {
    height,
    points: durationsMs.map((ms, index) => ({ x: Math.round(x(index + 0.5) * 100) / 100, y: yOf(ms), ms })),
    ticks: ticks.map((ms) => ({ ms, y: yOf(ms) })),
    yOf,
  };
}
