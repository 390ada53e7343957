import type { Context } from 'hono';
import type { Clock } from '../../clock.ts';
import { isUnfinished } from '../../domain/job/restore-job.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import { badgeOf } from '../../views/badge.ts';
import type { StatusReport } from '../../views/status/report.ts';
import { badgeSvg } from './badge-svg.ts';

/** What badges are made from. */
export interface BadgeDeps {
  /** @throws {StoreError} */
  report: () => Promise<StatusReport>;
  store: Pick<RecordReader, 'listObservations'>;
  clock: Clock;
  /** They are shown to anybody: what lies between may hand on to one what it has got for another. */
  publicBadges: () => boolean;
}

/** Among so many of the newest jobs of a watch is one that has ended, or its last restore is long ago. */
const LOOKED_AT = 50;
/** Seconds. Proxies of pages that show badges keep them otherwise for as long as they like. */
const KEPT_FOR = 30;

/** Answers with the badge of a watch; `null`: none is called so. */
export async function answerBadge(
  c: Context,
  watch: string,
  { report, store, clock, publicBadges }: BadgeDeps,
): Promise<Response | null> {
  const found = (await report()).watches.find((each) => each.watch === watch);
  if (found === undefined) return null;
  const { items } = await store.listObservations({ watch, limit: LOOKED_AT });
  const latest = items.find(({ state }) => !isUnfinished(state)) ?? null;
  return c.body(badgeSvg(badgeOf(found, latest, clock.now())), 200, {
    'Content-Type': 'image/svg+xml; charset=utf-8',
    'Cache-Control': `${publicBadges() ? 'public' : 'private'}, max-age=${KEPT_FOR}`,
  });
}
