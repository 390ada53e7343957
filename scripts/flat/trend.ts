import { median } from '../benchmark/report/figures.ts';

/** How a figure went over the time in which it was sampled. */
export interface Trend {
  /** In the second third: the first is the warm-up. */
  early: number;
  /** In the last third. */
  late: number;
  /** How much it grows from one sample to the next, by the line that lies closest to the last two thirds. */
  slope: number;
}

/** The trend of samples taken at equal distances; `figure` is what stands for a third of them: the middle unless given. */
export function trendOf(
  samples: readonly number[],
  figure: (values: readonly number[]) => number = median,
): Trend {
  const third = Math.floor(samples.length / 3);
  const counted = samples.slice(third);
  return {
    early: figure(samples.slice(third, 2 * third)),
    late: figure(samples.slice(-third)),
    slope: slopeOf(counted),
  };
}

/** Least squares. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let above = 0;
  let below = 0;
  values.forEach((value, index) => {
    above += (index - middle) * (value - mean);
    below += (index - middle) ** 2;
  });
  return above / below;
}
