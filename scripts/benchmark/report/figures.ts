import type { Memory } from '../process/process-cost.ts';

/** The one in the middle; not a number when there is none. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The smallest value that this share of the values does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far off the mean of so many values may well be, by how much they differ; not a number for less than two. */
export function standardError(values: readonly number[]): number {
  const middle = mean(values);
  const squares = values.map((value) => (value - middle) ** 2);
  return Math.sqrt(mean(squares) / (values.length - 1));
}

/** A span of milliseconds, in the unit that reads best. */
export function span(ms: number): string {
  if (ms >= 1_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
}

/** A count, with separators. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

/** Resident and, in parentheses, private memory. */
export function megabytes({ resident, private: own }: Pick<Memory, 'resident' | 'private'>): string {
  return `${inMb(resident).toFixed(0)} (${inMb(own).toFixed(0)}) MB`;
}

/** From MiB to MB. */
export function inMb(mib: number): number {
  return (mib * 2 ** 20) / 1e6;
}
