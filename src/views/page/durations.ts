import { durationsByType, type FinishedDuration } from '../../domain/job/eta.ts';

/** How long restores take somewhere. Spans are milliseconds. */
export interface UsualRange {
  /** The median. */
  usualMs: number;
  /** Nine of ten took no longer. */
  mostMs: number;
  samples: number;
}

/** Finds what is usual for a delivery type; `null`: nothing like it ever finished there. */
export function usualRangeOf(
  durations: readonly FinishedDuration[],
  deliveryType: string,
): UsualRange | null {
  const sorted = (durationsByType(durations).get(deliveryType) ?? []).toSorted((a, b) => a - b);
  const usualMs = sorted[Math.floor((sorted.length - 1) / 2)];
  const mostMs = sorted[Math.ceil(sorted.length * 0.9) - 1];
  if (usualMs === undefined || mostMs === undefined) return null;
  return { usualMs, mostMs, samples: sorted.length };
}
