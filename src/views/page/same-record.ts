import { dayNumber } from '../../domain/instant.ts';
import type { PageFacts } from './facts.ts';

/** True when of all that stands in the store nothing has changed but what runs: what is made of the rest would be the same. */
export function hasSameRecord(one: PageFacts, other: PageFacts): boolean {
  const others = partsOf(other);
  return partsOf(one).every((part, index) => part === others[index]);
}

/** Instants of another day are written with it. */
function partsOf({ query, viewer, storeFault, record, now }: PageFacts): unknown[] {
  return [
    ...[query.watch, query.event, viewer, storeFault, dayNumber(now)],
    ...[record?.report, record?.events, record?.log, record?.coverage],
  ];
}
