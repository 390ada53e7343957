import { scaleLog, scaleUtc } from 'd3-scale';
import type { Timestamp } from '../../domain/instant.ts';

/** A restore as a mark: when it began, how long it took, and which series it belongs to. */
export interface DurationMark {
  at: Timestamp;
  ms: number;
  /** From 0. */
  series: number;
  hasFailed: boolean;
  /** Shown to whoever points at it. */
  title: string;
}

/** What is drawn, in the order of drawing; sizes in the units of the picture. */
export interface DurationChart {
  width: number;
  height: number;
  left: number;
  right: number;
  bottom: number;
  ticks: ReadonlyArray<{ y: number; label: string }>;
  days: ReadonlyArray<{ x: number; label: string }>;
  marks: ReadonlyArray<{ x: number; y: number; series: number; hasFailed: boolean; title: string }>;
}

const WIDTH = 720;
const HEIGHT = 240;
const LEFT = 56;
const RIGHT = 700;
const TOP = 10;
const BOTTOM = 212;
const MINUTE = 60_000;

/** Minutes at which a line may be drawn. */
const STEPS = [0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/** Lays out the durations of restores over a period, on a logarithmic axis: what takes seconds and what takes hours are both to be seen. */
export function durationChart(
  marks: readonly DurationMark[],
  { since, until }: { since: Timestamp; until: Timestamp },
): DurationChart {
  const minutes = marks.map(({ ms }) => Math.max(ms / MINUTE, 0.5));
  const lowest = STEPS.findLast((step) => step <= Math.min(...minutes, 1)) ?? 0.5;
  const highest = STEPS.find((step) => step >= Math.max(...minutes, 10)) ?? 10_000;
  const x = scaleUtc([since, until], [LEFT, RIGHT]);
  const y = scaleLog([lowest, highest], [BOTTOM, TOP]).clamp(true);
  return {
    ...{ width: WIDTH, height: HEIGHT, left: LEFT, right: RIGHT, bottom: BOTTOM },
    ticks: STEPS.filter((step) => step >= lowest && step <= highest).map((step) => ({
      y: round(y(step)),
      label: `${step.toLocaleString('en')} min`,
    })),
    days: x.ticks(6).map((tick) => ({ x: round(x(tick)), label: tick.toISOString().slice(5, 10) })),
    marks: marks.map(({ at, series, hasFailed, title }, index) => ({
      x: round(x(at)),
      y: round(y(minutes[index] ?? lowest)),
      ...{ series, hasFailed, title },
    })),
  };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
