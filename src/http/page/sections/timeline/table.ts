import { intoWords } from '../../../../domain/event/job-words.ts';
import { formatSpan, type Timestamp } from '../../../../domain/instant.ts';
import type { Gap } from '../../../../views/page/gaps.ts';
import type { Bar, Timeline } from '../../../../views/page/timeline.ts';
import { clock, dayOf, idPart, type Markup, many, markup } from '../../markup.ts';
import type { PartMaker } from '../../parts.ts';
import { STATE_WORDS } from '../../states.ts';
import { partsOfGap } from './bars.ts';

const MOST_ROWS = 100;

/** The timeline as a table: what was not seen first, then the restores, newest first. `null`: there is nothing to list. */
export function timelineTable({ bars, lanes, now }: Timeline, at: Timestamp, part: PartMaker): Markup | null {
  const gaps = lanes.flatMap((lane) => lane.gaps).toSorted((a, b) => b.from - a.from);
  if (bars.length + gaps.length === 0) return null;
  const left = bars.length - MOST_ROWS;
  return markup`<details id="timeline-table"><summary id="as-table">As a table</summary>
<div class="wide" tabindex="0" role="region" aria-label="The timeline as a table"><table><thead><tr><th scope="col">Watch</th><th scope="col">What</th><th scope="col">State</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Took</th></tr></thead>${gapRows(gaps.slice(0, MOST_ROWS), { now, at }, part)}<tbody>
${bars
  .slice(-MOST_ROWS)
  .toReversed()
  .map((bar) => part('tr', idOf(bar), () => tableRow(bar, at), [dayOf(at), bar]))}</tbody></table></div>
${left > 0 ? markup`<p class="quiet">And ${many(left, 'earlier restore')}.</p>` : null}${gaps.length > MOST_ROWS ? markup`<p class="quiet">And ${many(gaps.length - MOST_ROWS, 'earlier gap')}: <code>restore-watcher audit coverage</code></p>` : null}</details>`;
}

/** @param now what lasts is as long as it is drawn, in the steps of the timeline. */
function gapRows(
  gaps: readonly Gap[],
  { now, at }: { now: Timestamp; at: Timestamp },
  part: PartMaker,
): Markup | null {
  if (gaps.length === 0) return null;
  return part(
    'tbody',
    'timeline-gap-rows',
    () => markup`<tbody id="timeline-gap-rows">
${gaps.map(({ watch, place, from, until, cause }) => markup`<tr><th scope="row">${watch}</th><td>${place ?? 'all of it'}</td><td>not seen: ${cause}</td><td>${clock(from, at)}</td><td>${until === null ? 'now' : clock(until, at)}</td><td class="number">${formatSpan((until ?? now) - from)}</td></tr>`)}</tbody>`,
    [dayOf(at), gaps.some(({ until }) => until === null) && now, ...gaps.flatMap(partsOfGap)],
  );
}

function idOf({ watch, job }: Bar): string {
  return `row-${idPart(watch)}-${idPart(job.id)}`;
}

function tableRow(bar: Bar, now: Timestamp): Markup {
  const { watch, job, state, from, until, expectedEndAt } = bar;
  const isRunning = state === 'in_progress';
  const end = !isRunning
    ? clock(until, now)
    : expectedEndAt === null
      ? 'runs'
      : markup`about ${clock(expectedEndAt, now)}`;
  return markup`<tr id="${idOf(bar)}"><th scope="row">${watch}</th><td><a href="/jobs/${encodeURIComponent(job.id)}">${job.instanceName}${intoWords(job)}</a></td><td>${STATE_WORDS[state]}</td><td>${clock(from, now)}</td><td>${end}</td><td class="number">${formatSpan(until - from)}</td></tr>`;
}
