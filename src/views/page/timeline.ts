import type { Timestamp } from '../../domain/instant.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { Milestone, RestoreJob } from '../../domain/job/restore-job.ts';
import { type ShownState, shownState } from '../shown-state.ts';
import type { PageFacts } from './facts.ts';
import { type Gap, gapNow, gapsByWatch, NO_COVERAGE } from './gaps.ts';
import { keyOf } from './jobs-window.ts';
import { RANGES } from './query.ts';

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
  const ends = new Map(
    record?.running.map(({ observation, eta }) => [
      keyOf(observation),
      eta === null ? null : toStep(eta.at, query),
    ]),
  );
  const bars = (record?.jobs ?? [])
    .flatMap((seen) => barOf(seen, ends.get(keyOf(seen)) ?? null, shownNow) ?? [])
    .filter((bar) => bar.until >= from && bar.from <= until);
  const byWatch = Map.groupBy(bars, ({ watch }) => watch);
  const gaps = gapsByWatch(record?.coverage ?? NO_COVERAGE, status.watches, from);
  const configured = status.watches.map(({ watch }) => watch);
  const names = [...new Set([...configured, ...byWatch.keys()])].filter(
    (name) => query.watch === null || name === query.watch,
  );
  const lanes = names.map((watch) => ({
    watch,
    bars: (byWatch.get(watch) ?? []).toSorted((a, b) => a.job.createdAt - b.job.createdAt),
    gaps: gaps.get(watch) ?? [],
  }));
  const isEmpty = ({ bars, gaps }: Lane): boolean => bars.length === 0 && gaps.length === 0;
  return {
    ...{ from, now: shownNow, until },
    lanes: names.length <= ALWAYS_SHOWN ? lanes : lanes.filter((lane) => !isEmpty(lane)),
    quiet: names.length <= ALWAYS_SHOWN ? [] : lanes.filter(isEmpty).map(({ watch }) => watch),
    isWhole: record?.hasAllJobs ?? true,
  };
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
    ...status.watches.flatMap((watch) => [watch.watch, ...Object.values(gapNow(watch, 0) ?? {})]),
    ...(record?.running ?? []).flatMap(({ observation, eta }) => [
      keyOf(observation),
      eta && toStep(eta.at, query),
    ]),
  ];
  const [parts, others] = [partsOf(one), partsOf(other)];
  return parts.length === others.length && parts.every((part, index) => part === others[index]);
}

/** Up to so many watches each have a lane, also an empty one. */
const ALWAYS_SHOWN = 12;

function barOf(
  { watch, job, state, missingSince, noticed, changedAt }: Observation,
  expectedEndAt: Timestamp | null,
  now: Timestamp,
): Bar | null {
  if (job === null) return null;
  const [, outcome] = job.reached;
  const at = (reached: { milestone: Milestone; at: Timestamp | null }): Timestamp =>
    reached.at ?? noticed?.[reached.milestone] ?? changedAt;
  const shown = shownState({ state, missingSince });
  const end = outcome === undefined ? (missingSince ?? now) : at(outcome);
  return {
    ...{ watch, job, state: shown },
    from: Math.min(job.createdAt, end),
    until: end,
    expectedEndAt: shown === 'in_progress' && (expectedEndAt ?? 0) > now ? expectedEndAt : null,
  };
}
