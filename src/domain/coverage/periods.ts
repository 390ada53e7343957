import type { Timestamp } from '../instant.ts';
import type { GapCause } from './causes.ts';
import type { CoverageWriter, CoveredPlace, RecordedSpan } from './span.ts';

/** A stretch of time, from its first instant to just before its last. */
export interface Interval {
  from: Timestamp;
  to: Timestamp;
}

/** A time in which a place was not watched. */
export interface Gap extends Interval {
  cause: GapCause;
}

/** How one place was watched over a period. */
export interface PlaceCoverage extends CoveredPlace {
  intervals: Interval[];
  gaps: Gap[];
  /** Milliseconds of the intervals. */
  coveredMs: number;
  /** Milliseconds that should have been watched: the period but for what is nobody's loss, see `isExpected`. */
  expectedMs: number;
}

/** Which period is asked for. */
export interface Period {
  since: Timestamp;
  until: Timestamp;
}

/** A writer that has shown no sign of life for longer is not alive, in milliseconds: it notes one every 10 s, and may be held up. */
const LIVES_MS = 25_000;

/** A span, with an end in any case. */
interface Ended extends RecordedSpan {
  to: Timestamp;
  cause: GapCause | null;
}

/**
 * Says when each place was watched in the period, and why it was not. Of what a living writer watches nothing is known behind its last sign
 * of life: the period of such a place ends there.
 * @param now by the clock of the writers.
 */
export function coverageOf(
  { spans, writers }: { spans: readonly RecordedSpan[]; writers: readonly CoverageWriter[] },
  period: Period,
  now: Timestamp,
): PlaceCoverage[] {
  const byId = new Map(writers.map((writer) => [writer.id, writer]));
  const byPlace = Map.groupBy(spans, ({ watch, groupId, instanceName }) =>
    JSON.stringify([watch, groupId, instanceName]),
  );
  return [...byPlace.values()]
    .flatMap((own) => placeCoverage(own, byId, period, now) ?? [])
    .toSorted(
      (a, b) =>
        compare(a.watch, b.watch) || compare(a.groupId, b.groupId) || compare(a.instanceName, b.instanceName),
    );
}

/** Covered time as part of the time that should have been; 1 where nothing should have been. */
export function ratioOf(places: readonly Pick<PlaceCoverage, 'coveredMs' | 'expectedMs'>[]): number {
  const sum = (key: 'coveredMs' | 'expectedMs'): number => places.reduce((all, place) => all + place[key], 0);
  const expected = sum('expectedMs');
  return expected === 0 ? 1 : sum('coveredMs') / expected;
}

function placeCoverage(
  spans: readonly RecordedSpan[],
  writers: ReadonlyMap<string, CoverageWriter>,
  { since, until }: Period,
  now: Timestamp,
): PlaceCoverage | null {
  const [first] = spans;
  if (first === undefined) return null;
  const isLive = ({ writer }: RecordedSpan): boolean => lives(writers.get(writer), now);
  const known = Math.min(until, ...livingEnds(spans, writers, now), now);
  const ended = spans.map((span) => endedSpan(span, writers.get(span.writer), isLive(span)));
  const intervals = clip(merged(ended), { from: since, to: known });
  const causes = causesOf(ended, writers, now);
  const gaps = complement(intervals, { from: since, to: known }).flatMap((gap) => explained(gap, causes));
  const { watch, groupId, instanceName } = first;
  const coveredMs = intervals.reduce((sum, { from, to }) => sum + to - from, 0);
  const missedMs = gaps.filter(isExpected).reduce((sum, { from, to }) => sum + to - from, 0);
  return { watch, groupId, instanceName, intervals, gaps, coveredMs, expectedMs: coveredMs + missedMs };
}

/** False for what is no loss: a place that was not there, or was another watch's, and the time of which nothing at all is on record. */
export function isExpected({ cause }: Pick<Gap, 'cause'>): boolean {
  return cause !== 'gone' && cause !== 'ceded' && cause !== 'unrecorded';
}

/** True for a writer that has not ended, as far as its last sign of life tells. */
export function lives(writer: CoverageWriter | undefined, now: Timestamp): boolean {
  return writer !== undefined && writer.endedAt === null && now - writer.aliveAt <= LIVES_MS;
}

/** The last signs of life of those that watch the place at present. */
function livingEnds(
  spans: readonly RecordedSpan[],
  writers: ReadonlyMap<string, CoverageWriter>,
  now: Timestamp,
): Timestamp[] {
  return spans.flatMap(({ to, writer }) => {
    const own = writers.get(writer);
    return to === null && own && lives(own, now) ? [own.aliveAt] : [];
  });
}

function endedSpan(span: RecordedSpan, writer: CoverageWriter | undefined, isLive: boolean): Ended {
  if (span.to !== null) return { ...span, to: span.to };
  const end = writer?.endedAt ?? writer?.aliveAt ?? span.from;
  const cause = isLive ? null : endCause(writer);
  return { ...span, to: Math.max(span.from, end), cause };
}

function endCause(writer: CoverageWriter | undefined): GapCause {
  return writer?.endedAt == null ? 'killed' : 'stopped';
}

/** What lies no farther apart than the next good look was due is one. */
function merged(spans: readonly Ended[]): Interval[] {
  const all: Array<Interval & { slackMs: number }> = [];
  for (const { from, to, slackMs } of spans
    .filter(({ from, to }) => to > from)
    .toSorted((a, b) => a.from - b.from)) {
    const last = all.at(-1);
    if (last === undefined || from - last.to > last.slackMs) all.push({ from, to, slackMs });
    else if (to > last.to) Object.assign(last, { to, slackMs });
  }
  return all.map(({ from, to }) => ({ from, to }));
}

function clip(intervals: readonly Interval[], { from, to }: Interval): Interval[] {
  return intervals
    .map((interval) => ({ from: Math.max(from, interval.from), to: Math.min(to, interval.to) }))
    .filter((interval) => interval.to > interval.from);
}

function complement(intervals: readonly Interval[], { from, to }: Interval): Interval[] {
  const gaps: Interval[] = [];
  let at = from;
  for (const interval of intervals) {
    if (interval.from > at) gaps.push({ from: at, to: interval.from });
    at = interval.to;
  }
  if (to > at) gaps.push({ from: at, to });
  return gaps;
}

/** Causes, each from an instant on. */
type Causes = ReadonlyArray<{ at: Timestamp; cause: GapCause }>;

/** These end whoever noted them, too: that its process stopped later is no other reason. */
const LAST: ReadonlySet<GapCause | null> = new Set(['gone', 'ceded', 'not_configured', 'handed_over', null]);

function causesOf(
  spans: readonly Ended[],
  writers: ReadonlyMap<string, CoverageWriter>,
  now: Timestamp,
): Causes {
  const own = spans.flatMap(({ to, cause }) => (cause === null ? [] : [{ at: to, cause }]));
  const ends = [...Map.groupBy(spans, ({ writer }) => writer)].flatMap(([id, written]) => {
    const writer = writers.get(id);
    const last = written.reduce((latest, span) => (span.number > latest.number ? span : latest));
    if (writer === undefined || lives(writer, now) || LAST.has(last.cause)) return [];
    return [{ at: writer.endedAt ?? writer.aliveAt, cause: endCause(writer) }];
  });
  return [...own, ...ends].toSorted((a, b) => a.at - b.at);
}

/** Cuts a gap where its cause changes. */
function explained({ from, to }: Interval, causes: Causes): Gap[] {
  const before = causes.filter(({ at }) => at <= from).at(-1)?.cause ?? 'unrecorded';
  const gaps: Gap[] = [{ from, to, cause: before }];
  for (const { at, cause } of causes.filter(({ at }) => at > from && at < to)) {
    const last = gaps.at(-1);
    if (last === undefined || last.cause === cause) continue;
    gaps.splice(-1, 1, { ...last, to: at }, { from: at, to, cause });
  }
  return gaps.filter((gap) => gap.to > gap.from);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
