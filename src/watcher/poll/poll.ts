import type { Timestamp } from '../../domain/instant.ts';
import { isFollowed } from '../../domain/job/observation.ts';
import { targetKey } from '../../domain/job/watch.ts';
import type { JobPage } from '../../source/source.ts';

export type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';

import { commitFindings } from './commit.ts';
import { Comparer, idOf, type ReadTimes } from './compare.ts';
import type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';
import { isNewestFirst, PageMemory } from './pages.ts';
import type { ListWalk } from './places.ts';
import { asFailure, concernsAll, readEach, readPages } from './read.ts';

/** So many findings of a first listing are written before it has ended, so that memory stays flat. They announce nothing, or with `announceExisting` whole jobs: a kill half way costs nothing. */
const BASELINE_PORTION = 500;

/** One cycle of one target while it runs. */
interface Cycle {
  readonly deps: PollDeps;
  readonly input: PollInput;
  readonly comparer: Comparer;
  readonly pages: PageMemory;
  readonly walk: ListWalk;
  /** Observations that changed and have been written. */
  changes: number;
}

/**
 * Polls one target once: reads its jobs, compares each with what is known of it, and commits what has changed, in one transaction (a
 * great many changes in several, see `commitFindings`). Nothing is written when nothing has changed. A listing that breaks off changes
 * nothing; asking by id, each answer stands for itself. Never throws for a fault of Atlas: that is `failure`.
 * @throws {StoreError} when the store fails; the next cycle finds again what was not recorded then.
 */
export async function pollTarget(deps: PollDeps, input: PollInput): Promise<PollReport> {
  const memory = await deps.store.readTarget(targetKey(input.target), deps.clock.now());
  const comparer = new Comparer(input, memory);
  const walk = input.places.walk();
  const cycle: Cycle = { deps, input, comparer, pages: new PageMemory(input), walk, changes: 0 };
  let failure: Error | null;
  try {
    failure = await read(cycle);
  } catch (thrown) {
    return reportOf(cycle, asFailure(thrown, input.signal));
  }
  const isComplete = failure === null && input.depth !== 'open';
  await commit(cycle, { isComplete });
  cycle.pages.keep();
  walk.keep();
  return reportOf(cycle, failure);
}

function read(cycle: Cycle): Promise<Error | null> {
  return cycle.comparer.namesJobs ? pollNamed(cycle) : pollListing(cycle);
}

/** Asks for every named job that can still change. */
async function pollNamed(cycle: Cycle): Promise<Error | null> {
  const { deps, input, comparer } = cycle;
  const { watch } = input;
  const known = await deps.store.readObservations(watch.name, watch.restoreJobIds);
  const now = atlasNow(cycle);
  const open = watch.restoreJobIds.filter((id) => {
    const observation = known.get(id);
    return observation === undefined || isFollowed(observation, now);
  });
  return readEach(deps.source, input, open, (id, answer) =>
    comparer.compareAnswer(id, answer, known.get(id), timesOf(cycle)),
  );
}

/** Reads the listing as far as it may hold news or spares requests, then asks by id for the followed jobs that were not on it. */
async function pollListing(cycle: Cycle): Promise<Error | null> {
  const { comparer, walk } = cycle;
  walk.end(comparer.unseen, await readList(cycle));
  return pollFollowed(cycle);
}

/**
 * Reads the listing page by page. Where it could end and is read on just to spare requests, a page that cannot be read ends it.
 * @returns `isWhole`: it was read to its end.
 * @throws {SourceError} when it breaks off before it could end.
 */
async function readList(cycle: Cycle): Promise<{ isWhole: boolean }> {
  const { deps, input, comparer, walk } = cycle;
  let couldEnd = input.depth === 'open';
  if (couldEnd && !walk.isWorthReadingOn(comparer.unseen)) return { isWhole: false };
  let index = 0;
  try {
    for await (const page of readPages(deps.source, input)) {
      const looked = input.depth === 'open' ? findOnPage(cycle, page) : comparePage(cycle, page, index);
      couldEnd = (await looked).couldEnd || couldEnd;
      if (comparer.isFirstLook && comparer.changes >= BASELINE_PORTION) {
        await commit(cycle, { isComplete: false });
      }
      if (couldEnd && !walk.isWorthReadingOn(comparer.unseen)) return { isWhole: false };
      index += 1;
    }
  } catch (thrown) {
    const failure = asFailure(thrown, input.signal);
    if (!couldEnd || (input.depth !== 'open' && concernsAll(failure))) throw failure;
    input.places.refuse();
    return { isWhole: false };
  }
  return { isWhole: true };
}

/** Asks by id for the followed jobs that were not read yet. */
async function pollFollowed(cycle: Cycle): Promise<Error | null> {
  const { deps, input, comparer } = cycle;
  const known = new Map(comparer.unseen);
  return readEach(deps.source, input, [...known.keys()], (id, answer) =>
    comparer.compareAnswer(id, answer, known.get(id), timesOf(cycle)),
  );
}

/**
 * Compares one page with what is known of its jobs, unless it is just as it was when all of them had ended for good.
 * @returns `couldEnd`: everything behind this page is known.
 */
async function comparePage(cycle: Cycle, page: JobPage, index: number): Promise<{ couldEnd: boolean }> {
  const { deps, input, comparer, pages, walk } = cycle;
  const before = pages.recall(page, index);
  if (before !== null) {
    comparer.passOver(page.count);
    walk.pass({ count: page.count, followed: new Map(), arrivals: 0 });
    return { couldEnd: mayEnd(input, before) };
  }
  const readings = page.readings();
  const ids = readings.flatMap((reading) => idOf(reading) ?? []);
  const known = await deps.store.readObservations(input.watch.name, ids);
  const { isSettled, isLastKnown, followed } = comparer.comparePage(readings, known, timesOf(cycle));
  const order = { isNewestFirst: isNewestFirst(readings) };
  if (isSettled) pages.note(page, index, order);
  walk.pass({ count: page.count, followed, arrivals: ids.filter((id) => !known.has(id)).length });
  return { couldEnd: isLastKnown && mayEnd(input, order) };
}

/** Looks for followed jobs on one page, of a list where nothing else is asked for. */
async function findOnPage(cycle: Cycle, page: JobPage): Promise<{ couldEnd: boolean }> {
  const { deps, input, comparer, walk } = cycle;
  const wanted = new Map(
    page.readings().flatMap((reading, offset) => {
      const id = idOf(reading);
      return id !== null && comparer.unseen.has(id) ? [[offset, { id, reading }] as const] : [];
    }),
  );
  const found = [...wanted.values()];
  const known = await deps.store.readObservations(
    input.watch.name,
    found.map(({ id }) => id),
  );
  comparer.comparePage(
    found.map(({ reading }) => reading),
    known,
    timesOf(cycle),
  );
  const followed = new Map([...wanted].map(([offset, { id }]) => [id, offset] as const));
  walk.pass({ count: page.count, followed, arrivals: 0 });
  return { couldEnd: true };
}

/** True when a listing need not be read on behind a page whose last job is known. */
function mayEnd({ depth }: PollInput, { isNewestFirst }: Pick<PageNote, 'isNewestFirst'>): boolean {
  return depth === 'newest' && isNewestFirst;
}

async function commit(cycle: Cycle, how: { isComplete: boolean }): Promise<void> {
  cycle.changes += await commitFindings(cycle.deps, cycle.input, cycle.comparer, how);
}

/** The time by the clock that the times of the jobs come from: ours may be wrong, and would make jobs old or links dead that are not. */
function atlasNow({ deps }: Cycle): Timestamp {
  return deps.clock.now() + deps.source.aheadMs();
}

function timesOf(cycle: Cycle): ReadTimes {
  const { clock, source } = cycle.deps;
  return { at: atlasNow(cycle), surelyAt: clock.now() + source.surelyAheadMs() };
}

function reportOf({ comparer, changes }: Cycle, failure: Error | null): PollReport {
  const { jobs, hasRunningJobs, unknownJobIds, anomalies } = comparer;
  return {
    jobs,
    changes,
    hasRunningJobs,
    unknownJobIds,
    anomalies,
    failure,
  };
}
