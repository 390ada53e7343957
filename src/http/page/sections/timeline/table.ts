import { intoWords } from '../../../../domain/event/job-words.ts';
import { formatSpan, type Timestamp } from '../../../../domain/instant.ts';
import type { Bar, Timeline } from '../../../../views/page/timeline.ts';
import { clock, dayOf, type Markup, many, markup } from '../../markup.ts';
import { STATE_WORDS } from '../../states.ts';
import { partsOfGap } from './bars.ts';

const MOST_ROWS = 100;

/** The table, and all that it is made of. */
interface TimelineTable {
  madeOf: readonly unknown[];
  draw(): Markup;
}

/** The timeline as a table: what was not seen first, then the restores, newest first. `null`: there is nothing to list. */
export function timelineTable({ bars, lanes, now }: Timeline, at: Timestamp): TimelineTable | null {
  const gaps = lanes.flatMap((lane) => lane.gaps).toSorted((a, b) => b.from - a.from);
  if (bars.length + gaps.length === 0) return null;
  const left = bars.length - MOST_ROWS;
  const [newest, latest] = [bars.slice(-MOST_ROWS).toReversed(), gaps.slice(0, MOST_ROWS)];
  return {
    // What lasts is as long as it is now.
    madeOf: [
      ...[dayOf(at), bars.length, gaps.length, latest.some(({ until }) => until === null) && now],
      ...[...newest, ...latest.flatMap(partsOfGap)],
    ],
    draw: () => markup`<details id="timeline-table"><summary id="as-table">As a table</summary>
<div class="wide" tabindex="0" role="region" aria-label="The timeline as a table"><table><thead><tr><th scope="col">Watch</th><th scope="col">What</th><th scope="col">State</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Took</th></tr></thead><tbody>
${latest.map(({ watch, place, from, until, cause }) => markup`<tr><th scope="row">${watch}</th><td>${place ?? 'all of it'}</td><td>not seen: ${cause}</td><td>${clock(from, at)}</td><td>${until === null ? 'now' : clock(until, at)}</td><td class="number">${formatSpan((until ?? now) - from)}</td></tr>`)}
${newest.map((bar) => rowOf(bar, at))}</tbody></table></div>
${left > 0 ? markup`<p class="quiet">And ${many(left, 'earlier restore')}.</p>` : null}${gaps.length > MOST_ROWS ? markup`<p class="quiet">And ${many(gaps.length - MOST_ROWS, 'earlier gap')}: <code>restore-watcher audit coverage</code></p>` : null}</details>`,
  };
}

/** The row of each bar as it was made last, and on which day. */
const rows = new WeakMap<Bar, { day: string; row: Markup }>();

function rowOf(bar: Bar, now: Timestamp): Markup {
  const day = dayOf(now);
  const known = rows.get(bar);
  if (known?.day === day) return known.row;
  const row = tableRow(bar, now);
  rows.set(bar, { day, row });
  return row;
}

function tableRow({ watch, job, state, from, until, expectedEndAt }: Bar, now: Timestamp): Markup {
  const isRunning = state === 'in_progress';
  const end = !isRunning
    ? clock(until, now)
    : expectedEndAt === null
      ? 'runs'
      : markup`about ${clock(expectedEndAt, now)}`;
  return markup`<tr><th scope="row">${watch}</th><td><a href="/jobs/${encodeURIComponent(job.id)}">${job.instanceName}${intoWords(job)}</a></td><td>${STATE_WORDS[state]}</td><td>${clock(from, now)}</td><td>${end}</td><td class="number">${formatSpan(until - from)}</td></tr>`;
}
