import { formatSpan } from '../../domain/instant.ts';
import { durationsChart } from '../../views/charts/durations-chart.ts';
import type { UsualRange } from '../../views/page/durations.ts';
import { type Markup, many, markup, type Part } from './markup.ts';

/** What one plot shows. Spans are milliseconds. */
export interface DurationsPlot {
  /** Oldest first. */
  durationsMs: readonly number[];
  usual: UsualRange | null;
  /** The restore that the page is about: how long it took or has taken; `null`: there is none. */
  ownMs: number | null;
  /** It still runs. */
  isRunning: boolean;
}

const HEIGHT = 110;
/** The newest are shown, as many as can be told apart. */
const MOST_POINTS = 80;

/** Draws how long restores of an instance took: a stroke each, the usual range behind them. */
export function durationsPlot({ durationsMs, usual, ownMs, isRunning }: DurationsPlot): Markup {
  const shown = durationsMs.slice(-MOST_POINTS);
  if (shown.length === 0) return markup`<p class="quiet">No restore like it has finished here yet.</p>`;
  const chart = durationsChart(shown, HEIGHT, ownMs === null ? [] : [ownMs]);
  return markup`<figure class="plot"><svg class="durations" height="${HEIGHT + 2}" role="img" aria-label="${plotWords({ durationsMs: shown, usual, ownMs, isRunning })}">
${chart.ticks.map(({ y }) => markup`<line class="tick" x1="0" x2="100%" y1="${y}" y2="${y}"/>`)}
${usual === null ? null : markup`<rect class="usual" x="0" width="100%" y="${chart.yOf(usual.mostMs)}" height="${HEIGHT - chart.yOf(usual.mostMs)}"/><line class="median" x1="0" x2="100%" y1="${chart.yOf(usual.usualMs)}" y2="${chart.yOf(usual.usualMs)}"/>`}
${chart.points.map(({ x, y }) => markup`<line class="took" x1="${x}%" x2="${x}%" y1="${HEIGHT}" y2="${y}"/><circle class="took" cx="${x}%" cy="${y}" r="2.5"/>`)}
${ownMs === null ? null : markup`<line class="own" x1="0" x2="100%" y1="${chart.yOf(ownMs)}" y2="${chart.yOf(ownMs)}"/>`}
${chart.ticks.map(({ ms, y }) => ms > 0 && markup`<text x="0" y="${y - 3}">${formatSpan(ms)}</text>`)}</svg>
<figcaption class="quiet">${caption(shown.length, usual)}${ownWords(ownMs, isRunning)}</figcaption></figure>`;
}

function caption(count: number, usual: UsualRange | null): Part {
  const range =
    usual === null
      ? ''
      : `half took ${formatSpan(usual.usualMs)} or less, nine of ten ${formatSpan(usual.mostMs)} or less`;
  return `The last ${many(count, 'restore')} of this kind here, oldest first: ${range}.`;
}

function ownWords(ownMs: number | null, isRunning: boolean): Part {
  if (ownMs === null) return null;
  return markup` <span class="own-words">This one: ${formatSpan(ownMs)}${isRunning ? ' so far' : ''}.</span>`;
}

function plotWords({ durationsMs, usual }: DurationsPlot): string {
  const longest = formatSpan(Math.max(...durationsMs));
  const shortest = formatSpan(Math.min(...durationsMs));
  const range = usual === null ? '' : `, half of them ${formatSpan(usual.usualMs)} or less`;
  return `Durations of ${many(durationsMs.length, 'restore')}: from ${shortest} to ${longest}${range}`;
}
