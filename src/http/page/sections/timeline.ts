import { type Timestamp, toIso } from '../../../domain/instant.ts';
import { movingAxis } from '../../../views/charts/moving-axis.ts';
import { type TimeAxis, timeAxis } from '../../../views/charts/time-axis.ts';
import type { PageFacts } from '../../../views/page/facts.ts';
import { type PageQuery, pageAddress, RANGES, type Range } from '../../../views/page/query.ts';
import { type Bar, type Lane, type Timeline, timelineOf } from '../../../views/page/timeline.ts';
import { dayOf, type Markup, many, markup, type Part } from '../markup.ts';
import type { PartMaker } from '../parts.ts';
import { STATE_WORDS } from '../states.ts';
import { notRead, readBefore } from './not-read.ts';
import {
  AXIS,
  crowdOf,
  type Ground,
  gapMarkup,
  LANE,
  linkedBar,
  partsOfGap,
  placeOf,
  sample,
} from './timeline/bars.ts';
import { timelineTable } from './timeline/table.ts';

const TICKS = 8;
/** More bars than this are not each a link of its own: nobody goes through them one by one. Those that did not end well still are. */
const MOST_LINKS = 400;
/** Bars are sent again by so many parts of the range, those that began in the same one together. */
const GROUPS = 48;

/** What happened in the range: a lane a watch, and the same as a table. */
export function timelineSection(facts: PageFacts, part: PartMaker): Markup {
  const timeline = timelineOf(facts);
  return markup`<section id="timeline" aria-labelledby="timeline-title">
<div class="head"><h2 id="timeline-title">Last ${RANGES[facts.query.range].words}</h2>${rangeLinks(facts.query)}</div>
${readBefore(facts)}${facts.record === null ? notRead(facts) : drawing(timeline, facts, part)}
</section>`;
}

function rangeLinks(query: PageQuery): Markup {
  const ranges = Object.keys(RANGES) as Range[];
  return markup`<nav class="ranges" aria-label="Range of the timeline">${ranges.map((range) => {
    const address = `${pageAddress({ ...query, range })}#timeline`;
    return markup`<a href="${address}"${range === query.range ? markup` aria-current="true"` : null}>${range}</a>`;
  })}</nav>`;
}

function drawing(timeline: Timeline, facts: PageFacts, part: PartMaker): Markup {
  const { lanes, quiet, isWhole } = timeline;
  const notes = [
    quiet.length === 0
      ? null
      : `${many(quiet.length, 'watch', 'watches')} without a restore in this time ${quiet.length === 1 ? 'is' : 'are'} left out.`,
    isWhole
      ? null
      : 'There are more restores in this time than are shown: choose a watch, or a shorter time.',
  ];
  const table = timelineTable(timeline, facts.now, part);
  return markup`${part('p', 'timeline-summary', () => markup`<p id="timeline-summary" class="visually-hidden">${summary(timeline)}</p>`)}
${table === null ? null : markup`<a class="skip" href="#as-table">Skip the drawing, to the table</a>`}
<div class="lanes" tabindex="0" role="region" aria-label="The timeline drawn">
${laneNames(lanes, part)}
${svg(timeline, facts, part)}</div>
${part('div', 'timeline-legend', () => markup`<div id="timeline-legend">${legend(timeline)}</div>`)}
${notes.map((note) => (note === null ? null : markup`<p class="quiet">${note}</p>`))}
${table}`;
}

function laneNames(lanes: readonly Lane[], part: PartMaker): Markup {
  const names = lanes.map(({ watch }) => watch);
  return part(
    'ul',
    'timeline-lanes',
    () =>
      markup`<ul id="timeline-lanes" class="lane-names" aria-hidden="true">${names.map((name) => markup`<li title="${name}">${name}</li>`)}</ul>`,
    names,
  );
}

/** Drawn so that little of it changes when a restore begins or ends, or time goes on: all that has its place in time stands on a strip that is shifted. */
function svg(
  { lanes, bars, levels, from, now, until }: Timeline,
  { query }: PageFacts,
  part: PartMaker,
): Markup {
  const height = Math.max(1, lanes.length) * LANE;
  const rows = new Map(lanes.map(({ watch }, row) => [watch, AXIS + row * LANE]));
  const ground: Ground = {
    axis: movingAxis(from, until),
    topOf: (watch) => rows.get(watch) ?? AXIS,
    levels,
    now,
  };
  return markup`<svg class="timeline" height="${AXIS + height}" role="group" aria-labelledby="timeline-summary">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><rect class="hatch-line" width="2" height="6"/></pattern>
<pattern id="lane" y="${AXIS}" width="8" height="${LANE}" patternUnits="userSpaceOnUse"><line class="lane" x2="8" y1="${LANE - 0.5}" y2="${LANE - 0.5}"/></pattern></defs>
<rect y="${AXIS}" width="100%" height="${height}" fill="url(#lane)"/>
${part('svg', 'timeline-ticks', () => markup`<svg id="timeline-ticks" aria-hidden="true">${ticks(timeAxis(from, until, TICKS), now, AXIS + height)}</svg>`)}
<svg x="${ground.axis.shift}%" overflow="visible">
${gapsMarkup(lanes, ground, part)}
${barGroups(bars, ground, RANGES[query.range].ms / GROUPS, part)}</svg>
${part('svg', 'timeline-now', () => markup`<svg id="timeline-now" class="unhit" aria-hidden="true">${nowMarkup(timeAxis(from, until, TICKS).place(now), AXIS + height)}</svg>`)}
</svg>`;
}

function gapsMarkup(lanes: readonly Lane[], ground: Ground, part: PartMaker): Markup {
  const gaps = lanes.flatMap((lane) => lane.gaps);
  const lasts = gaps.some(({ until }) => until === null);
  return part(
    'svg',
    'timeline-gaps',
    () =>
      markup`<svg id="timeline-gaps" overflow="visible">${gaps.map((gap) => gapMarkup(gap, ground))}</svg>`,
    [
      ...[ground.axis.begins, dayOf(ground.now), lasts && ground.now],
      ...gaps.flatMap((gap) => [...partsOfGap(gap), ground.topOf(gap.watch)]),
    ],
  );
}

/** The bars in the order in which the restores began, so that a keyboard goes through them in that order. */
function barGroups(bars: readonly Bar[], ground: Ground, groupMs: number, part: PartMaker): Markup[] {
  const isCrowded = bars.length > MOST_LINKS;
  const groups = Map.groupBy(bars, ({ job }) => Math.floor(job.createdAt / groupMs));
  return [...groups].map(([number, group]) => {
    const id = `bars-${number}`;
    const isOfCrowd = (bar: Bar): boolean => isCrowded && isPlain(bar);
    const draw = (): Markup => {
      const linked = group.filter((bar) => !isOfCrowd(bar)).map((bar) => linkedBar(bar, ground));
      return markup`<svg id="${id}" overflow="visible">${crowdOf(group.filter(isOfCrowd), ground)}${linked}</svg>`;
    };
    return part('svg', id, draw, [
      ...[ground.axis.begins, dayOf(ground.now), isCrowded],
      ...[...group, ...group.map((bar) => placeOf(bar, ground))],
    ]);
  });
}

/** Nobody needs to look at it: it ended as it should. */
function isPlain({ state }: Bar): boolean {
  return state === 'finished' || state === 'ready';
}

/** A label that would be cut off at an end, or stand under that of now, is left out. */
function ticks(axis: TimeAxis, now: Timestamp, height: number): Markup[] {
  return axis.ticks.map(({ at, place, isDay }) => {
    const hasRoom =
      place >= LABEL / 2 && place <= 100 - LABEL / 2 && Math.abs(place - axis.place(now)) >= LABEL;
    const words = isDay ? dayOf(at) : toIso(at).slice(11, 16);
    return markup`<line class="tick" x1="${place}%" x2="${place}%" y1="${AXIS}" y2="${height}"/>
${hasRoom ? markup`<text class="tick-label" x="${place}%" y="14" data-at="${toIso(at)}" data-as="${isDay ? 'day' : 'clock-only'}">${words}</text>` : null}`;
  });
}

/** Of the width, in percent: so much a label takes on a narrow screen. */
const LABEL = 6;

function nowMarkup(place: number, height: number): Markup {
  return markup`<line class="now" x1="${place}%" x2="${place}%" y1="${AXIS - 4}" y2="${height}"/><text class="now-label" x="${place}%" y="14">now</text>`;
}

function summary({ lanes, bars }: Timeline): string {
  const states = Map.groupBy(bars, ({ state }) => state);
  const parts = [...states].map(([state, those]) => `${those.length} ${STATE_WORDS[state]}`);
  return `${many(lanes.length, 'watch', 'watches')}, ${bars.length === 0 ? 'no restore' : `${many(bars.length, 'restore')}: ${parts.join(', ')}`}`;
}

function legend({ lanes, bars }: Timeline): Part {
  const states = [...new Set(bars.map(({ state }) => state))];
  const hasGaps = lanes.some(({ gaps }) => gaps.length > 0);
  const none = hasGaps ? 'No restore was seen in this time.' : 'No restore ran in this time.';
  const nothing = states.length === 0 && markup`<p class="quiet">${none}</p>`;
  if (states.length === 0 && !hasGaps) return nothing;
  return markup`${nothing}<ul class="legend">${states.map((state) => markup`<li>${sample(state)}${STATE_WORDS[state]}</li>`)}${hasGaps ? markup`<li><svg class="sample" width="26" height="12" aria-hidden="true"><rect class="gap" width="24" height="12"/></svg>not seen</li>` : null}</ul>`;
}
