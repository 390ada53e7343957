import { takenBack } from '../../domain/job/handover.ts';
import { isFollowed, type Observation } from '../../domain/job/observation.ts';
import { targetKey } from '../../domain/job/watch.ts';
import type { JobAnswer, JobPage } from '../../source/source.ts';
import type { TargetMemory } from '../../store/ports/jobs.ts';

export type { AnswerNotes, PollDeps, PollInput, PollReport } from './input.ts';

import { AnswerMemory, isNewestFirst } from './answers.ts';
import { commitFindings } from './commit.ts';
import { Comparer, idOf } from './compare.ts';
import type { PageNote, PollDeps, PollInput, PollReport, ReadTimes } from './input.ts';
import type { ListWalk } from './places.ts';
import { asFailure, concernsAll, readEach, readPages } from './read.ts';

/** So many findings of a first listing are written before it has ended, so that memory stays flat. They announce nothing, or with `announceExisting` whole jobs: a kill half way costs nothing. */
const BASELINE_PORTION = 2_000;

const NOTHING: ReadonlyMap<string, readonly Observation[]> = new Map();

/** One cycle of one target while it runs. */
interface Cycle {
  readonly deps: PollDeps;
  readonly input: PollInput;
  readonly comparer: Comparer;
  readonly answers: AnswerMemory;
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
  const begunAt = timesOf(deps).at;
  const comparer = new Comparer(input, memory, {
    takenBack: await takeBack(deps, input, memory),
    now: begunAt,
  });
  const walk = input.places.walk();
  const answers = new AnswerMemory(input.notes, comparer, () => timesOf(deps));
  const cycle: Cycle = { deps, input, comparer, answers, walk, changes: 0 };
  let failure: Error | null;
  try {
    failure = await read(cycle);
  } catch (thrown) {
    return reportOf(cycle, asFailure(thrown, input.signal));
  }
  const isComplete = failure === null && input.depth !== 'open';
  await commit(cycle, { isComplete });
  // Given up while it was being written: the next cycle has begun from what is recorded, and keeps notes of its own.
  if (!input.signal.aborted) {
    answers.keep();
    walk.keep();
    if (failure === null) input.notes.lastLookAt = begunAt;
  }
  return reportOf(cycle, failure);
}

/**
 * Looks, when a watch begins anew, what others have recorded meanwhile of the jobs that it followed: its own name, or the instance, may have
 * been another watch's in between. Of jobs that it did not follow any more there is nothing to be told.
 */
async function takeBack(
  { store }: PollDeps,
  { target, watch, notes }: PollInput,
  memory: TargetMemory | null,
): Promise<Observation[]> {
  if (notes.lastLookAt !== undefined) return [];
  const { restoreJobIds: ids, name } = watch;
  const named = ids.length === 0 ? [] : [...(await store.readObservations(name, ids)).values()];
  const followed = ids.length === 0 ? (memory?.followed ?? []) : named.filter(({ isPruned }) => !isPruned);
  if (followed.length === 0) return [];
  const elsewhere = await store.readElsewhere(
    target,
    followed.map(({ jobId }) => jobId),
  );
  return followed.flatMap((own) => takenBack(own, elsewhere.get(own.jobId) ?? [], watch.alongside) ?? []);
}

function read(cycle: Cycle): Promise<Error | null> {
  return cycle.comparer.namesJobs ? pollNamed(cycle) : pollListing(cycle);
}

/** Asks for every named job that can still change. */
async function pollNamed(cycle: Cycle): Promise<Error | null> {
  const { deps, input } = cycle;
  const { watch } = input;
  const known = await deps.store.readObservations(watch.name, watch.restoreJobIds);
  const now = timesOf(deps).at;
  const open = watch.restoreJobIds.filter((id) => {
    const observation = known.get(id);
    return observation === undefined || isFollowed(observation, now);
  });
  return askEach(cycle, open, known);
}

/** Reads the listing as far as it may hold news or spares requests, then asks by id for the followed jobs that were not on it. */
async function pollListing(cycle: Cycle): Promise<Error | null> {
  const { comparer, walk } = cycle;
  const { isWhole, failure } = await readList(cycle);
  walk.end(comparer.unseen, { isWhole });
  return failure ?? (await pollFollowed(cycle));
}

/**
 * Reads the listing page by page. Where it could end and is read on just to spare requests, a page that cannot be read ends it: what was
 * read stands.
 * @returns `isWhole`: it was read to its end. `failure`: the fault that ended it, where asking by id would meet that as well.
 * @throws {SourceError} when it breaks off before it could end.
 */
async function readList(cycle: Cycle): Promise<{ isWhole: boolean; failure: Error | null }> {
  const { deps, input, comparer, walk, answers } = cycle;
  const leftOff = { isWhole: false, failure: null };
  const isOpen = input.depth === 'open';
  let couldEnd = isOpen;
  if (couldEnd && !walk.isWorthReadingOn(comparer.unseen)) return leftOff;
  let index = 0;
  try {
    const recall = (place: number, fingerprint: string) => answers.recallPage(place, fingerprint);
    for await (const page of readPages(deps.source, input, isOpen ? undefined : recall)) {
      const looked = isOpen ? findOnPage(cycle, page) : comparePage(cycle, page, index);
      couldEnd = (await looked).couldEnd || couldEnd;
      if (comparer.isFirstLook && comparer.changes >= BASELINE_PORTION) {
        await commit(cycle, { isComplete: false });
      }
      if (couldEnd && !walk.isWorthReadingOn(comparer.unseen)) return leftOff;
      index += 1;
    }
  } catch (thrown) {
    const failure = asFailure(thrown, input.signal);
    if (!couldEnd) throw failure;
    if (!isOpen && concernsAll(failure)) return { isWhole: false, failure };
    input.places.refuse();
    return leftOff;
  }
  return { isWhole: true, failure: null };
}

/** Asks by id for the followed jobs that were not read yet. */
async function pollFollowed(cycle: Cycle): Promise<Error | null> {
  const known = new Map(cycle.comparer.unseen);
  return askEach(cycle, [...known.keys()], known);
}

function askEach(
  { deps, input, comparer, answers }: Cycle,
  ids: readonly string[],
  known: ReadonlyMap<string, Observation>,
): Promise<Error | null> {
  const take = (id: string, answer: JobAnswer): void => {
    const previous = known.get(id);
    if (answer.kind !== 'known') {
      const { isUnchanged } = comparer.compareAnswer(id, answer, previous, timesOf(deps));
      if (isUnchanged) answers.noteJob(id);
    } else if (previous) comparer.passOver(previous, timesOf(deps));
  };
  return readEach(deps.source, input, ids, take, (id, fingerprint) =>
    answers.recallJob(known.get(id), id, fingerprint),
  );
}

/**
 * Compares one page with what is known of its jobs, unless it is just as it was when a look found nothing.
 * @returns `couldEnd`: everything behind this page is known.
 */
async function comparePage(cycle: Cycle, page: JobPage, index: number): Promise<{ couldEnd: boolean }> {
  const { deps, input, comparer, answers, walk } = cycle;
  const note = answers.pageNote(index);
  if (note !== null) {
    comparer.passOverPage(note, timesOf(deps));
    walk.pass({ ...note, arrivals: 0 });
    return { couldEnd: mayEnd(input, note) };
  }
  const readings = page.readings();
  const ids = readings.flatMap((reading) => idOf(reading) ?? []);
  const known = await deps.store.readObservations(input.watch.name, ids);
  const times = timesOf(deps);
  const unknown = ids.filter((id) => !known.has(id));
  const elsewhere = unknown.length === 0 ? NOTHING : await deps.store.readElsewhere(input.target, unknown);
  const { isUnchanged, isLastKnown, followed, wereFollowed } = comparer.comparePage(
    readings,
    known,
    times,
    elsewhere,
  );
  const order = { isNewestFirst: isNewestFirst(readings) };
  if (isUnchanged) {
    answers.notePage(index, { count: page.count, hasNext: page.hasNext, ...order, followed: wereFollowed });
  }
  walk.pass({ count: page.count, followed, arrivals: unknown.length });
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
    timesOf(deps),
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

/** By the clock that the times of the jobs come from: ours may be wrong, and would make jobs old or links dead that are not. */
function timesOf({ clock, source }: PollDeps): ReadTimes {
  const now = clock.now();
  return { at: now + source.aheadMs(), surelyAt: now + source.surelyAheadMs() };
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
