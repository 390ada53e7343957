import { dayNumber, type Timestamp } from '../../domain/instant.ts';
import type { WatchStatus } from '../../watcher/status.ts';
import type { MuteView } from '../mutes.ts';
import type { WatchSight } from '../status/report.ts';
import { sightOf, sightWith } from '../status/sight.ts';
import type { ToldElsewhere } from '../status/told-elsewhere.ts';
import { type DrillDue, drillDueOf } from './drill-due.ts';
import type { PageFacts } from './facts.ts';

/** A watch as the page lists it. */
export interface WatchRow {
  watch: string;
  kind: string;
  /** What it watches: an instance, or all of them. */
  what: string;
  sight: WatchSight;
  /** Since when it is blind, or parts of it are. */
  since: Timestamp | null;
  lastLookAt: Timestamp | null;
  /** From one look to the next, in milliseconds. */
  periodMs: number;
  /** `null`: the store cannot be read. */
  running: number | null;
  lastFinishAt: Timestamp | null;
  polledBy: string | null;
  /** How long it is muted as a whole; `null`: it is not. What keeps back less of it stands among the mutes. */
  mutedUntil: Timestamp | null;
  /** `null`: none is agreed, or nothing is known of it yet. */
  drill: DrillDue | null;
  budget: WatchStatus['budget'];
}

/** Lists the watches of the query, those that are blind first. */
export function watchRows({ status, record, query, drills, now }: PageFacts): WatchRow[] {
  const told = record?.report.elsewhere ?? [];
  const reports = new Map(record?.report.watches.map((report) => [report.watch, report]));
  return status.watches
    .filter(({ watch }) => query.watch === null || watch === query.watch)
    .map((watch) => {
      const report = reports.get(watch.watch);
      const seenElsewhere = report?.lastSuccessAt ? Date.parse(report.lastSuccessAt) : null;
      return {
        ...{ watch: watch.watch, kind: watch.kind, what: whatOf(watch), sight: sightWith(watch, told) },
        since: sinceOf(watch) ?? sinceElsewhere(watch, told),
        lastLookAt: watch.polledBy === null ? watch.lastSuccessAt : seenElsewhere,
        periodMs: watch.periodMs,
        running: report?.running ?? null,
        lastFinishAt: record?.lastFinishes.get(watch.watch)?.finishedAt ?? null,
        polledBy: watch.polledBy,
        mutedUntil: mutedUntil(watch, record?.report.mutes ?? []),
        drill: record && drillDueOf(watch, { drills, standing: record.drillStanding, now }),
        budget: watch.budget,
      };
    })
    .toSorted((a, b) => RANK[a.sight] - RANK[b.sight]);
}

/** True when two lists would be the same, without making them. Where a drill is agreed, or a watch does not see all, they are made. */
export function hasSameWatches(one: PageFacts, other: PageFacts): boolean {
  const partsOf = ({ query, viewer, storeFault, record, now }: PageFacts): unknown[] => [
    ...[query.range, query.watch, query.event, viewer, storeFault, dayNumber(now)],
    ...[record?.report, record?.lastFinishes, record?.plots],
  ];
  const others = partsOf(other);
  const watches = other.status.watches;
  return (
    one.drills.length === 0 &&
    other.drills.length === 0 &&
    one.status.watches.length === watches.length &&
    partsOf(one).every((part, index) => part === others[index]) &&
    one.status.watches.every((watch, index) => {
      const next = watches[index];
      return next !== undefined && seesAlike(watch, next);
    })
  );
}

function seesAlike(one: WatchStatus, other: WatchStatus): boolean {
  return (
    sightOf(one) === 'sees' &&
    sightOf(other) === 'sees' &&
    one.watch === other.watch &&
    one.kind === other.kind &&
    one.groupId === other.groupId &&
    one.instanceName === other.instanceName &&
    one.periodMs === other.periodMs &&
    one.budget?.perMinute === other.budget?.perMinute &&
    quartersLeft(one.budget) === quartersLeft(other.budget)
  );
}

/** To the request it would be another figure at every look, and each row be sent again every second. `null`: there is none left, or no budget. */
export function quartersLeft(budget: WatchStatus['budget']): number | null {
  return budget === null || budget.left === 0 ? null : Math.floor((4 * budget.left) / budget.perMinute);
}

const RANK: Readonly<Record<WatchSight, number>> = {
  ...{ blind: 0, partly_blind: 1, unwatched: 1, starting: 2, sees: 2, elsewhere: 2 },
};

function sinceOf(watch: WatchStatus): Timestamp | null {
  if (sightOf(watch) === 'blind') return watch.fault?.since ?? watch.lastSuccessAt;
  return watch.faults[0]?.since ?? null;
}

function sinceElsewhere({ watch }: WatchStatus, told: readonly ToldElsewhere[]): Timestamp | null {
  const one = told.find(({ about, name }) => about === 'watch' && name === watch);
  return one === undefined ? null : Date.parse(one.since);
}

/** The latest end of those mutes in force that keep back everything about it. */
function mutedUntil({ watch }: WatchStatus, mutes: readonly MuteView[]): Timestamp | null {
  const ends = mutes
    .filter((mute) => mute.watch === watch || mute.watch === '*')
    .filter(({ job, project, instance, target, labels, events }) =>
      [job, project, instance, target, labels, events].every((narrower) => narrower === null),
    )
    .flatMap(({ inForceUntil }) => (inForceUntil === null ? [] : [Date.parse(inForceUntil)]));
  return ends.length === 0 ? null : Math.max(...ends);
}

function whatOf({ groupId, instanceName }: WatchStatus): string {
  if (groupId === '*') return 'all projects';
  return instanceName === '*' ? 'all instances of its project' : instanceName;
}
