import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { RestoreJob } from '../../domain/job/restore-job.ts';
import { type ShownState, shownState } from '../shown-state.ts';
import type { PageFacts } from './facts.ts';
import { type Gap, gapNow, gapsByWatch, NO_COVERAGE } from './gaps.ts';
import { RANGES } from './query.ts';
import { keyOf } from './record/jobs-window.ts';

/** A restore on the timeline. */
export interface Bar {
  watch: string;
  job: RestoreJob;
  state: ShownState;
  from: Timestamp;
  /** When it reached its first outcome; now, while it runs. */
  until: Timestamp;
  /** Of one that runs; `null`: nothing tells, or it is over its time. */
  expectedEndAt: Timestamp | null;
}

/** Of the restores of a watch that ran at the same time, which one it is, from 0, and how many there are. */
export interface Level {
  level: number;
  of: number;
}

/** One watch on the timeline. */
export interface Lane {
  watch: string;
  /** In the order in which they began. */
  bars: readonly Bar[];
  gaps: readonly Gap[];
}

/** What happened in a range of time. */
export interface Timeline {
  from: Timestamp;
  now: Timestamp;
  /** Some way ahead of now: room for what is expected. */
  until: Timestamp;
  /** In the order in which they began. */
  bars: readonly Bar[];
  /** Of those that did not run alone. */
  levels: ReadonlyMap<Bar, Level>;
  lanes: readonly Lane[];
  /** Watches of which there is nothing to show. */
  quiet: readonly string[];
  /** False: there are more restores in the range than are shown. */
  isWhole: boolean;
}

/** Of the range, so much lies ahead of now. */
const AHEAD_SHARE = 0.1;
/** The range moves in so many steps, not at every look: what has not changed is not sent again. */
const STEPS = 720;

/** Lays out what happened in the range of the query. Pure: the same facts within one step give the same timeline. */
export function timelineOf({ now, query, record, status }: PageFacts): Timeline {
  const rangeMs = RANGES[query.range].ms;
  const shownNow = toStep(now, query);
  const from = shownNow - rangeMs;
  const until = shownNow + rangeMs * AHEAD_SHARE;
  const ends: ExpectedEnds = new Map(
    record?.running.map(({ observation, eta }) => [
      keyOf(observation),
      eta === null ? null : toStep(eta.at, query),
    ]),
  );
  const isAskedFor = (watch: string): boolean => query.watch === null || watch === query.watch;
  const bars = (record?.jobs ?? [])
    .map((seen) => barOf(seen, ends, shownNow))
    .filter((bar) => bar !== null)
    .filter((bar) => bar.until >= from && bar.from <= until && isAskedFor(bar.watch))
    .toSorted(byBegin);
  const byWatch = Map.groupBy(bars, ({ watch }) => watch);
  const gaps = gapsByWatch(record?.coverage ?? NO_COVERAGE, status.watches, from);
  const configured = status.watches.map(({ watch }) => watch);
  const names = [...new Set([...configured, ...byWatch.keys()])].filter(isAskedFor);
  const lanes = names.map((watch) => ({
    watch,
    bars: byWatch.get(watch) ?? [],
    gaps: gaps.get(watch) ?? [],
  }));
  const isEmpty = ({ bars, gaps }: Lane): boolean => bars.length === 0 && gaps.length === 0;
  return {
    ...{ from, now: shownNow, until, bars },
    levels: new Map(lanes.flatMap((lane) => levelsOf(lane.bars, (until - from) * LEAST_SHARE))),
    lanes: names.length <= ALWAYS_SHOWN ? lanes : lanes.filter((lane) => !isEmpty(lane)),
    quiet: names.length <= ALWAYS_SHOWN ? [] : lanes.filter(isEmpty).map(({ watch }) => watch),
    isWhole: record?.hasAllJobs ?? true,
  };
}

/** However short a restore is, it takes as much of the range: it is to be seen, and hit. */
export const LEAST_SHARE = 0.0035;
/** More that run at the same time stand in front of one another. */
const MOST_LEVELS = 3;

/**
 * Stands restores that ran at the same time above one another.
 * @param bars in the order in which they began.
 * @param leastMs what the shortest takes as it is drawn.
 */
function levelsOf(bars: readonly Bar[], leastMs: number): Array<[Bar, Level]> {
  const found: Array<[Bar, Level]> = [];
  /** Of those that run together, since the first of them: when the last one of each level ends, and the level of each. */
  const ends: Timestamp[] = [];
  const levels: number[] = [];
  let first = 0;
  const close = (): void => {
    if (levels.length > 1)
      for (const [index, level] of levels.entries()) {
        const bar = bars[first + index];
        if (bar !== undefined) found.push([bar, { level, of: ends.length }]);
      }
    first += levels.length;
    ends.length = 0;
    levels.length = 0;
  };
  for (const bar of bars) {
    if (ends.every((end) => end <= bar.from)) close();
    const free = ends.findIndex((end) => end <= bar.from);
    const next = ends.length < MOST_LEVELS ? ends.length : ends.indexOf(Math.min(...ends));
    const level = free === -1 ? next : free;
    ends[level] = Math.max(bar.until, bar.expectedEndAt ?? 0, bar.from + leastMs);
    levels.push(level);
  }
  close();
  return found;
}

/** Of those that began at the same time, always in the same order: the same restores give the same timeline, however they were read. */
function byBegin({ watch, job }: Bar, other: Bar): number {
  if (job.createdAt !== other.job.createdAt) return job.createdAt - other.job.createdAt;
  if (watch !== other.watch) return watch < other.watch ? -1 : 1;
  return job.id < other.job.id ? -1 : 1;
}

/** An instant as it is drawn: what moves by less than can be seen stays where it is. */
function toStep(at: Timestamp, { range }: PageFacts['query']): Timestamp {
  const stepMs = RANGES[range].ms / STEPS;
  return Math.floor(at / stepMs) * stepMs;
}

/** True when two timelines would be the same, without laying them out: of many restores that takes longer than all else of a page. */
export function hasSameTimeline(one: PageFacts, other: PageFacts): boolean {
  const partsOf = ({ now, query, record, storeFault, status }: PageFacts): unknown[] => [
    ...[toStep(now, query), query.range, query.watch, record?.jobs, record?.hasAllJobs, record?.coverage],
    ...[storeFault?.since, storeFault === null ? null : record?.readAt],
    ...status.watches.map(({ watch }) => watch),
    ...status.watches
      .map((watch) => gapNow(watch, 0))
      .flatMap((gap) => (gap === null ? [] : Object.values(gap))),
    ...(record?.running ?? []).flatMap(({ observation, eta }) => [
      keyOf(observation),
      eta && toStep(eta.at, query),
    ]),
  ];
  if (one.record?.jobs !== other.record?.jobs) return false;
  const [parts, others] = [partsOf(one), partsOf(other)];
  return parts.length === others.length && parts.every((part, index) => part === others[index]);
}

/** When restores should end, by `keyOf`; `null`: nothing tells. */
type ExpectedEnds = ReadonlyMap<string, Timestamp | null>;

/** Up to so many watches each have a lane, also an empty one. */
const ALWAYS_SHOWN = 12;

/** The bar of each observation as it was made last. Of thousands, a few are others from one look to the next. */
const bars = new WeakMap<Observation, Bar>();

/** Makes the bar of a restore. As long as it is as it was, it is the same object. `null`: nothing is known of the restore. */
function barOf(seen: Observation, ends: ExpectedEnds, now: Timestamp): Bar | null {
  const { watch, job, missingSince } = seen;
  if (job === null) return null;
  const state = shownState(seen);
  const end = firstOutcomeAt(seen, job) ?? missingSince ?? now;
  const expectedAt = state === 'in_progress' ? (ends.get(keyOf(seen)) ?? null) : null;
  const expectedEndAt = expectedAt !== null && expectedAt > now ? expectedAt : null;
  const known = bars.get(seen);
  if (known?.until === end && known.expectedEndAt === expectedEndAt) return known;
  const bar = { watch, job, state, from: Math.min(job.createdAt, end), until: end, expectedEndAt };
  bars.set(seen, bar);
  return bar;
}

/** `null`: it has none yet. */
function firstOutcomeAt({ noticed, changedAt }: Observation, { reached }: RestoreJob): Timestamp | null {
  const [, outcome] = reached;
  return outcome === undefined ? null : (outcome.at ?? noticed?.[outcome.milestone] ?? changedAt);
}
