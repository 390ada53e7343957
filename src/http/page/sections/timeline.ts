import { intoWords } from '../../../domain/event/job-words.ts';
import { formatSpan, type Timestamp, toIso } from '../../../domain/instant.ts';
import { type TimeAxis, timeAxis } from '../../../views/charts/time-axis.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import type { Gap } from '../../../views/page/gaps.ts';
import { type PageQuery, pageAddress, RANGES, type Range } from '../../../views/page/query.ts';
import { type Bar, type Lane, type Timeline, timelineOf } from '../../../views/page/timeline.ts';
import { clock, dayOf, idPart, type Markup, many, markup, type Part } from '../markup.ts';
import { STATE_WORDS } from '../states.ts';
import { notRead, readBefore } from './not-read.ts';

/** Pixels. */
const LANE = 28;
const BAR = 12;
const AXIS = 22;
const TICKS = 8;
/** More bars than this are not each a link of its own: nobody goes through them one by one. Those that did not end well still are. */
const MOST_LINKS = 400;
const MOST_ROWS = 100;

/** What happened in the range: a lane a watch, and the same as a table. */
export function timelineSection(facts: PageFacts): Markup {
  const timeline = timelineOf(facts);
  return markup`<section id="timeline" aria-labelledby="timeline-title">
<div class="head"><h2 id="timeline-title">Last ${RANGES[facts.query.range].words}</h2>${rangeLinks(facts.query)}</div>
${readBefore(facts)}${facts.record === null ? notRead(facts) : drawing(timeline, facts)}
</section>`;
}

function rangeLinks(query: PageQuery): Markup {
  const ranges = Object.keys(RANGES) as Range[];
  return markup`<nav class="ranges" aria-label="Range of the timeline">${ranges.map((range) => {
    const address = `${pageAddress({ ...query, range })}#timeline`;
    return markup`<a href="${address}"${range === query.range ? markup` aria-current="true"` : null}>${range}</a>`;
  })}</nav>`;
}

function drawing(timeline: Timeline, facts: PageFacts): Markup {
  const { lanes, quiet, isWhole } = timeline;
  const notes = [
    quiet.length === 0
      ? null
      : `${many(quiet.length, 'watch', 'watches')} without a restore in this time ${quiet.length === 1 ? 'is' : 'are'} left out.`,
    isWhole
      ? null
      : 'There are more restores in this time than are shown: choose a watch, or a shorter time.',
  ];
  return markup`<div class="lanes" tabindex="0" role="region" aria-label="The timeline drawn">
<ul class="lane-names" aria-hidden="true">${lanes.map(({ watch }) => markup`<li title="${watch}">${watch}</li>`)}</ul>
${svg(timeline)}</div>
${legend(timeline)}
${notes.map((note) => (note === null ? null : markup`<p class="quiet">${note}</p>`))}
${table(timeline, facts)}`;
}

function svg({ lanes, from, now, until }: Timeline): Markup {
  const axis = timeAxis(from, until, TICKS);
  const height = AXIS + Math.max(1, lanes.length) * LANE;
  const bars = lanes
    .flatMap((lane, row) => lane.bars.map((bar) => ({ bar, y: AXIS + row * LANE })))
    .toSorted((a, b) => a.bar.job.createdAt - b.bar.job.createdAt);
  const isCrowded = bars.length > MOST_LINKS;
  const place = axis.place(now);
  return markup`<svg class="timeline" height="${height}" role="group" aria-label="${summary(lanes)}">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern></defs>
<g aria-hidden="true">${axis.ticks.map((tick) => tickMarkup(tick, place, height))}
${lanes.map((_lane, row) => markup`<line class="lane" x1="0" x2="100%" y1="${AXIS + (row + 1) * LANE}" y2="${AXIS + (row + 1) * LANE}"/>`)}</g>
${lanes.map((lane, row) => lane.gaps.map((gap) => gapMarkup(gap, axis, AXIS + row * LANE, now)))}
${bars.map(({ bar, y }) => (isCrowded && !isNotable(bar) ? plainBar(bar, axis, y) : linkedBar(bar, axis, y, now)))}
<g aria-hidden="true"><line class="now" x1="${place}%" x2="${place}%" y1="${AXIS - 4}" y2="${height}"/><text class="now-label" x="${place}%" y="14">now</text></g>
</svg>`;
}

/** A label that would be cut off at an end, or stand under that of now, is left out. */
function tickMarkup({ at, place, isDay }: TimeAxis['ticks'][number], now: number, height: number): Markup {
  const hasRoom = place >= LABEL / 2 && place <= 100 - LABEL / 2 && Math.abs(place - now) >= LABEL;
  const words = isDay ? dayOf(at) : toIso(at).slice(11, 16);
  return markup`<line class="tick" x1="${place}%" x2="${place}%" y1="${AXIS}" y2="${height}"/>
${hasRoom ? markup`<text class="tick-label" x="${place}%" y="14" data-at="${toIso(at)}" data-as="${isDay ? 'day' : 'clock-only'}">${words}</text>` : null}`;
}

/** Of the width, in percent: so much a label takes on a narrow screen. */
const LABEL = 5;

function isNotable({ state }: Bar): boolean {
  return state !== 'finished' && state !== 'ready';
}

function shape({ state, from, until, expectedEndAt }: Bar, axis: TimeAxis, y: number): Markup {
  const [left, right] = [axis.place(from), axis.place(until)];
  const width = round(Math.max(MIN_WIDTH, right - left));
  const top = y + (LANE - BAR) / 2;
  const ahead =
    expectedEndAt === null
      ? null
      : markup`<rect class="ahead" x="${right}%" y="${top}" width="${round(axis.place(expectedEndAt) - right)}%" height="${BAR}"/>`;
  return markup`${ahead}<rect class="bar ${state}" x="${left}%" y="${top}" width="${width}%" height="${BAR}" rx="2"/>${mark(state, round(left + width), top)}`;
}

/** In percent: a short restore is still to be seen, and hit. */
const MIN_WIDTH = 0.35;

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** What tells the states apart for who does not see the colours: a cross, a stroke, a hollow end. */
function mark(state: Bar['state'], place: number, top: number): Part {
  const path = MARKS[state];
  if (path === undefined) return null;
  return markup`<svg class="sign ${state}" x="${place}%" y="${top}" overflow="visible"><path d="${path}"/></svg>`;
}

const MARKS: Partial<Record<Bar['state'], string>> = {
  failed: 'M3 2l8 8M11 2l-8 8',
  cancelled: 'M3 6h8',
  expired: 'M7 1v6M7 10v1.5',
  missing: 'M4 3q3-4 5 0q0 2-2 4M7 10v1.5',
};

function linkedBar(bar: Bar, axis: TimeAxis, y: number, now: Timestamp): Markup {
  const { watch, job } = bar;
  return markup`<a id="bar-${idPart(watch)}-${idPart(job.id)}" href="/jobs/${encodeURIComponent(job.id)}" aria-label="${barWords(bar, now)}"><title>${barWords(bar, now)}</title>${shape(bar, axis, y)}</a>`;
}

function plainBar(bar: Bar, axis: TimeAxis, y: number): Markup {
  return shape(bar, axis, y);
}

function barWords({ watch, job, state, from, until, expectedEndAt }: Bar, now: Timestamp): string {
  const took = state === 'in_progress' ? 'so far' : 'long';
  const ends = expectedEndAt === null ? '' : `, ends about ${utc(expectedEndAt, now)}`;
  return `${watch}: ${job.instanceName}${intoWords(job)}, ${STATE_WORDS[state]}, from ${utc(from, now)} to ${state === 'in_progress' ? 'now' : utc(until, now)}, ${formatSpan(until - from)} ${took}${ends}`;
}

function utc(at: Timestamp, now: Timestamp): string {
  const isToday = toIso(at).slice(0, 10) === toIso(now).slice(0, 10);
  return `${isToday ? '' : `${dayOf(at)} `}${toIso(at).slice(11, 16)} UTC`;
}

function gapMarkup(
  { watch, place, from, until, cause }: Gap,
  axis: TimeAxis,
  y: number,
  now: Timestamp,
): Markup {
  const [left, right] = [axis.place(from), axis.place(until ?? now)];
  const what = place === null ? watch : `${place} of ${watch}`;
  const words = `${what}: not seen from ${utc(from, now)} to ${until === null ? 'now' : utc(until, now)}: ${cause}`;
  return markup`<g role="img" aria-label="${words}"><title>${words}</title><rect class="gap" x="${left}%" y="${y + 3}" width="${round(Math.max(MIN_WIDTH, right - left))}%" height="${LANE - 6}"/></g>`;
}

function summary(lanes: readonly Lane[]): string {
  const bars = lanes.flatMap((lane) => lane.bars);
  const states = Map.groupBy(bars, ({ state }) => state);
  const parts = [...states].map(([state, those]) => `${those.length} ${STATE_WORDS[state]}`);
  return `${many(lanes.length, 'watch', 'watches')}, ${bars.length === 0 ? 'no restore' : `${many(bars.length, 'restore')}: ${parts.join(', ')}`}`;
}

function legend({ lanes }: Timeline): Part {
  const states = [...new Set(lanes.flatMap((lane) => lane.bars.map(({ state }) => state)))];
  const hasGaps = lanes.some(({ gaps }) => gaps.length > 0);
  if (states.length === 0 && !hasGaps) return markup`<p class="quiet">No restore ran in this time.</p>`;
  const sample = (state: Bar['state']): Markup =>
    markup`<li><svg class="sample" width="${MARKS[state] === undefined ? 12 : 25}" height="12" aria-hidden="true"><rect class="bar ${state}" width="12" height="12" rx="2"/>${MARKS[state] === undefined ? null : markup`<svg class="sign ${state}" x="12" overflow="visible"><path d="${MARKS[state] ?? ''}"/></svg>`}</svg>${STATE_WORDS[state]}</li>`;
  return markup`<ul class="legend">${states.map(sample)}${hasGaps ? markup`<li><svg class="sample" width="26" height="12" aria-hidden="true"><rect class="gap" width="24" height="12"/></svg>not seen</li>` : null}</ul>`;
}

function table({ lanes, now }: Timeline, { now: at }: PageFacts): Part {
  const bars = lanes.flatMap((lane) => lane.bars).toSorted((a, b) => b.from - a.from);
  const gaps = lanes.flatMap((lane) => lane.gaps).toSorted((a, b) => b.from - a.from);
  if (bars.length + gaps.length === 0) return null;
  const left = bars.length - MOST_ROWS;
  return markup`<details id="timeline-table"><summary>As a table</summary>
<div class="wide" tabindex="0" role="region" aria-label="The timeline as a table"><table><thead><tr><th scope="col">Watch</th><th scope="col">What</th><th scope="col">State</th><th scope="col">From</th><th scope="col">To</th><th scope="col" class="number">Took</th></tr></thead><tbody>
${gaps.slice(0, MOST_ROWS).map(({ watch, place, from, until, cause }) => markup`<tr><th scope="row">${watch}</th><td>${place ?? 'all of it'}</td><td>not seen: ${cause}</td><td>${clock(from, at)}</td><td>${until === null ? 'now' : clock(until, at)}</td><td class="number">${formatSpan((until ?? now) - from)}</td></tr>`)}
${bars.slice(0, MOST_ROWS).map((bar) => tableRow(bar, at))}</tbody></table></div>
${left > 0 ? markup`<p class="quiet">And ${many(left, 'earlier restore')}.</p>` : null}${gaps.length > MOST_ROWS ? markup`<p class="quiet">And ${many(gaps.length - MOST_ROWS, 'earlier gap')}: <code>restore-watcher audit coverage</code></p>` : null}</details>`;
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
