import { durationsByType, type FinishedDuration, type Usual, usualsFrom } from '../../domain/job/eta.ts';

/** How long restores take somewhere. Spans are milliseconds. */
export interface UsualRange extends Usual {
  /** Nine of ten took no longer. */
  mostMs: number;
}

/** What was found of each list: thousands of durations are the same from one look at a running restore to the next. */
const found = new WeakMap<readonly FinishedDuration[], Map<string, UsualRange | null>>();

/** Finds what is usual for a delivery type; `null`: nothing like it ever finished there. */
export function usualRangeOf(
  durations: readonly FinishedDuration[],
  deliveryType: string,
): UsualRange | null {
  const byType = found.get(durations) ?? new Map<string, UsualRange | null>();
  found.set(durations, byType);
  const known = byType.get(deliveryType);
  if (known !== undefined) return known;
  const usual = findUsual(durations, deliveryType);
  byType.set(deliveryType, usual);
  return usual;
}

function findUsual(durations: readonly FinishedDuration[], deliveryType: string): UsualRange | null {
  const usual = usualsFrom(durations).get(deliveryType);
  const sorted = (durationsByType(durations).get(deliveryType) ?? []).toSorted((a, b) => a - b);
  const mostMs = sorted[Math.ceil(sorted.length * 0.9) - 1];
  return usual === undefined || mostMs === undefined ? null : { ...usual, mostMs };
}
