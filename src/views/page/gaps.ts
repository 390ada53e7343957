import { GAP_CAUSES, type GapCause } from '../../domain/coverage/causes.ts';
import { isExpected, type PlaceCoverage } from '../../domain/coverage/periods.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { blindnessOf, type WatchStatus } from '../../watcher/status.ts';
import { faultWords } from '../fault-words.ts';

/** A time in which a watch, or a part of it, was not watched. */
export interface Gap {
  watch: string;
  /** The part of it that was not watched: an instance, or how many; `null`: all of it. */
  place: string | null;
  from: Timestamp;
  /** `null`: it lasts. */
  until: Timestamp | null;
  /** In words. */
  cause: string;
}

/** How everything was watched, as far as a page says it. */
export interface CoverageFacts {
  /** Places on record, and milliseconds of all of them: see `PlaceCoverage`. */
  places: number;
  coveredMs: number;
  expectedMs: number;
  /** How many gaps there are, each of one place. */
  gaps: number;
  byWatch: ReadonlyMap<string, WatchGaps>;
}

/** What is on record of one watch. */
interface WatchGaps {
  places: number;
  runs: readonly Run[];
}

/** What places lack for the same cause at overlapping times, from the first to the last. */
interface Run {
  cause: GapCause;
  from: Timestamp;
  to: Timestamp;
  instances: ReadonlySet<string>;
}

/** How a place was watched, without the intervals in which it was. */
export type PlaceGaps = Omit<PlaceCoverage, 'intervals'>;

/** Sums up how these places were watched. */
export function coverageFacts(places: readonly PlaceGaps[]): CoverageFacts {
  const sum = (of: (place: PlaceGaps) => number): number => places.reduce((all, place) => all + of(place), 0);
  return {
    places: places.length,
    coveredMs: sum(({ coveredMs }) => coveredMs),
    expectedMs: sum(({ expectedMs }) => expectedMs),
    gaps: sum(({ gaps }) => gaps.filter(isExpected).length),
    byWatch: new Map(
      [...Map.groupBy(places, ({ watch }) => watch)].map(([watch, own]) => [
        watch,
        { places: own.length, runs: joined(own.flatMap(piecesOf)) },
      ]),
    ),
  };
}

/** Puts together what was summed up of other places each. */
export function together(portions: readonly CoverageFacts[]): CoverageFacts {
  const sum = (key: 'places' | 'coveredMs' | 'expectedMs' | 'gaps'): number =>
    portions.reduce((all, portion) => all + portion[key], 0);
  const byWatch = Map.groupBy(
    portions.flatMap((portion) => [...portion.byWatch]),
    ([watch]) => watch,
  );
  return {
    ...{ places: sum('places'), gaps: sum('gaps') },
    ...{ coveredMs: sum('coveredMs'), expectedMs: sum('expectedMs') },
    byWatch: new Map(
      [...byWatch].map(([watch, own]) => [
        watch,
        {
          places: own.reduce((all, [, { places }]) => all + places, 0),
          runs: joined(own.flatMap(([, { runs }]) => runs)),
        },
      ]),
    ),
  };
}

/** Nothing is on record. */
export const NO_COVERAGE = coverageFacts([]);

/** Lists the gaps of each watch from `from` on: those on record, and the one that lasts. */
export function gapsByWatch(
  { byWatch }: CoverageFacts,
  statuses: readonly WatchStatus[],
  from: Timestamp,
): Map<string, Gap[]> {
  const lasting = new Map(
    statuses.flatMap((status) => {
      const gap = gapNow(status, from);
      return gap === null ? [] : [[gap.watch, gap] as const];
    }),
  );
  return new Map(
    [...new Set([...byWatch.keys(), ...lasting.keys()])].map((watch) => {
      const now = lasting.get(watch);
      const past = pastGaps(watch, byWatch.get(watch), { from, until: now?.from ?? Infinity });
      return [watch, now === undefined ? past : [...past, now]];
    }),
  );
}

/** The time for which a watch is blind at present; `null`: it is not. */
export function gapNow(watch: WatchStatus, from: Timestamp): Gap | null {
  if (blindnessOf(watch) !== 'overdue') return null;
  return {
    ...{ watch: watch.watch, place: null, until: null },
    // Before the first look of this process, the record knows.
    from: watch.lastSuccessAt ?? watch.fault?.since ?? from,
    cause: watch.fault === null ? 'not polled' : faultWords(watch.fault.reason),
  };
}

/** Shorter ones are no more than the edge of one that lasts. Milliseconds. */
const SHORTEST_MS = 1_000;

function pastGaps(
  watch: string,
  known: WatchGaps | undefined,
  { from, until }: { from: Timestamp; until: Timestamp },
): Gap[] {
  return (known?.runs ?? [])
    .map((run) => ({ ...run, from: Math.max(run.from, from), to: Math.min(run.to, until) }))
    .filter((run) => run.to - run.from >= SHORTEST_MS)
    .map(({ cause, from: start, to, instances }) => ({
      ...{ watch, from: start, until: to, cause: GAP_CAUSES[cause] },
      place: placeWords(instances, known?.places ?? 0),
    }));
}

function piecesOf({ gaps, groupId, instanceName }: PlaceGaps): Run[] {
  const instances = new Set([`${groupId} ${instanceName}`]);
  return gaps
    .filter(isExpected)
    .filter(({ from, to }) => to - from >= SHORTEST_MS)
    .map(({ cause, from, to }) => ({ cause, from, to, instances }));
}

/** Makes one of those that overlap for the same cause. */
function joined(pieces: readonly Run[]): Run[] {
  const last = new Map<
    GapCause,
    { cause: GapCause; from: Timestamp; to: Timestamp; instances: Set<string> }
  >();
  const runs: Run[] = [];
  for (const piece of pieces.toSorted((a, b) => a.from - b.from)) {
    const run = last.get(piece.cause);
    if (run !== undefined && piece.from <= run.to) {
      run.to = Math.max(run.to, piece.to);
      for (const instance of piece.instances) run.instances.add(instance);
      continue;
    }
    const begun = { ...piece, instances: new Set(piece.instances) };
    last.set(piece.cause, begun);
    runs.push(begun);
  }
  return runs;
}

function placeWords(instances: ReadonlySet<string>, of: number): string | null {
  if (instances.size === of) return null;
  const [only = ''] = instances;
  return instances.size === 1 ? only.slice(only.indexOf(' ') + 1) : `${instances.size} of ${of} instances`;
}
