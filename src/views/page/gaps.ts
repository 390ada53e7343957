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

/** How places were watched, without the intervals in which they were. */
export type PlaceGaps = Omit<PlaceCoverage, 'intervals'>;

/**
 * Lists the gaps of each watch from `from` on: those on record, and the one that lasts. What places of a watch lack for the same cause at
 * overlapping times is one gap, from the first to the last.
 */
export function gapsByWatch(
  places: readonly PlaceGaps[],
  statuses: readonly WatchStatus[],
  from: Timestamp,
): Map<string, Gap[]> {
  const byWatch = Map.groupBy(places, ({ watch }) => watch);
  const lasting = new Map(
    statuses.flatMap((status) => {
      const gap = gapNow(status, from);
      return gap === null ? [] : [[gap.watch, gap] as const];
    }),
  );
  return new Map(
    [...new Set([...byWatch.keys(), ...lasting.keys()])].map((watch) => {
      const now = lasting.get(watch);
      const past = pastGaps(watch, byWatch.get(watch) ?? [], { from, until: now?.from ?? Infinity });
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

interface Run {
  cause: GapCause;
  from: Timestamp;
  to: Timestamp;
  instances: Set<string>;
}

/** Shorter ones are no more than the edge of one that lasts. Milliseconds. */
const SHORTEST_MS = 1_000;

function pastGaps(
  watch: string,
  places: readonly PlaceGaps[],
  { from, until }: { from: Timestamp; until: Timestamp },
): Gap[] {
  const pieces = places
    .flatMap(({ gaps, groupId, instanceName }) =>
      gaps.filter(isExpected).map((gap) => ({ ...gap, place: `${groupId} ${instanceName}` })),
    )
    .map((piece) => ({ ...piece, from: Math.max(piece.from, from), to: Math.min(piece.to, until) }))
    .filter((piece) => piece.to - piece.from >= SHORTEST_MS)
    .toSorted((a, b) => a.from - b.from);
  const last = new Map<GapCause, Run>();
  const runs: Run[] = [];
  for (const piece of pieces) {
    const run = last.get(piece.cause);
    if (run !== undefined && piece.from <= run.to) {
      run.to = Math.max(run.to, piece.to);
      run.instances.add(piece.place);
      continue;
    }
    const begun = { cause: piece.cause, from: piece.from, to: piece.to, instances: new Set([piece.place]) };
    last.set(piece.cause, begun);
    runs.push(begun);
  }
  return runs.map(({ cause, from: start, to, instances }) => ({
    ...{ watch, from: start, until: to, cause: GAP_CAUSES[cause] },
    place: placeWords(instances, places.length),
  }));
}

function placeWords(instances: ReadonlySet<string>, of: number): string | null {
  if (instances.size === of) return null;
  const [only = ''] = instances;
  return instances.size === 1 ? only.slice(only.indexOf(' ') + 1) : `${instances.size} of ${of} instances`;
}
