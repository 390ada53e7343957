import type { Timestamp } from '../../domain/instant.ts';
import { handedOver, takeOver } from '../../domain/job/handover.ts';
import { isFollowed, type Observation, type Origin } from '../../domain/job/observation.ts';
import { isUnfinished, type RestoreJob } from '../../domain/job/restore-job.ts';
import {
  type Comparison,
  type ComparisonContext,
  compareNotFound,
  compareUnreadable,
  diffObservations,
  UNCHANGED,
  withTimeEvents,
} from '../../domain/job/transition.ts';
import type { JobAnswer, JobReading } from '../../source/source.ts';
import type { TargetMemory } from '../../store/ports/jobs.ts';
import type { Anomaly, PageNote, PollInput, ReadTimes } from './input.ts';

/** What a comparison needs to know of a cycle. */
export type CompareInput = Pick<
  PollInput,
  'watch' | 'ceded' | 'lateAfterMs' | 'newSince' | 'timePolicyFor'
> & {
  notes?: Pick<PollInput['notes'], 'lastLookAt'>;
};

/** What was found and is not written yet. */
export interface Findings {
  /** The observations that changed, one for each job. */
  observations: Observation[];
  /** What led to them; of each job in the order in which it was found. */
  comparisons: Array<{ comparison: Comparison; foundAt: Timestamp }>;
}

/**
 * Compares what is read with what is known, and gathers what has changed. Asks nobody: the observations known before, and the time
 * of each reply, come in as arguments.
 */
export class Comparer {
  readonly unknownJobIds: string[] = [];
  readonly anomalies: Anomaly[] = [];
  readonly #input: CompareInput;
  readonly #memory: TargetMemory | null;
  /** As they were when the cycle began, by id. */
  readonly #followed: Map<string, Observation>;
  /** Still followed and not yet seen in this cycle, by id. */
  readonly #unseen: Map<string, Observation>;
  /** Changed and not yet written, by id: a job may come twice while a list grows. */
  readonly #changed = new Map<string, { observation: Observation; comparisons: Findings['comparisons'] }>();
  /** Known before this cycle, and changed in it, written or not. */
  readonly #overtaken = new Set<string>();
  #hasRevived = false;
  #jobs = 0;
  #hasRunningJobs = false;

  /** @param takenBack see `takenBack`: what stands in place of records of its own, to be written with what is found. */
  constructor(
    input: CompareInput,
    memory: TargetMemory | null,
    { takenBack = [], now = 0 }: { takenBack?: readonly Observation[]; now?: Timestamp } = {},
  ) {
    this.#input = input;
    this.#memory = memory;
    const followed = memory?.followed.filter(({ jobId }) => input.ceded?.has(jobId) !== true);
    this.#followed = new Map(followed?.map((observation) => [observation.jobId, observation]));
    for (const observation of takenBack) {
      const { jobId } = observation;
      this.#changed.set(jobId, { observation, comparisons: [] });
      this.#overtaken.add(jobId);
      if (isFollowed(observation, now)) this.#followed.set(jobId, observation);
      else this.#followed.delete(jobId);
    }
    this.#unseen = new Map(this.#followed);
  }

  /** Jobs that were read. */
  get jobs(): number {
    return this.#jobs;
  }

  /** A job that was read is unfinished. */
  get hasRunningJobs(): boolean {
    return this.#hasRunningJobs;
  }

  /** The jobs that are followed and were not read yet, by id. */
  get unseen(): ReadonlyMap<string, Observation> {
    return this.#unseen;
  }

  /** How many observations wait to be written. */
  get changes(): number {
    return this.#changed.size;
  }

  /** The watch names its jobs, so nothing is listed. */
  get namesJobs(): boolean {
    return this.#input.watch.restoreJobIds.length > 0;
  }

  /** No listing of the target was complete yet. */
  get isFirstLook(): boolean {
    return this.#memory === null && !this.namesJobs;
  }

  /** Jobs that were known before this cycle and have changed in it: what was noted of them holds no more. */
  get overtaken(): ReadonlySet<string> {
    return this.#overtaken;
  }

  /** One of these was not followed when the cycle began. */
  get hasRevived(): boolean {
    return this.#hasRevived;
  }

  /** What is recorded of a followed job, as long as nothing in this cycle says otherwise. */
  recordedOf(jobId: string): Observation | undefined {
    return this.#overtaken.has(jobId) ? undefined : this.#followed.get(jobId);
  }

  /** Takes in a page on which all is as it is known: nothing but time can tell anything of its jobs. */
  passOverPage({ count, followed }: Pick<PageNote, 'count' | 'followed'>, times: ReadTimes): void {
    this.#jobs += count;
    for (const id of followed.keys()) {
      const known = this.#unseen.get(id);
      if (known) this.#passOver(known, times);
    }
  }

  /** Takes in a job that is as it is known. */
  passOver(known: Observation, times: ReadTimes): void {
    this.#jobs += 1;
    this.#passOver(known, times);
  }

  #passOver(known: Observation, times: ReadTimes): void {
    this.#unseen.delete(known.jobId);
    if (isUnfinished(known.state)) this.#hasRunningJobs = true;
    if (known.job) this.#gather(this.#withTimeEvents(UNCHANGED, known.job, known, times), known, times.at);
  }

  /**
   * Compares the jobs of one page, read at these times. `elsewhere`: what other watches have recorded of those that are not known.
   * @returns `isUnchanged`: all of them were known, and are as they were. `isLastKnown`: the last of them was known. `followed`: those
   *   that may still change, by id, with their places on the page. `wereFollowed`: those that could when the cycle began, likewise.
   */
  comparePage(
    readings: readonly JobReading[],
    known: ReadonlyMap<string, Observation>,
    times: ReadTimes,
    elsewhere?: ReadonlyMap<string, readonly Observation[]>,
  ): {
    isUnchanged: boolean;
    isLastKnown: boolean;
    followed: Map<string, number>;
    wereFollowed: Map<string, number>;
  } {
    let isUnchanged = this.#memory !== null;
    const followed = new Map<string, number>();
    const wereFollowed = new Map<string, number>();
    for (const [offset, reading] of readings.entries()) {
      const id = idOf(reading);
      if (id !== null && this.#followed.has(id)) wereFollowed.set(id, offset);
      const records = elsewhere?.get(id ?? '') ?? [];
      const seen = this.#compare(reading, known, times, { records });
      if (seen && seen.missingSince === null && isFollowed(seen, times.at)) followed.set(seen.jobId, offset);
      isUnchanged &&= this.#isUnchanged(reading, known);
    }
    const last = readings.at(-1);
    const isLastKnown = this.#memory !== null && last !== undefined && known.has(idOf(last) ?? '');
    return { isUnchanged, isLastKnown, followed, wereFollowed };
  }

  /**
   * Compares the answer about one job that was asked for by id, read at these times.
   * @returns `isUnchanged`: it was known, and is as it was.
   */
  compareAnswer(
    id: string,
    answer: Exclude<JobAnswer, { kind: 'known' }>,
    previous: Observation | undefined,
    times: ReadTimes,
  ): { isUnchanged: boolean } {
    const { at } = times;
    if (answer.kind !== 'not_found') {
      const known = previous ? new Map([[id, previous]]) : new Map<string, Observation>();
      this.#compare(answer, known, times, { askedFor: id });
      return { isUnchanged: this.#isUnchanged(answer, known) };
    }
    if (previous === undefined) {
      this.unknownJobIds.push(id);
      return { isUnchanged: false };
    }
    const comparison = compareNotFound(this.#changed.get(id)?.observation ?? previous, this.#contextAt(at));
    // One 404 may be a hiccup: the job still counts as running, lest the watch go idle over it.
    if (comparison.observation?.missingSince === null && isUnfinished(previous.state)) {
      this.#hasRunningJobs = true;
    }
    this.#gather(comparison, previous, at);
    return { isUnchanged: false };
  }

  /** What was found of the first `limit` jobs that have changed and were not written yet: all of it, for each of them. */
  findings(limit = Number.POSITIVE_INFINITY): Findings {
    const some = this.#changed.values().take(limit).toArray();
    return {
      observations: some.map(({ observation }) => observation),
      comparisons: some.flatMap(({ comparisons }) => comparisons),
    };
  }

  /** Forgets findings. To be called when they have been written. */
  forget({ observations }: Findings): void {
    for (const { jobId } of observations) this.#changed.delete(jobId);
  }

  /** Returns what is known of the job from now on; `undefined` when not even its id could be read. */
  #compare(
    reading: JobReading,
    known: ReadonlyMap<string, Observation>,
    times: ReadTimes,
    { askedFor, records = [] }: { askedFor?: string; records?: readonly Observation[] },
  ): Observation | undefined {
    const { at } = times;
    this.#jobs += 1;
    const id = idOf(reading) ?? askedFor;
    if (id === undefined) {
      if (reading.kind === 'unreadable') this.anomalies.push({ jobId: null, problem: reading.problem });
      return undefined;
    }
    this.#unseen.delete(id);
    const previous = this.#changed.get(id)?.observation ?? known.get(id);
    const comparison =
      reading.kind === 'job'
        ? this.#compareJob(reading.job, previous ?? records, times)
        : compareUnreadable(previous, id, reading.problem, this.#contextAt(at));
    const observation = comparison.observation ?? previous;
    if (observation && isUnfinished(observation.state)) this.#hasRunningJobs = true;
    this.#gather(comparison, previous, at);
    return observation;
  }

  /** `known`: the job as it was seen last, or what others have recorded of one that is new here. */
  #compareJob(job: RestoreJob, known: Observation | readonly Observation[], times: ReadTimes): Comparison {
    const context = this.#contextAt(times.at, job);
    if ('jobId' in known) {
      return this.#withTimeEvents(diffObservations(known, job, context), job, known, times);
    }
    const record = handedOver(known, this.#input.watch.alongside);
    const comparison =
      record === undefined ? diffObservations(undefined, job, context) : takeOver(record, job, context);
    return this.#withTimeEvents(comparison, job, record, times);
  }

  #withTimeEvents(
    comparison: Comparison,
    { deliveryType }: RestoreJob,
    previous: Observation | undefined,
    times: ReadTimes,
  ): Comparison {
    const { isFirstLook } = this;
    const policy = this.#input.timePolicyFor(deliveryType, { isFirstLook });
    return withTimeEvents(comparison, previous, policy, times);
  }

  #gather(comparison: Comparison, previous: Observation | undefined, foundAt: Timestamp): void {
    if (comparison.observation === null) return;
    const { jobId } = comparison.observation;
    if (previous) {
      this.#overtaken.add(jobId);
      this.#hasRevived ||= !this.#followed.has(jobId);
    }
    const comparisons = this.#changed.get(jobId)?.comparisons ?? [];
    comparisons.push({ comparison, foundAt });
    this.#changed.set(jobId, { observation: comparison.observation, comparisons });
    if (comparison.newAnomaly !== null) this.anomalies.push({ jobId, problem: comparison.newAnomaly });
  }

  /** Of a job that was read. What is odd about it is looked at again each time. */
  #isUnchanged(reading: JobReading, known: ReadonlyMap<string, Observation>): boolean {
    if (reading.kind !== 'job' || this.#changed.has(reading.job.id)) return false;
    return known.get(reading.job.id)?.anomaly === null;
  }

  #contextAt(now: Timestamp, job?: RestoreJob): ComparisonContext {
    const { watch, lateAfterMs, notes } = this.#input;
    return {
      watch: watch.name,
      now,
      lastLookAt: notes?.lastLookAt ?? null,
      firstSight: this.#firstSight(job),
      announceExisting: watch.announceExisting,
      lateAfterMs,
    };
  }

  #firstSight(job: RestoreJob | undefined): Origin {
    if (this.namesJobs) return 'named';
    const { newSince } = this.#input;
    if (job && newSince !== null && job.createdAt >= wholeSecond(newSince)) return 'new';
    return this.#memory === null ? 'baseline' : 'new';
  }
}

/** Returns the id of the job that was read; `null` when not even that could be read. */
export function idOf(reading: JobReading): string | null {
  return reading.kind === 'job' ? reading.job.id : reading.jobId;
}

/** Creation times are as fine as that. */
function wholeSecond(at: Timestamp): Timestamp {
  return at - (at % 1_000);
}
