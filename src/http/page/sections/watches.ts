import { formatSpan, type Timestamp } from '../../../domain/instant.ts';
import type { FinishedDuration } from '../../../domain/job/eta.ts';
import type { DrillDue } from '../../../views/page/drill-due.ts';
import { usualRangeOf } from '../../../views/page/durations.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { pageAddress } from '../../../views/page/query.ts';
import { quartersLeft, type WatchRow, watchRows } from '../../../views/page/watches.ts';
import type { WatchSight } from '../../../views/status/report.ts';
import { actLink } from '../act-link.ts';
import { durationsPlot } from '../durations-plot.ts';
import { ago, clock, dayOf, idPart, type Markup, markup, type Part } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { readBefore } from './not-read.ts';

const SIGHT_WORDS: Readonly<Record<WatchSight, string>> = {
  sees: 'sees',
  partly_blind: 'partly blind',
  blind: 'blind',
  starting: 'first look',
  elsewhere: 'elsewhere',
  unwatched: 'not watched',
};

/** Every watch: does it see, when did it look, what runs, when did a restore finish, when is a drill due, what is left of its requests. */
export function watchesSection(facts: PageFacts, part: PartMaker): Markup {
  const hasDrills = facts.drills.length > 0;
  return markup`<section id="watches" aria-labelledby="watches-title">
<h2 id="watches-title">Watches</h2>
${readBefore(facts)}<div class="wide" tabindex="0" role="region" aria-label="All watches"><table>
<thead><tr><th scope="col">Watch</th><th scope="col">State</th><th scope="col">Last look</th><th scope="col" class="number">Running</th><th scope="col">Last restore</th>${hasDrills && markup`<th scope="col">Drill due</th>`}<th scope="col">Requests left</th></tr></thead>
<tbody>${watchRows(facts).map((row) => part('tr', idOf(row), () => rowMarkup(row, hasDrills, facts), partsOfRow(row, hasDrills, facts)))}</tbody></table></div>
${plots(facts)}
</section>`;
}

function idOf({ watch }: WatchRow): string {
  return `watch-${idPart(watch)}`;
}

/** All that a row is made of, as far as it shows. */
function partsOfRow(
  row: WatchRow,
  hasDrills: boolean,
  { now, query, viewer }: PageFacts,
): readonly unknown[] {
  const { drill, budget, lastLookAt, ...plain } = row;
  return [
    ...[viewer, query.range, query.event, dayOf(now), hasDrills],
    ...Object.values(plain),
    // Of a watch that sees, no row says when it was looked at.
    row.sight === 'sees' ? null : lastLookAt,
    ...(drill === null ? [] : Object.values(drill)),
    ...(budget === null ? [] : [budget.perMinute, quartersLeft(budget)]),
  ];
}

function rowMarkup(row: WatchRow, hasDrills: boolean, { now, query, viewer }: PageFacts): Markup {
  const { watch, kind, what, sight, running, lastFinishAt, polledBy } = row;
  const address = pageAddress({ ...query, watch });
  return markup`<tr id="${idOf(row)}"><th scope="row"><a class="plain" href="${address}">${watch}</a> <span class="of">${what === watch ? kind : `${kind}, ${what}`}</span></th>
<td><span class="pill sight-${sight}">${SIGHT_WORDS[sight]}</span>${sightNote(row, now)}${row.mutedUntil !== null && markup` <span class="quiet">muted until ${clock(row.mutedUntil, now)}</span>`} ${actLink(viewer, 'mute', { watch }, 'Mute')}</td>
<td>${lookWords(row)} ${polledBy !== null ? null : actLink(viewer, 'poll', { watch }, 'Poll now')}</td><td class="number">${running ?? '?'}</td>
<td>${lastFinishAt === null ? markup`<span class="quiet">none</span>` : clock(lastFinishAt, now)}</td>${hasDrills && markup`<td>${drillWords(row.drill, now)}</td>`}<td>${budgetWords(row.budget)}</td></tr>`;
}

/** The drill that is due first, and how many more are overdue. */
function drillWords(due: DrillDue | null, now: Timestamp): Part {
  if (due === null) return markup`<span class="quiet">none</span>`;
  const { drill, instanceName, othersOverdue } = due;
  const which = [drill, instanceName].filter((name) => name !== null).join(', ');
  return [
    dueWords(due, now),
    which === '' ? null : markup` <span class="quiet">${which}</span>`,
    othersOverdue === 0 ? null : markup` <span class="bad">and ${othersOverdue} more</span>`,
  ];
}

/** Overdue is what is told to be: while a watch is blind, nobody can say that no restore has finished. */
function dueWords({ at, state }: DrillDue, now: Timestamp): Part {
  switch (state) {
    case 'ahead':
      return clock(at, now);
    case 'late':
      return markup`was due ${clock(at, now)} <span class="quiet">not known yet whether one has finished</span>`;
    case 'overdue':
      return markup`<span class="bad">overdue since ${clock(at, now)}</span>`;
  }
}

function budgetWords(budget: WatchRow['budget']): Part {
  if (budget === null) return markup`<span class="quiet">–</span>`;
  const of = `of ${budget.perMinute.toLocaleString('en')} a minute`;
  const quarters = quartersLeft(budget);
  if (quarters === null) return markup`<span class="bad">none</span> <span class="quiet">${of}</span>`;
  const share = quarters === 0 ? 'under 25 %' : quarters >= 3 ? 'over 75 %' : `over ${25 * quarters} %`;
  return markup`${share} <span class="quiet">${of}</span>`;
}

/** How long restores take at the instances of the one watch that is shown. */
function plots({ record, query }: PageFacts): Part {
  const shown = (record?.plots ?? []).filter(({ durations }) => durations.length > 0);
  if (query.watch === null || shown.length === 0) return null;
  return markup`<h3>How long restores take</h3>
<div class="plots">${shown.map(({ instanceName, durations }) => {
    const type = usualType(durations);
    const like = durations.filter(({ deliveryType }) => deliveryType === type);
    return markup`<div><p><b>${instanceName}</b> <span class="quiet">${type}</span></p>
${durationsPlot({
  durationsMs: like.map(({ durationMs }) => durationMs).toReversed(),
  usual: usualRangeOf(durations, type),
  ...{ ownMs: null, isRunning: false },
})}</div>`;
  })}</div>`;
}

/** The delivery type of most of them: a download takes another time than a restore. */
function usualType(durations: readonly FinishedDuration[]): string {
  const counts = Map.groupBy(durations, ({ deliveryType }) => deliveryType);
  const [most] = [...counts].toSorted(([, a], [, b]) => b.length - a.length);
  return most?.[0] ?? '';
}

/** Of a watch that sees, when it was looked at last would be another time at every look; how often it is tells as much. */
function lookWords({ sight, lastLookAt, periodMs }: WatchRow): Part {
  if (sight === 'sees') return `in time, every ${formatSpan(periodMs)}`;
  return lastLookAt === null ? 'never' : ago(lastLookAt);
}

function sightNote({ sight, since, polledBy }: WatchRow, now: number): Part {
  const whose =
    polledBy === null && sight !== 'elsewhere'
      ? null
      : markup` <span class="quiet">polled by ${polledBy ?? 'another replica'}</span>`;
  if (since === null || sight === 'sees' || sight === 'elsewhere') return whose;
  return markup` <span class="quiet">since ${clock(since, now)}</span>${whose}`;
}
