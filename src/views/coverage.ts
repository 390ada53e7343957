import { setImmediate as nextTurn } from 'node:timers/promises';
import { GAP_CAUSES } from '../domain/coverage/causes.ts';
import {
  coverageOf,
  type Interval,
  type Period,
  type PlaceCoverage,
  ratioOf,
} from '../domain/coverage/periods.ts';
import type { RecordedSpan } from '../domain/coverage/span.ts';
import { type Timestamp, toIso } from '../domain/instant.ts';
import type { CoverageReader } from '../store/ports/evidence/coverage.ts';
import type { CoverageRequest } from './records/records.ts';
import type { View } from './views.ts';

/** Without `--since`, so far back, in milliseconds. */
export const USUAL_COVERAGE_MS = 30 * 86_400_000;

/** Says how everything that is on record was watched in a period. @throws {StoreError} */
export async function readCoverage(
  store: CoverageReader,
  request: CoverageRequest,
  now: Timestamp,
): Promise<PlaceCoverage[]> {
  const places: PlaceCoverage[][] = [];
  for await (const portion of coverageInPortions(store, request, now)) places.push(portion);
  return places.flat();
}

/** So many spans are worked on in one turn of the event loop: some milliseconds. */
const SPANS_A_TURN = 500;

/** The same, some places at a time, each turn of the event loop a few: ten thousand places in one go would hold up everything else for seconds. */
export async function* coverageInPortions(
  store: CoverageReader,
  { watch, since, until }: CoverageRequest,
  now: Timestamp,
): AsyncGenerator<PlaceCoverage[]> {
  const { spans, writers } = await store.readCoverage({ watch, since, until });
  const byPlace = new Map<string, RecordedSpan[]>();
  for (const [index, span] of spans.entries()) {
    const key = JSON.stringify([span.watch, span.groupId, span.instanceName]);
    const own = byPlace.get(key);
    if (own === undefined) byPlace.set(key, [span]);
    else own.push(span);
    if (index % (SPANS_A_TURN * 10) === 0) await nextTurn();
  }
  let portion: RecordedSpan[] = [];
  for (const key of [...byPlace.keys()].toSorted()) {
    portion.push(...(byPlace.get(key) ?? []));
    if (portion.length < SPANS_A_TURN) continue;
    yield coverageOf({ spans: portion, writers }, { since, until }, now);
    portion = [];
    await nextTurn();
  }
  yield coverageOf({ spans: portion, writers }, { since, until }, now);
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
