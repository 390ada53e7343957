import type { Timestamp } from '../../domain/instant.ts';

/**
 * A line that moves along with time, as a long strip behind a window: an instant stays in its place on the strip, and only how far that is shifted
 * changes. All in percent of the window, with two decimals.
 */
export interface MovingAxis {
  /** Where an instant lies on the strip. */
  place(at: Timestamp): number;
  /** Where the strip begins in the window. */
  shift: number;
  /** Where the strip begins in time: places on two strips that begin at the same instant are the same. */
  begins: Timestamp;
}

/** Lays out a span of time, as wide as the window. Every strip is left for the next one once in the length of the span. */
export function movingAxis(from: Timestamp, until: Timestamp): MovingAxis {
  const length = until - from;
  const begins = Math.floor(from / length) * length;
  const percent = (ms: number): number => Math.round((ms / length) * 10_000) / 100;
  return { place: (at) => percent(at - begins), shift: percent(begins - from), begins };
}
