import { scaleUtc } from 'd3-scale';
import type { Timestamp } from '../../domain/instant.ts';

/** Where instants lie on a line, in percent of its length. */
export interface TimeAxis {
  /** Instants outside lie at its ends. With two decimals: a twentieth of a pixel on a wide screen. */
  place(at: Timestamp): number;
  /** Round instants, about as many as were asked for. `isDay`: a midnight, or whole days apart. */
  ticks: ReadonlyArray<{ at: Timestamp; place: number; isDay: boolean }>;
}

const DAY_MS = 86_400_000;

/** Lays out a span of time. */
export function timeAxis(from: Timestamp, until: Timestamp, tickCount: number): TimeAxis {
  const scale = scaleUtc([from, until], [0, 100]).clamp(true);
  const place = (at: Timestamp): number => Math.round(scale(at) * 100) / 100;
  const ticks = scale.ticks(tickCount).map((tick) => {
    const at = tick.getTime();
    return { at, place: place(at), isDay: at % DAY_MS === 0 };
  });
  return { place, ticks };
}
