import { intoWords } from '../../../../domain/event/job-words.ts';
import { formatSpan, type Timestamp, toIso } from '../../../../domain/instant.ts';
import type { MovingAxis } from '../../../../views/charts/moving-axis.ts';
import type { Gap } from '../../../../views/page/gaps.ts';
import { type Bar, LEAST_SHARE, type Level } from '../../../../views/page/timeline.ts';
import { dateOf, idPart, type Markup, markup, type Part } from '../../markup.ts';
import { STATE_WORDS } from '../../states.ts';

/** Pixels: of a lane, of a bar in it, and of what stands above the lanes. */
export const LANE = 28;
export const AXIS = 22;
const BAR = 12;
/** A sign stands above the end of its bar: beside it there may be another bar. */
const BAR_TOP = 13;
/** In percent. */
const MIN_WIDTH = LEAST_SHARE * 100;
const ALONE: Level = { level: 0, of: 1 };

/** Where things are drawn. */
export interface Ground {
  axis: MovingAxis;
  /** The top of the lane of a watch, in pixels. */
  topOf: (watch: string) => number;
  levels: ReadonlyMap<Bar, Level>;
  now: Timestamp;
}

/** A number for where a bar stands: its lane, and its place among those beside it. */
export function placeOf(bar: Bar, { topOf, levels }: Ground): number {
  const level = levels.get(bar);
  return 100 * topOf(bar.watch) + (level === undefined ? 0 : 10 * level.of + level.level);
}

/** From which height on it is drawn, and how high, in pixels. */
function heightsOf(bar: Bar, { topOf, levels }: Ground): readonly [top: number, height: number] {
  const { level, of } = levels.get(bar) ?? ALONE;
  const height = round((BAR - (of - 1)) / of);
  return [round(topOf(bar.watch) + BAR_TOP + level * (height + 1)), height];
}

/** All that a gap tells, wherever it is drawn or written. (A bar that tells the same is the same object.) */
export function partsOfGap({ watch, place, from, until, cause }: Gap): readonly unknown[] {
  return [watch, place, from, until, cause];
}

/** Draws a restore: a link to its page, with what a reader hears. */
export function linkedBar(bar: Bar, ground: Ground): Markup {
  const { watch, job } = bar;
  const words = barWords(bar, ground.now);
  const id = `bar-${idPart(watch)}-${idPart(job.id)}`;
  return markup`<a id="${id}" href="/jobs/${encodeURIComponent(job.id)}" aria-label="${words}"><title>${words}</title>${shape(bar, ground)}</a>`;
}

/** Draws restores that nobody goes through one by one: those of one state as one shape, so that thousands are a few elements for a browser. */
export function crowdOf(bars: readonly Bar[], ground: Ground): Markup[] {
  return [...Map.groupBy(bars, ({ state }) => state)].map(([state, those]) => {
    const shapes = those.map((bar) => {
      const { left, width, top, height } = boxOf(bar, ground);
      return `M${left} ${top}h${width}v${height}h${-width}z`;
    });
    return markup`<svg width="100%" height="100" viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible"><path class="bar ${state}" d="${shapes.join('')}"/></svg>`;
  });
}

/** Across in percent, and in height in pixels. */
interface Box {
  left: number;
  right: number;
  width: number;
  top: number;
  height: number;
}

function boxOf(bar: Bar, ground: Ground): Box {
  const [left, right] = [ground.axis.place(bar.from), ground.axis.place(bar.until)];
  const [top, height] = heightsOf(bar, ground);
  return { left, right, width: round(Math.max(MIN_WIDTH, right - left)), top, height };
}

function shape(bar: Bar, ground: Ground): Markup {
  const { watch, state, expectedEndAt } = bar;
  const { axis, topOf } = ground;
  const { left, right, width, top, height } = boxOf(bar, ground);
  const ahead =
    expectedEndAt === null
      ? null
      : markup`<rect class="ahead" x="${right}%" y="${top}" width="${round(axis.place(expectedEndAt) - right)}%" height="${height}"/>`;
  return markup`${ahead}<rect class="bar ${state}" x="${left}%" y="${top}" width="${width}%" height="${height}" rx="2"/>${sign(state, round(left + width), topOf(watch) + BAR_TOP)}`;
}

function round(percent: number): number {
  return Math.round(percent * 100) / 100;
}

/** What tells the states apart for who does not see the colours: a cross, a stroke, a hollow end. */
function sign(state: Bar['state'], place: number, top: number): Part {
  const path = SIGNS[state];
  if (path === undefined) return null;
  return markup`<svg class="sign ${state}" x="${place}%" y="${top - SIGN}" overflow="visible"><path d="${path}"/></svg>`;
}

const SIGNS: Partial<Record<Bar['state'], string>> = {
  failed: 'M-3.5 2l7 7M3.5 2l-7 7',
  cancelled: 'M-4 6h8',
  expired: 'M0 1v5M0 8.5v1',
  missing: 'M-3 3q3-4 5 0q0 2-2 3.5M0 9v1',
};
/** As high as a sign is, and a little. */
const SIGN = 11;

/** Shows in the legend how a state is drawn. */
export function sample(state: Bar['state']): Markup {
  const path = SIGNS[state];
  return markup`<svg class="sample" width="${path === undefined ? 12 : 24}" height="12" aria-hidden="true"><rect class="bar ${state}" width="12" height="12" rx="2"/>${path === undefined ? null : markup`<svg class="sign ${state}" x="19" overflow="visible"><path d="${path}"/></svg>`}</svg>`;
}

/** Draws a time in which nobody saw a watch, or a part of it. */
export function gapMarkup({ watch, place, from, until, cause }: Gap, { axis, topOf, now }: Ground): Markup {
  const [left, right] = [axis.place(from), axis.place(until ?? now)];
  const what = place === null ? watch : `${place} of ${watch}`;
  const words = `${what}: not seen from ${utc(from, now)} to ${until === null ? 'now' : utc(until, now)}: ${cause}`;
  return markup`<g role="img" aria-label="${words}"><title>${words}</title><rect class="gap" x="${left}%" y="${topOf(watch) + 3}" width="${round(Math.max(MIN_WIDTH, right - left))}%" height="${LANE - 6}"/></g>`;
}

function barWords({ watch, job, state, from, until, expectedEndAt }: Bar, now: Timestamp): string {
  const took = state === 'in_progress' ? 'so far' : 'long';
  const ends = expectedEndAt === null ? '' : `, ends about ${utc(expectedEndAt, now)}`;
  return `${watch}: ${job.instanceName}${intoWords(job)}, ${STATE_WORDS[state]}, from ${utc(from, now)} to ${state === 'in_progress' ? 'now' : utc(until, now)}, ${formatSpan(until - from)} ${took}${ends}`;
}

function utc(at: Timestamp, now: Timestamp): string {
  const iso = toIso(at);
  const isToday = iso.slice(0, 10) === toIso(now).slice(0, 10);
  return `${isToday ? '' : `${dateOf(at, now)} `}${iso.slice(11, 16)} UTC`;
}
