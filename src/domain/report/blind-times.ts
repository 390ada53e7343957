import type { GapCause } from '../coverage/causes.ts';
import { type Gap, isExpected, type PlaceCoverage, ratioOf } from '../coverage/periods.ts';
import type { Timestamp } from '../instant.ts';
import { isWildcard } from '../job/watch.ts';
import { blindMsOf } from './blind-book.ts';
import type { BlindSpan } from './report.ts';

/** When nobody could see, from both records: coverage, and the audit log for the time before coverage was kept. */
export interface BlindTimes {
  /** The first first. */
  spans: BlindSpan[];
  /** How long a watch could not see, in milliseconds, and the share of the period that it could, from 0 to 1. */
  of(watch: string): { blindMs: number; coverage: number };
}

/** So many instances are named in a line; of others it is said how many there are. */
const MOST_NAMES = 3;
/** Gaps of one watch that begin within the same second, for the same reason, are one line. */
const TOGETHER_MS = 1_000;

/** Puts both records together. `fromLog`: as `BlindBook` gives them for the period. Coverage holds from the first instant on that it knows anything of. */
export function blindTimes(
  places: readonly PlaceCoverage[],
  fromLog: readonly BlindSpan[],
  period: { since: Timestamp; until: Timestamp },
): BlindTimes {
  const byWatch = Map.groupBy(places, ({ watch }) => watch);
  const begins = new Map([...byWatch].map(([watch, own]) => [watch, beginOf(own)]));
  const first = Math.min(...begins.values());
  const before = fromLog.flatMap((span) => {
    const end = span.watch === null ? first : (begins.get(span.watch) ?? Number.POSITIVE_INFINITY);
    // Where coverage was kept a process lived, whichever has started since.
    const isDisproved = span.cause === 'killed' && (span.until ?? Number.POSITIVE_INFINITY) > end;
    return isDisproved ? [] : cutAt(span, end);
  });
  const gaps = [...byWatch].flatMap(([watch, own]) => gapsOf(watch, own, fromLog));
  const spans = [...before, ...gaps].toSorted((a, b) => a.from - b.from);
  return {
    spans,
    of: (watch) => {
      const own = spans.filter((span) => (span.watch === null || span.watch === watch) && isLoss(span));
      const begin = Math.min(Math.max(begins.get(watch) ?? period.until, period.since), period.until);
      const [spanMs, beforeMs] = [period.until - period.since, begin - period.since];
      const seenMs = beforeMs - blindMsOf(own, { since: period.since, until: begin });
      const coveredMs = ratioOf(byWatch.get(watch) ?? []) * (spanMs - beforeMs);
      const coverage = spanMs <= 0 ? 1 : (seenMs + coveredMs) / spanMs;
      return { blindMs: blindMsOf(own, period), coverage };
    },
  };
}

function beginOf(places: readonly PlaceCoverage[]): Timestamp {
  const known = places.flatMap(({ intervals, gaps }) => [
    ...intervals,
    ...gaps.filter(({ cause }) => cause !== 'unrecorded'),
  ]);
  return Math.min(...known.map(({ from }) => from));
}

function cutAt(span: BlindSpan, end: Timestamp): BlindSpan[] {
  if (span.from >= end) return [];
  const until = Math.min(span.until ?? Number.POSITIVE_INFINITY, end);
  return [{ ...span, until: Number.isFinite(until) ? until : null }];
}

/** The gaps of one watch, those of several instances together; with what the log says of the time, where it says something. */
function gapsOf(watch: string, places: readonly PlaceCoverage[], fromLog: readonly BlindSpan[]): BlindSpan[] {
  const all = places.flatMap((place) =>
    place.gaps
      .filter(({ cause }) => cause !== 'unrecorded')
      .map((gap) => ({ ...gap, place, isLast: gap === place.gaps.at(-1) && isOpen(place, gap) })),
  );
  const together = Map.groupBy(all, ({ from, cause }) => `${Math.floor(from / TOGETHER_MS)} ${cause}`);
  return [...together.values()].flatMap((same): BlindSpan[] => {
    const [one] = same;
    if (one === undefined) return [];
    const from = Math.min(...same.map((gap) => gap.from));
    const until = same.some(({ isLast }) => isLast) ? null : Math.max(...same.map(({ to }) => to));
    const told = fromLog.find(
      (span) =>
        span.watch === watch && span.from < (until ?? one.to) && (span.until ?? until ?? one.to) > from,
    );
    const place = placeWords(
      same.map((gap) => gap.place),
      places,
    );
    return [{ watch, place, from, until, by: 'coverage', cause: one.cause, detail: told?.detail ?? null }];
  });
}

/** Nothing was watched behind it, as far as is known. */
function isOpen({ intervals }: PlaceCoverage, { to }: Gap): boolean {
  return intervals.every((interval) => interval.to <= to);
}

/** `null`: all that the watch follows. */
function placeWords(some: readonly PlaceCoverage[], all: readonly PlaceCoverage[]): string | null {
  if (some.length === all.length) return null;
  const names = some
    .map(({ groupId, instanceName }) =>
      isWildcard({ groupId, instanceName }) ? 'the watch as a whole' : instanceName,
    )
    .toSorted();
  const others = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${others > 0 ? ` and ${others} more` : ''}`;
}

/** What the log tells is a loss; of gaps, those that should have been watched. */
function isLoss({ by, cause }: BlindSpan): boolean {
  return by === 'log' || isExpected({ cause: cause as GapCause });
}
