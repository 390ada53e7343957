import { cededJobs, type Fate } from '../../domain/job/cession.ts';
import { HISTORY_LIMIT } from '../../domain/job/eta.ts';
import type { WatchPlace } from '../../domain/job/place.ts';
import { type StallLimit, stallLimitFrom, stallLimitsFrom } from '../../domain/job/time-events.ts';
import { isWildcard, type Target, targetKey, type Watch } from '../../domain/job/watch.ts';
import { SourceError, StoreError } from '../../errors.ts';
import { type PollDeps, type PollReport, pollTarget } from '../poll/poll.ts';
import { countingTurns, type PollProgress } from '../poll/progress.ts';
import type { WatchedPart } from '../record/alert-event.ts';
import { type WritersFor, writersIn } from '../share/watch-share.ts';
import type { WatchHint } from './hint/watch-hint.ts';
import type { PollScope } from './pacer.ts';
import { hasNoBackups, mayHaveChanged } from './targets/book.ts';
import { sourceWithout } from './targets/ceded.ts';
import { endsFrom } from './targets/ends.ts';
import { sourceOfLeaving } from './targets/leaving.ts';
import { canRead, type Finding, judge } from './targets/scope.ts';
import type { TargetBook } from './targets/target-book.ts';
import type { TrackedTarget } from './targets/tracked.ts';
import { STALL_MS } from './targets/turns.ts';

/** What a poll of a watch goes by. */
export interface WatchPollInput {
  watch: Watch;
  /** Writes what is found in each project; whoever writes all of it unless given. */
  writersFor?: WritersFor<unknown, PollDeps['recorder']>;
  book: TargetBook;
  lateAfterMs: number;
  signal: AbortSignal;
  progress?: PollProgress | undefined;
  /** From one poll to the next, in milliseconds; for the back-off of single targets. */
  gapMs?: number;
  /** A target of which nothing comes for that long is cut short. */
  patienceMs?: number;
  /** Waits for every target, however long it takes. */
  isPatient?: boolean;
  /** The watch failed as a whole when it was polled last. */
  isWholeFailing?: boolean;
  /** People were told that this part of the watch cannot be read. */
  isTold?: (place: WatchPlace) => boolean;
  /** `running`: only the targets of a `*` watch on which restores run; `told`: only those that a hint makes due; `fresh`: those not read yet. */
  scope?: PollScope;
  /** Knows what the activity feeds of its projects make due; `null`: all is due each time. */
  hint?: WatchHint | null;
  /** The polls of targets on which nothing runs begin over so many milliseconds, evenly apart; 0 unless given: at once. */
  spreadMs?: number;
}

/** A part of a `*` watch that fails by itself. */
export interface FailingPlace extends WatchedPart {
  error: Error;
  /** It was found in this poll. */
  isFresh: boolean;
}

/** What one poll of all targets of a watch came to. `failure`: what concerns the whole watch, and no single part of it. */
export interface WatchPollReport extends PollReport {
  targets: number;
  /** Some targets or jobs could be read, others not. */
  isPartial: boolean;
  /** Something was read, or there is nothing to read. */
  hasRead: boolean;
  /** Parts of the watch that cannot be read by themselves. */
  failing: FailingPlace[];
  /** What has become of a part that failed; `null`: it may fail as before. */
  endOf: (place: WatchPlace) => 'well' | Fate | null;
}

/**
 * Polls every target of a watch that is due, those with running jobs first. What fails on one target does not touch the others, and
 * neither does its slowness.
 * @throws {StoreError} when the store fails.
 */
export async function pollWatch(deps: PollDeps, input: WatchPollInput): Promise<WatchPollReport> {
  const { watch, book, signal, progress, isPatient = false } = input;
  const begunMono = deps.clock.monotonic();
  let targets = await book.current(signal, { progress, isPatient });
  const inOrder = (await dueNow(input, targets)).toSorted(
    (a, b) => Number(b.hasRunningJobs) - Number(a.hasRunningJobs),
  );
  if (!isWildcard(watch)) {
    const [only] = inOrder;
    if (only) await pollAlone(deps, input, only);
  } else {
    const before = new Map(inOrder.map(({ reading }) => [reading, reading.failures]));
    await roundOver(deps, input, inOrder);
    signal.throwIfAborted();
    wakeNeighbours(inOrder, before);
    if (raiseDoubts(input, inOrder, before)) targets = await book.current(signal, { progress, isPatient });
  }
  const report = account(input, targets, { begunMono });
  signal.throwIfAborted();
  return report;
}

/** The targets that this poll is to read. */
async function dueNow(
  { scope = 'whole', hint = null, isWholeFailing = false, gapMs = 0, progress, signal }: WatchPollInput,
  targets: readonly TrackedTarget[],
): Promise<readonly TrackedTarget[]> {
  if (scope === 'fresh') return targets.filter(({ reading }) => reading.last === null);
  if (scope === 'running') return targets.filter(({ hasRunningJobs }) => hasRunningJobs);
  if (hint === null) return targets;
  if (scope === 'told') return targets.filter((tracked) => hint.dueOf(tracked) === 'event');
  await hint.look(targets, { gapMs, progress });
  signal.throwIfAborted();
  if (isWholeFailing) return targets;
  // What a feed has told of is to be seen soon: sweeps can wait for that.
  const due = targets
    .map((tracked) => ({ tracked, due: hint.dueOf(tracked) }))
    .filter(({ due }) => due !== null);
  return due
    .toSorted((a, b) => Number(b.due === 'event') - Number(a.due === 'event'))
    .map(({ tracked }) => tracked);
}

/**
 * Polls the targets on which restores run, beside a poll of all that waits for its turn; what comes of it is accounted for with that
 * one. Never rejects.
 */
export function pollRunning(deps: PollDeps, input: WatchPollInput): Promise<void> {
  return roundOver(
    deps,
    input,
    input.book.known().filter(({ hasRunningJobs }) => hasRunningJobs),
  );
}

function roundOver(deps: PollDeps, input: WatchPollInput, targets: readonly TrackedTarget[]): Promise<void> {
  const { book, signal, progress, isPatient = false } = input;
  const { gapMs = 0, patienceMs = Number.POSITIVE_INFINITY, isWholeFailing = false, spreadMs = 0 } = input;
  const pollOf = (tracked: TrackedTarget) => (own: AbortSignal, ownProgress: PollProgress) =>
    pollTracked(deps, { ...input, signal: own, progress: ownProgress }, tracked);
  return book.turns.round(targets, pollOf, {
    ...{ signal, progress, patienceMs, gapMs, isPatient, isWholeFailing, spreadMs },
  });
}

async function pollAlone(deps: PollDeps, input: WatchPollInput, tracked: TrackedTarget): Promise<void> {
  const { reading } = tracked;
  reading.last = await pollTracked(deps, input, tracked);
  reading.isFresh = true;
  if (reading.last.failure === null) reading.lastReadMono = deps.clock.monotonic();
}

/** Where an instance can be read again, the others of its project most likely can as well: they need not sit out their back-off. */
function wakeNeighbours(
  targets: readonly TrackedTarget[],
  failuresBefore: ReadonlyMap<unknown, number>,
): void {
  const back = new Set(
    targets.flatMap(({ reading, target }) =>
      reading.failures < (failuresBefore.get(reading) ?? 0) && reading.failures === 0 ? [target.groupId] : [],
    ),
  );
  for (const { reading, target } of targets) {
    if (back.has(target.groupId)) reading.notBeforeMono = Number.NEGATIVE_INFINITY;
  }
}

/** Has the lists looked at again that may tell why a target could not be read. @returns whether any look is due now. */
function raiseDoubts(
  { watch, book }: WatchPollInput,
  targets: readonly TrackedTarget[],
  failuresBefore: ReadonlyMap<unknown, number>,
): boolean {
  let isDue = false;
  for (const tracked of targets) {
    const { reading } = tracked;
    const failure = reading.last?.failure ?? null;
    if (!reading.isFresh || failure === null || !mayHaveChanged(watch, failure)) continue;
    const isNews = failuresBefore.get(reading) === 0;
    const isProject = failure.subject === 'project';
    isDue = book.doubt(tracked, { askedMono: reading.begunMono, isNews, isProject }) || isDue;
  }
  return isDue;
}

async function pollTracked(
  bare: PollDeps,
  input: WatchPollInput,
  tracked: TrackedTarget,
): Promise<PollReport> {
  const { watch, book, lateAfterMs, signal } = input;
  const { progress, turns } = countingTurns(input.progress);
  const { target, newSince, hasRunningJobs, hasProjectGone } = tracked;
  // What is polled of a project is written under the right to it.
  const { recorder } = input.writersFor ? writersIn(input.writersFor, target.groupId) : bare;
  const deps: PollDeps = { ...bare, recorder };
  const isLeaving = tracked.following === 'leaving';
  const startedAt = deps.clock.monotonic();
  if (isLeaving && !(await hasOpenJobs(deps, target))) {
    book.drop(tracked);
    return { ...NOTHING };
  }
  const isWhole =
    tracked.lastWholeMono === null || startedAt - tracked.lastWholeMono >= watch.reconcileEveryMs;
  // A process that has just started goes by what earlier ones have recorded.
  if (watch.stalledAfter === 'auto') tracked.stallLimits ??= await stallLimitsOf(deps, target);
  const whole = isLeaving ? sourceOfLeaving(deps.source, { hasProjectGone }) : deps.source;
  const ceded = cededJobs(watch, target);
  const source = ceded.size === 0 ? whole : sourceWithout(whole, ceded);
  const report = await pollTarget(
    { ...deps, source },
    {
      watch,
      target,
      lateAfterMs,
      signal,
      progress,
      isUrgent: hasRunningJobs,
      ceded,
      depth: isLeaving ? 'open' : isWhole ? 'whole' : 'newest',
      newSince,
      notes: tracked.notes,
      places: tracked.places,
      timePolicyFor: (deliveryType, { isFirstLook }) => ({
        stalled:
          isFirstLook && watch.stalledAfter === 'auto' ? null : stallLimitOf(watch, tracked, deliveryType),
        expiringWithinMs: watch.expiringWithinMs,
      }),
    },
  );
  if (report.failure === null || hasNoBackups(watch, report.failure)) tracked.reading.seenMono = startedAt;
  if (report.failure === null) {
    tracked.hasRunningJobs = report.hasRunningJobs;
    if (!isWhole || watch.restoreJobIds.length > 0) tracked.asks = turns();
    if (isWhole && !isLeaving) {
      tracked.lastWholeMono = startedAt;
      if (watch.stalledAfter === 'auto') tracked.stallLimits = await stallLimitsOf(deps, target);
    }
    return report;
  }
  return hasNoBackups(watch, report.failure) ? { ...report, failure: null } : report;
}

async function hasOpenJobs({ store, clock, source }: PollDeps, target: Target): Promise<boolean> {
  const memory = await store.readTarget(targetKey(target), clock.now() + source.surelyAheadMs());
  return memory !== null && memory.followed.length > 0;
}

function stallLimitOf(
  { stalledAfter }: Watch,
  { stallLimits }: TrackedTarget,
  deliveryType: string,
): StallLimit | null {
  if (stalledAfter === null) return null;
  if (stalledAfter === 'auto') return stallLimits?.get(deliveryType) ?? stallLimitFrom([]);
  return { afterMs: stalledAfter, note: null };
}

async function stallLimitsOf({ store }: PollDeps, target: Target): Promise<Map<string, StallLimit>> {
  return stallLimitsFrom(await store.finishedDurations(targetKey(target), HISTORY_LIMIT));
}

/** Takes account of all polls that have ended since the last time. */
function account(
  input: WatchPollInput,
  polled: readonly TrackedTarget[],
  { begunMono }: { begunMono: number },
): WatchPollReport {
  const { watch, book, scope = 'whole', hint = null } = input;
  const targets = polled.filter(({ reading }) => !reading.isLetGo && !isFenced(reading.last?.failure));
  const fresh = targets.filter(({ reading }) => reading.isFresh);
  const news = fresh.flatMap(({ reading }) => reading.last ?? []);
  for (const { reading } of fresh) reading.isFresh = false;
  const broken = news.find(({ failure }) => failure !== null && !(failure instanceof SourceError))?.failure;
  if (broken) throw broken;

  const findings = findingsOf(input, targets, new Set(fresh));
  const verdict = isWildcard(watch)
    ? judge(findings, { isProjectNamed: watch.groupId !== '*' })
    : { watch: findings[0]?.error ?? null, parts: [] };
  const failure = book.faults().find(({ groupId }) => groupId === null)?.error ?? verdict.watch;
  const failing = verdict.parts.map(({ groupId, instanceName, error, isFresh }) => {
    const place = { groupId, projectName: book.projectNameOf(groupId), instanceName };
    return { place, labels: book.labelsOf(place), error, isFresh };
  });
  const known = targets.flatMap(({ reading }) => reading.last ?? []);
  const isAnyRead = news.some((report) => report.failure === null);
  return {
    targets: targets.length,
    jobs: news.reduce((sum, { jobs }) => sum + jobs, 0),
    changes: news.reduce((sum, { changes }) => sum + changes, 0),
    hasRunningJobs: targets.some(
      ({ hasRunningJobs, reading }) => hasRunningJobs || reading.last?.hasRunningJobs === true,
    ),
    unknownJobIds: known.flatMap(({ unknownJobIds }) => unknownJobIds),
    anomalies: known.flatMap(({ anomalies }) => anomalies),
    failure,
    isPartial: isAnyRead || news.some(({ jobs }) => jobs > 0) || canRead(findings),
    // Of those that were left out nothing is known anew.
    hasRead:
      scope === 'whole' &&
      book.isComplete &&
      (isAnyRead || targets.length === 0 || (news.length === 0 && hint?.hasLookedSince(begunMono) === true)),
    failing,
    endOf: endsFrom(book, findings, failing),
  };
}

/** It is another replica's by now, and is about to be let go of. */
function isFenced(failure: Error | null | undefined): boolean {
  return failure instanceof StoreError && failure.reason === 'fenced';
}

function findingsOf(
  { book, isTold = () => false }: WatchPollInput,
  targets: readonly TrackedTarget[],
  fresh: ReadonlySet<TrackedTarget>,
): Finding[] {
  const ofTargets = targets.flatMap((tracked): Finding[] => {
    const { groupId, instanceName } = tracked.target;
    const { last } = tracked.reading;
    if (last === null) return [];
    const place = { groupId, instanceName, projectName: null };
    const isStalling = book.turns.idleMs(tracked) >= STALL_MS;
    return [
      { ...place, error: last.failure, isFresh: fresh.has(tracked), isTold: isTold(place), isStalling },
    ];
  });
  const ofLists = book.faults().flatMap(({ groupId, error }): Finding[] => {
    if (groupId === null) return [];
    const place = { groupId, instanceName: null, projectName: null };
    return [{ ...place, error, isFresh: true, isTold: isTold(place), isStalling: false }];
  });
  return [...ofTargets, ...ofLists];
}

const NOTHING: PollReport = {
  jobs: 0,
  changes: 0,
  hasRunningJobs: false,
  unknownJobIds: [],
  anomalies: [],
  failure: null,
};

/** A report of a poll that came to nothing. */
export function emptyReport(failure: Error): WatchPollReport {
  const nothing = { ...NOTHING, targets: 0, isPartial: false, hasRead: false, failing: [] };
  return { ...nothing, failure, endOf: () => null };
}
