import type { Clock } from '../clock.ts';
import { ratioOf } from '../domain/coverage/periods.ts';
import type { CoverageReader } from '../store/ports/coverage.ts';
import { readCoverage } from '../views/coverage.ts';
import { COVERAGE_WINDOW_MS } from './definitions.ts';
import type { Figures } from './figures.ts';
import type { Instruments } from './instruments.ts';

/** What is known by so many milliseconds is good enough: a look reads a row for each instance. */
const AGAIN_AFTER_MS = 60_000;

/** How much of the last day each watch was watched, by what is on record: also of what other replicas and earlier processes did. */
export function showCoverage(
  instruments: Instruments,
  { store, clock }: { store: CoverageReader; clock: Clock },
): Figures {
  const ratio = instruments.gauge('restore_watcher_coverage_ratio');
  let known: readonly string[] = [];
  let readMono = Number.NEGATIVE_INFINITY;
  return {
    apply: ({ watches }) => {
      known = watches;
      readMono = Number.NEGATIVE_INFINITY;
    },
    refresh: async () => {
      if (clock.monotonic() - readMono < AGAIN_AFTER_MS) return;
      const now = clock.now();
      const period = { since: now - COVERAGE_WINDOW_MS, until: now };
      const places = await readCoverage(store, period, now).catch(() => null);
      ratio.reset();
      if (places === null) return;
      readMono = clock.monotonic();
      const byWatch = Map.groupBy(places, ({ watch }) => watch);
      for (const watch of known) {
        const own = byWatch.get(watch);
        if (own) ratio.set({ watch }, ratioOf(own));
      }
    },
  };
}
