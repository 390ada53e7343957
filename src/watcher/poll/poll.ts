import type { Timestamp } from '../../domain/instant.ts';
import { isFollowed } from '../../domain/job/observation.ts';
import { targetKey } from '../../domain/job/watch.ts';
import type { JobPage } from '../../source/source.ts';

export type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';

import { commitFindings } from './commit.ts';
import { Comparer, idOf, type ReadTimes } from './compare.ts';
import type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';
import { isNewestFirst, PageMemory } from './pages.ts';
import { asFailure, readEach, readPages } from './read.ts';

/** The baseline of a target with very many jobs is written in portions, so that memory stays flat. It announces nothing, or with `announceExisting` whole jobs: a kill half way costs nothing. */
const BASELINE_PORTION = 2_000;

/** One cycle of one target while it runs. */
interface Cycle {
  readonly deps: PollDeps;
  readonly input: PollInput;
  readonly comparer: Comparer;
  readonly pages: PageMemory;
  /** Observations that changed and have been written: in one portion, or in several of a long baseline. */
  changes: number;
}

/**
 * Polls one target once: reads its jobs, compares each with what is known of it, and commits what has changed. All of it is committed
 * in one transaction (a long baseline in several), and nothing is written when nothing has changed. A listing that breaks off changes
 * nothing; asking by id, each answer stands for itself. Never throws for a fault of Atlas: that is `failure`.
 * @throws {StoreError} when the store fails; nothing of this cycle was recorded then and the next one finds it again.
 */
export async function pollTarget(deps: PollDeps, input: PollInput): Promise<PollReport> {
  const memory = await deps.store.readTarget(targetKey(input.target), deps.clock.now());
  const comparer = new Comparer(input, memory);
  const cycle: Cycle = { deps, input, comparer, pages: new PageMemory(input), changes: 0 };
  let failure: Error | null;
  try {
    failure = await read(cycle);
  } catch (thrown) {
    return reportOf(cycle, asFailure(thrown, input.signal));
  }
  await commit(cycle, { isComplete: failure === null && input.depth !== 'open' });
  cycle.pages.keep();
  return reportOf(cycle, failure);
}

function read(cycle: Cycle): Promise<Error | null> {
  if (cycle.comparer.namesJobs) return pollNamed(cycle);
  return cycle.input.depth === 'open' ? pollFollowed(cycle) : pollListing(cycle);
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

/** Reads the listing as far as it may hold news, then asks by id for the followed jobs that were not on it. */
async function pollListing(cycle: Cycle): Promise<Error | null> {
  const { deps, input, comparer } = cycle;
  let index = 0;
  for await (const page of readPages(deps.source, input)) {
    const { isLast } = await comparePage(cycle, page, index);
    if (comparer.isFirstLook && comparer.changes >= BASELINE_PORTION) {
      await commit(cycle, { isComplete: false });
    }
    if (isLast) break;
    index += 1;
  }
  return pollFollowed(cycle);
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
 * @returns `isLast`: everything behind this page is known.
 */
async function comparePage(cycle: Cycle, page: JobPage, index: number): Promise<{ isLast: boolean }> {
  const { deps, input, comparer, pages } = cycle;
  const before = pages.recall(page, index);
  if (before !== null) {
    comparer.passOver(page.count);
    return { isLast: mayEnd(input, before) };
  }
  const readings = page.readings();
  const ids = readings.flatMap((reading) => idOf(reading) ?? []);
  const known = await deps.store.readObservations(input.watch.name, ids);
  const { isSettled, isLastKnown } = comparer.comparePage(readings, known, timesOf(cycle));
  const order = { isNewestFirst: isNewestFirst(readings) };
  if (isSettled) pages.note(page, index, order);
  return { isLast: isLastKnown && mayEnd(input, order) };
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
