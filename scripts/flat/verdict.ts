import { median } from '../benchmark/report/figures.ts';
import { tableOf } from '../benchmark/report/line.ts';
import type { FlatReport } from './flat.ts';
import { trendOf } from './trend.ts';

/** How one kind of memory went. In MiB. */
export interface Growth {
  what: string;
  early: number;
  late: number;
  /** What an hour adds, by the slope; `null` where there are only two readings. */
  perHour: number | null;
  isFlat: boolean;
}

/** What a daemon may hold more late than early: collections come when they come, and the caches of the store fill. */
const ROOM_MIB = { resident: 4, alive: 1.5 };
const MS_PER_HOUR = 3_600_000;

/** Early and late, for each kind of memory. */
export function growthsOf(report: FlatReport, sampleEveryMs: number): Growth[] {
  const sampled = (what: string, samples: readonly number[], figure = median): Growth => {
    const { early, late, slope } = trendOf(samples, figure);
    const perHour = slope * (MS_PER_HOUR / sampleEveryMs);
    return { what, early, late, perHour, isFlat: late - early <= ROOM_MIB.resident };
  };
  const [early, late] = report.aliveMib;
  return [
    sampled('resident memory', report.residentMib),
    sampled('private memory', report.privateMib),
    // It goes up and down with the garbage: what it falls back to is what counts.
    sampled('heap in use, the least', report.heapMib, (values) => Math.min(...values)),
    {
      what: 'heap alive after a collection',
      early,
      late,
      perHour: null,
      isFlat: late - early <= ROOM_MIB.alive,
    },
  ];
}

/** The growths as a Markdown table. */
export function markdownOf(growths: readonly Growth[]): string {
  const rows = growths.map(({ what, early, late, perHour, isFlat }) => [
    what,
    `${early.toFixed(1)} MiB`,
    `${late.toFixed(1)} MiB`,
    perHour === null ? '' : `${perHour.toFixed(2)} MiB`,
    isFlat ? 'yes' : '**no**',
  ]);
  return tableOf(['what', 'early', 'late', 'slope an hour', 'flat'], rows);
}
