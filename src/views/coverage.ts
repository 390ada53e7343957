import { GAP_CAUSES } from '../domain/coverage/causes.ts';
import {
  coverageOf,
  type Interval,
  type Period,
  type PlaceCoverage,
  ratioOf,
} from '../domain/coverage/periods.ts';
import { type Timestamp, toIso } from '../domain/instant.ts';
import type { CoverageReader } from '../store/ports/evidence/coverage.ts';
import type { CoverageRequest } from './records/records.ts';
import type { View } from './views.ts';

/** Without `--since`, so far back, in milliseconds. */
export const USUAL_COVERAGE_MS = 30 * 86_400_000;

/** Says how everything that is on record was watched in a period. @throws {StoreError} */
export async function readCoverage(
  store: CoverageReader,
  { watch, since, until }: CoverageRequest,
  now: Timestamp,
): Promise<PlaceCoverage[]> {
  return coverageOf(await store.readCoverage({ watch, since, until }), { since, until }, now);
}

/** Coverage as scripts see it. */
export function coverageView(places: readonly PlaceCoverage[], { since, until }: Period): View {
  return {
    since: toIso(since),
    until: toIso(until),
    ratio: ratioOf(places),
    items: places.map((place) => ({
      watch: place.watch,
      groupId: place.groupId,
      instanceName: place.instanceName,
      ratio: ratioOf([place]),
      coveredMs: place.coveredMs,
      expectedMs: place.expectedMs,
      intervals: place.intervals.map(intervalView),
      gaps: place.gaps.map((gap) => ({
        ...intervalView(gap),
        cause: gap.cause,
        because: GAP_CAUSES[gap.cause],
      })),
    })),
  };
}

function intervalView({ from, to }: Interval): View {
  return { from: toIso(from), to: toIso(to) };
}
