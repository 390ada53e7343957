import { durationsByType, type FinishedDuration, type Usual, usualsFrom } from '../../domain/job/eta.ts';

/** How long restores take somewhere. Spans are milliseconds. */
export interface UsualRange extends Usual {
  /** Nine of ten took no longer. */
  mostMs: number;
}

/** Finds what is usual for a delivery type; `null`: nothing like it ever finished there. */
export function usualRangeOf(
  durations: readonly FinishedDuration[],
  deliveryType: string,
): UsualRange | null {
  const usual = usualsFrom(durations).get(deliveryType);
  const sorted = (durationsByType(durations).get(deliveryType) ?? []).toSorted((a, b) => a - b);
  const mostMs = sorted[Math.ceil(sorted.length * 0.9) - 1];
  return usual === undefined || mostMs === undefined ? null : { ...usual, mostMs };
}
