import pLimit from 'p-limit';
import type { Timestamp } from '../domain/instant.ts';
import type { Watch } from '../domain/job/watch.ts';
import { toError } from '../errors.ts';
import type { JobSource } from '../source/source.ts';
import { type Diagnosis, failed, isConnectionWide, passed, sameFor } from './diagnosis.ts';
import { readActorFeeds, readFeeds } from './feeds.ts';
import { createInventory, type Inventory } from './inventory.ts';
import { FoundFault, placeFault } from './place-fault.ts';
import { withSuggestion } from './suggest.ts';
import { createWalk } from './walk.ts';

/** Watches of one connection that are looked into at once; the request budget is the real limit. */
const WATCHES_AT_ONCE = 8;

/**
 * Walks the way to its jobs for every watch, and says how far it gets. The first watch of a connection goes alone: it logs in for all,
 * and where the connection or the credential is at fault the others are not asked again. Never rejects for a fault of Atlas, of a
 * watch, or of this program.
 * @param how `now`: by this machine's clock.
 * @throws what the signal says, when it aborts.
 */
export async function diagnoseWatches(
  watches: readonly Watch[],
  sources: ReadonlyMap<string, JobSource>,
  how: { signal: AbortSignal; now: Timestamp },
): Promise<Diagnosis[]> {
  const byConnection = Map.groupBy(watches, ({ connection }) => connection);
  const found = await Promise.all(
    [...byConnection].map(([connection, own]) => {
      const source = sources.get(connection);
      if (!source) throw new Error(`there is no connection ${connection}`);
      return diagnoseConnection(own, source, how);
    }),
  );
  const byName = new Map(found.flat().map((diagnosis) => [diagnosis.watch, diagnosis]));
  return watches.flatMap(({ name }) => byName.get(name) ?? []);
}

async function diagnoseConnection(
  watches: readonly Watch[],
  source: JobSource,
  how: { signal: AbortSignal; now: Timestamp },
): Promise<Diagnosis[]> {
  const [first, ...others] = watches;
  if (first === undefined) return [];
  const inventory = createInventory(source, { signal: how.signal, isUrgent: true });
  const diagnose = (watch: Watch): Promise<Diagnosis> => diagnoseWatch(watch, source, inventory, how);
  const foremost = await diagnose(first);
  if (isConnectionWide(foremost)) return [foremost, ...others.map((watch) => sameFor(watch, foremost))];
  const limit = pLimit(WATCHES_AT_ONCE);
  return [foremost, ...(await Promise.all(others.map((watch) => limit(diagnose, watch))))];
}

/** As the replies to what was asked just now have told. */
function refillsOf(source: JobSource, projects: Iterable<string>): Map<string, number> {
  const refills = new Map<string, number>();
  for (const groupId of projects) {
    const { refillPerMinute } = source.budgetOf(groupId);
    if (refillPerMinute !== null) refills.set(groupId, refillPerMinute);
  }
  return refills;
}

async function diagnoseWatch(
  watch: Watch,
  source: JobSource,
  inventory: Inventory,
  { signal, now }: { signal: AbortSignal; now: Timestamp },
): Promise<Diagnosis> {
  // A person waits for the answer.
  const walk = createWalk(watch, source, { signal, isUrgent: true });
  try {
    await walk.readJobs(await walk.findTargets());
    const { notes, asks } = walk;
    const options = { source, now, signal, isUrgent: true };
    const feeds = await readFeeds(watch, asks, options);
    const actors = await readActorFeeds(watch, asks, options);
    return passed(watch, notes, { asks, feeds, actors, refills: refillsOf(source, asks.keys()) });
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const placed = placeFault(toError(thrown), walk.question());
    const isFinal = thrown instanceof FoundFault;
    const fault = isFinal ? placed.fault : await withSuggestion(placed, walk.target(), inventory);
    return failed(watch, walk.notes, { ...placed, fault });
  }
}
