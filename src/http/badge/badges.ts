import type { Clock } from '../../clock.ts';
import { isUnfinished } from '../../domain/job/restore-job.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import { badgeOf } from '../../views/badge.ts';
import type { StatusReport } from '../../views/status/report.ts';
import type { WatcherStatus } from '../../watcher/status.ts';
import { badgeSvg } from './badge-svg.ts';

/** What badges are made from. */
export interface BadgeDeps {
  /** Names the watches that there are. */
  status: () => Pick<WatcherStatus, 'watches'>;
  /** @throws {StoreError} */
  report: () => Promise<StatusReport>;
  store: Pick<RecordReader, 'listObservations'>;
  clock: Clock;
}

/** Among so many of the newest jobs of a watch is one that has ended, or its last restore is long ago. */
const LOOKED_AT = 50;
/** What was read is good for so many milliseconds: where badges are public, anybody may ask, as often as they like. */
const READ_FOR_MS = 5_000;

/** Draws badges. */
export interface Badges {
  /** The badge of a watch, as SVG; `null`: none is called so. @throws {StoreError} */
  of(watch: string): Promise<string | null>;
}

/** Makes badges, each at most once in `READ_FOR_MS`, of one report for all of them. */
export function createBadges({ status, report, store, clock }: BadgeDeps): Badges {
  const reports = remembered(clock, report);
  const drawn = new Map<string, () => Promise<string | null>>();

  const draw = async (watch: string): Promise<string | null> => {
    const found = (await reports()).watches.find((each) => each.watch === watch);
    if (found === undefined) return null;
    const { items } = await store.listObservations({ watch, limit: LOOKED_AT });
    const latest = items.find(({ state }) => !isUnfinished(state)) ?? null;
    return badgeSvg(badgeOf(found, latest, clock.now()));
  };
  return {
    of: async (watch) => {
      const names = status().watches.map((each) => each.watch);
      if (!names.includes(watch)) return null;
      for (const name of drawn.keys()) if (!names.includes(name)) drawn.delete(name);
      const known = drawn.get(watch) ?? remembered(clock, () => draw(watch));
      drawn.set(watch, known);
      return known();
    },
  };
}

/** Does the work again only when what it gave is old, or it failed; who asks meanwhile waits for the same. */
function remembered<T>(clock: Pick<Clock, 'monotonic'>, work: () => Promise<T>): () => Promise<T> {
  let kept: { at: number; made: Promise<T> } | null = null;
  return () => {
    if (kept !== null && clock.monotonic() - kept.at < READ_FOR_MS) return kept.made;
    const own = { at: clock.monotonic(), made: work() };
    kept = own;
    own.made.catch(() => {
      if (kept === own) kept = null;
    });
    return own.made;
  };
}
