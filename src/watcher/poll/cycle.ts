import pLimit from 'p-limit';
import type { AuditDraft } from '../../domain/audit.ts';
import {
  asksForUsuals,
  type PlannedEvent,
  planSighting,
  type SightingPlan,
} from '../../domain/event/plan.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { HISTORY_LIMIT, type Usuals, usualsFrom } from '../../domain/job/eta.ts';
import { type FirstSight, isFollowed, type Observation } from '../../domain/job/observation.ts';
import { isUnfinished, type RestoreJob } from '../../domain/job/restore-job.ts';
import {
  diffObservations,
  type SightContext,
  type Sighting,
  sightNotFound,
  sightUnreadable,
  withTimeEvents,
} from '../../domain/job/transition.ts';
import { targetKey } from '../../domain/job/watch.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import { SourceError, type SourceReason, toError } from '../../errors.ts';
import type { JobAnswer, JobPage, JobReading, ReadOptions } from '../../source/source.ts';
import type { TargetMemory } from '../../store/ports/jobs.ts';
import type { PageNote, PollDeps, PollInput, PollReport } from './input.ts';

/** Asks by id at most this many at once; the request budget is the real limit. */
const ID_CONCURRENCY = 4;

/** The baseline of a target with very many jobs is written in portions, so that memory stays flat. It announces nothing, or with `announceExisting` whole jobs: a kill half way costs nothing. */
const BASELINE_PORTION = 2_000;

/** The state of one cycle while it runs. */
export class Poll {
  readonly #deps: PollDeps;
  readonly #input: PollInput;
  readonly #memory: TargetMemory | null;
  /** Still followed and not yet seen in this cycle, by id. */
  readonly #unseen: Map<string, Observation>;
  /** What this cycle has changed and not yet written, by id: a job may come twice while a list grows. */
  readonly #changed = new Map<string, Observation>();
  /** Pages to be remembered once this cycle is committed. */
  readonly #notes: Array<readonly [index: number, note: PageNote]> = [];
  readonly #unknownJobIds: string[] = [];
  readonly #anomalies: PollReport['anomalies'] = [];
  /** What led to those changes, and when it was found; planned when it is written, by the mutes that are in force then. */
  #sightings: Array<{ sighting: Sighting; foundAt: Timestamp }> = [];
  readonly #events: PlannedEvent[] = [];
  #changes = 0;
  #hasWritten = false;
  #jobs = 0;
  /** When the reply that is being looked at was read. */
  #readAt = 0;
  #runningSeen = false;

  constructor(deps: PollDeps, input: PollInput, memory: TargetMemory | null) {
    this.#deps = deps;
    this.#input = input;
    this.#memory = memory;
    this.#unseen = new Map(memory?.followed.map((observation) => [observation.jobId, observation]));
  }

  get namesJobs(): boolean {
    return this.#input.watch.restoreJobIds.length > 0;
  }

  /** By the clock that the times of the jobs come from: ours may be wrong, and would make jobs old or links dead that are not. */
  #now(): Timestamp {
    return this.#deps.clock.now() + this.#deps.source.aheadMs();
  }

  /** No listing of the target was complete yet. */
  get #isFirstLook(): boolean {
    return this.#memory === null && !this.namesJobs;
  }

  /**
   * Asks for every named job that can still change. The first goes alone: it answers the login challenge for all, and tells
   * whether there is any point in asking on.
   */
  async readNamed(): Promise<Error | null> {
    const { watch } = this.#input;
    const known = await this.#deps.store.readObservations(watch.name, watch.restoreJobIds);
    const now = this.#now();
    const open = watch.restoreJobIds.filter((id) => {
      const observation = known.get(id);
      return observation === undefined || isFollowed(observation, now);
    });
    return this.#askEach(open, known);
  }

  /** Reads the whole listing, then asks by id for the followed jobs that were not on it. */
  async readListing(): Promise<Error | null> {
    const { source } = this.#deps;
    const { target } = this.#input;
    let index = -1;
    for await (const page of source.listJobs(target, this.#readOptions())) {
      index += 1;
      this.#input.progress?.advanced();
      const isKnown = await this.#takePage(page, index);
      if (this.#memory === null && this.#changed.size >= BASELINE_PORTION) {
        await this.commit({ isComplete: false });
      }
      if (isKnown) break;
    }
    return this.#askEach([...this.#unseen.keys()], this.#unseen);
  }

  /**
   * Compares one page with what is known of its jobs, unless it is just as it was when all of them had ended for good.
   * @returns whether everything behind this page is known.
   */
  async #takePage(page: JobPage, index: number): Promise<boolean> {
    const { watch, depth, pages } = this.#input;
    const before = pages.get(index);
    if (before?.fingerprint === page.fingerprint) {
      this.#jobs += page.count;
      this.#notes.push([index, before]);
      return depth === 'newest' && before.isNewestFirst;
    }
    const readings = page.readings();
    const ids = readings.flatMap((reading) => idOf(reading) ?? []);
    const known = await this.#deps.store.readObservations(watch.name, ids);
    this.#readAt = this.#now();
    let isSettled = this.#memory !== null;
    for (const reading of readings) {
      this.#take(reading, known);
      isSettled &&= this.#isSettled(reading, known);
    }
    const newestFirst = isNewestFirst(readings);
    if (isSettled) {
      this.#notes.push([index, { fingerprint: page.fingerprint, isNewestFirst: newestFirst }]);
    }
    const last = readings.at(-1);
    return (
      depth === 'newest' &&
      this.#memory !== null &&
      newestFirst &&
      last !== undefined &&
      known.has(idOf(last) ?? '')
    );
  }

  /** True for a job that was known, is as it was, and can no longer change, by the clock neither. */
  #isSettled(reading: JobReading, known: ReadonlyMap<string, Observation>): boolean {
    if (reading.kind !== 'job' || this.#changed.has(reading.job.id)) return false;
    const observation = known.get(reading.job.id);
    return (
      observation !== undefined && observation.anomaly === null && !isFollowed(observation, this.#readAt)
    );
  }

  /**
   * Asks for these one by one. A fault that concerns all ends it; so do two passing faults with no answer at all. A fault of one job
   * alone must not hide the others.
   */
  async #askEach(ids: readonly string[], known: ReadonlyMap<string, Observation>): Promise<Error | null> {
    const { source } = this.#deps;
    const { target, signal, progress } = this.#input;
    const options = this.#readOptions();
    const [first, ...rest] = ids;
    if (first === undefined) return null;

    let failure: Error | null = null;
    let answers = 0;
    let failures = 0;
    const ask = async (id: string): Promise<void> => {
      if (failure !== null && (concernsAll(failure) || (answers === 0 && failures > 1))) return;
      try {
        const answer = await source.readJob(target, id, options);
        answers += 1;
        progress?.advanced();
        this.#takeAnswer(id, answer, known.get(id));
      } catch (thrown) {
        const error = asFailure(thrown, signal);
        failures += 1;
        if (failure === null || concernsAll(error)) failure = error;
      }
    };
    await ask(first);
    const limit = pLimit(ID_CONCURRENCY);
    await Promise.all(rest.map((id) => limit(() => ask(id))));
    return failure;
  }

  #takeAnswer(id: string, answer: JobAnswer, previous: Observation | undefined): void {
    this.#readAt = this.#now();
    if (answer.kind !== 'not_found') {
      this.#take(answer, previous ? new Map([[id, previous]]) : new Map(), id);
      return;
    }
    if (previous === undefined) {
      this.#unknownJobIds.push(id);
      return;
    }
    const sighting = sightNotFound(previous, this.#sightContext());
    // One 404 may be a hiccup: the job still counts as running, lest the watch go idle over it.
    if (sighting.observation?.missingSince === null && isUnfinished(previous.state)) this.#runningSeen = true;
    this.#add(sighting);
  }

  #take(reading: JobReading, known: ReadonlyMap<string, Observation>, askedFor?: string): void {
    this.#jobs += 1;
    const id = idOf(reading) ?? askedFor;
    if (id === undefined) {
      if (reading.kind === 'unreadable') this.#anomalies.push({ jobId: null, problem: reading.problem });
      return;
    }
    this.#unseen.delete(id);
    const previous = this.#changed.get(id) ?? known.get(id);
    const context = this.#sightContext(reading.kind === 'job' ? reading.job : undefined);
    const compared =
      reading.kind === 'job'
        ? diffObservations(previous, reading.job, context)
        : sightUnreadable(previous, id, reading.problem, context);
    const sighting =
      reading.kind === 'job'
        ? withTimeEvents(
            compared,
            previous,
            this.#input.timePolicyFor(reading.job.deliveryType, { isFirstLook: this.#isFirstLook }),
            this.#readAt,
          )
        : compared;
    const observation = sighting.observation ?? previous;
    if (observation && isUnfinished(observation.state)) this.#runningSeen = true;
    this.#add(sighting);
  }

  #add(sighting: Sighting): void {
    if (sighting.observation === null) return;
    this.#changed.set(sighting.observation.jobId, sighting.observation);
    this.#sightings.push({ sighting, foundAt: this.#now() });
    if (sighting.newAnomaly !== null) {
      this.#anomalies.push({ jobId: sighting.observation.jobId, problem: sighting.newAnomaly });
    }
  }

  /**
   * Writes what has gathered. `isComplete`: the target has now been read whole, so its baseline stands. Jobs asked for by name are no
   * baseline: once their ids leave the configuration, the first listing must not take the instance's whole past for news.
   * An aborted cycle may have been given up and another one begun: it writes nothing, and rejects with the signal's reason.
   */
  async commit({ isComplete }: { isComplete: boolean }): Promise<void> {
    const { watch, target, signal } = this.#input;
    const { store, clock } = this.#deps;
    signal.throwIfAborted();
    const takesBaseline = isComplete && this.#isFirstLook;
    if (!takesBaseline && this.#changed.size === 0) return;
    const at = clock.now();
    const observations = [...this.#changed.values()];
    const lookedUp = { mutes: await this.#mutes(), usuals: await this.#usuals() };
    const plans = this.#sightings.map(({ sighting, foundAt }) => this.#plan(sighting, foundAt, lookedUp));
    const events = plans.flatMap((plan) => plan.events);
    const audit = plans.flatMap((plan) => plan.audit);
    signal.throwIfAborted();
    await store.commitPoll({
      targetKey: targetKey(target),
      watch: watch.name,
      at,
      takesBaseline,
      observations,
      events,
      audit: takesBaseline ? [...audit, this.#baselineEntry(at)] : audit,
    });
    this.#events.push(...events);
    this.#changes += observations.length;
    this.#hasWritten = true;
    this.#sightings = [];
    this.#changed.clear();
  }

  /** Only after the commit: what was not written must be looked at again. */
  rememberPages(): void {
    const { pages } = this.#input;
    pages.clear();
    for (const [index, note] of this.#notes) pages.set(index, note);
  }

  report(failure: Error | null): PollReport {
    return {
      jobs: this.#jobs,
      changes: this.#changes,
      hasWritten: this.#hasWritten,
      events: this.#events,
      hasRunningJobs: this.#runningSeen,
      unknownJobIds: this.#unknownJobIds,
      anomalies: this.#anomalies,
      failure,
    };
  }

  #baselineEntry(at: number): AuditDraft {
    const { watch, target } = this.#input;
    const { kind, groupId, instanceName } = target;
    return {
      at,
      kind: 'baseline.taken',
      data: { watch: watch.name, kind, groupId, instanceName, jobs: this.#jobs },
    };
  }

  #readOptions(): ReadOptions {
    const { signal, isUrgent, progress } = this.#input;
    return { signal, isUrgent, onWait: progress?.waits };
  }

  #sightContext(job?: RestoreJob): SightContext {
    const { watch, lateAfterMs } = this.#input;
    return {
      watch: watch.name,
      now: this.#readAt,
      firstSight: this.#firstSight(job),
      announceExisting: watch.announceExisting,
      lateAfterMs,
    };
  }

  #firstSight(job: RestoreJob | undefined): FirstSight {
    if (this.namesJobs) return 'named';
    const { newSince } = this.#input;
    if (job && newSince !== null && job.createdAt >= wholeSecond(newSince)) return 'new';
    return this.#memory === null ? 'baseline' : 'new';
  }

  /** Asked for only when something was found: an idle poll costs no question. */
  async #mutes(): Promise<readonly Mute[]> {
    const [first] = this.#sightings;
    return first ? await this.#deps.store.listMutes({ inForceAt: first.foundAt }) : [];
  }

  /** Asked for only when a running job is told of. */
  async #usuals(): Promise<Usuals> {
    if (!this.#sightings.some(({ sighting }) => asksForUsuals(sighting))) return new Map();
    const { store } = this.#deps;
    return usualsFrom(await store.finishedDurations(targetKey(this.#input.target), HISTORY_LIMIT));
  }

  #plan(
    sighting: Sighting,
    now: Timestamp,
    lookedUp: { mutes: readonly Mute[]; usuals: Usuals },
  ): SightingPlan {
    const { target, projectUrl } = this.#input;
    const { nextDigest } = this.#deps;
    const routes = this.#deps.routes();
    return planSighting(sighting, {
      target,
      labels: target.labels,
      routes,
      nextDigest,
      projectUrl,
      now,
      ...lookedUp,
    });
  }
}

/** Told from the creation times, since no order is documented. Jobs of one and the same time tell nothing. */
function isNewestFirst(page: readonly JobReading[]): boolean {
  const times = page.flatMap((reading) => (reading.kind === 'job' ? [reading.job.createdAt] : []));
  const [first = 0] = times;
  return first > (times.at(-1) ?? 0) && times.every((time, index) => time <= (times[index - 1] ?? time));
}

/** Creation times are as fine as that. */
function wholeSecond(at: Timestamp): Timestamp {
  return at - (at % 1_000);
}

function idOf(reading: JobReading): string | null {
  return reading.kind === 'job' ? reading.job.id : reading.jobId;
}

/** Faults of one reply or of the moment; all others would meet the next request of this cycle as well. */
const PASSING: ReadonlySet<SourceReason> = new Set(['unavailable', 'timeout', 'bad_response']);

function concernsAll(error: Error): boolean {
  return error instanceof SourceError && !PASSING.has(error.reason);
}

/** A store fault is not the source's: it goes up. So does an abort, which is no finding about Atlas. */
export function asFailure(thrown: unknown, signal: AbortSignal): Error {
  if (signal.aborted) throw toError(signal.reason);
  if (thrown instanceof SourceError) return thrown;
  throw thrown;
}
