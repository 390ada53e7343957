import type { Timestamp } from '../../domain/instant.ts';
import { isFollowed, type Observation, type Origin } from '../../domain/job/observation.ts';
import { isUnfinished, type RestoreJob } from '../../domain/job/restore-job.ts';
import {
  type Comparison,
  type ComparisonContext,
  compareNotFound,
  compareUnreadable,
  diffObservations,
  withTimeEvents,
} from '../../domain/job/transition.ts';
import type { JobAnswer, JobReading } from '../../source/source.ts';
import type { TargetMemory } from '../../store/ports/jobs.ts';
import type { Anomaly, PollInput } from './input.ts';

/** What a comparison needs to know of a cycle. */
export type CompareInput = Pick<PollInput, 'watch' | 'lateAfterMs' | 'newSince' | 'timePolicyFor'>;

/** When something was read, by Atlas's clock. */
export interface ReadTimes {
  at: Timestamp;
  /** Earlier where it is not settled which clock is right: nothing is told because a time has come before it surely has. */
  surelyAt: Timestamp;
}

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
  /** Still followed and not yet seen in this cycle, by id. */
  readonly #unseen: Map<string, Observation>;
  /** Changed and not yet written, by id: a job may come twice while a list grows. */
  readonly #changed = new Map<string, { observation: Observation; comparisons: Findings['comparisons'] }>();
  #jobs = 0;
  #hasRunningJobs = false;

  constructor(input: CompareInput, memory: TargetMemory | null) {
    this.#input = input;
    this.#memory = memory;
    this.#unseen = new Map(memory?.followed.map((observation) => [observation.jobId, observation]));
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

  /** Counts the jobs of a page that need no look. */
  passOver(count: number): void {
    this.#jobs += count;
  }

  /**
   * Compares the jobs of one page, read at these times.
   * @returns `isSettled`: all of them were known, are as they were, and can no longer change, by the clock neither. `isLastKnown`: the
   *   last of them was known. `followed`: those that may still change, by id, with their places on the page.
   */
  comparePage(
    readings: readonly JobReading[],
    known: ReadonlyMap<string, Observation>,
    times: ReadTimes,
  ): { isSettled: boolean; isLastKnown: boolean; followed: Map<string, number> } {
    let isSettled = this.#memory !== null;
    const followed = new Map<string, number>();
    for (const [offset, reading] of readings.entries()) {
      const seen = this.#compare(reading, known, times);
      if (seen && seen.missingSince === null && isFollowed(seen, times.at)) followed.set(seen.jobId, offset);
      isSettled &&= this.#isSettled(reading, known, times.at);
    }
    const last = readings.at(-1);
    const isLastKnown = this.#memory !== null && last !== undefined && known.has(idOf(last) ?? '');
    return { isSettled, isLastKnown, followed };
  }

  /** Compares the answer about one job that was asked for by id, read at these times. */
  compareAnswer(id: string, answer: JobAnswer, previous: Observation | undefined, times: ReadTimes): void {
    const { at } = times;
    if (answer.kind !== 'not_found') {
      this.#compare(answer, previous ? new Map([[id, previous]]) : new Map(), times, id);
      return;
    }
    if (previous === undefined) {
      this.unknownJobIds.push(id);
      return;
    }
    const comparison = compareNotFound(previous, this.#contextAt(at));
    // One 404 may be a hiccup: the job still counts as running, lest the watch go idle over it.
    if (comparison.observation?.missingSince === null && isUnfinished(previous.state)) {
      this.#hasRunningJobs = true;
    }
    this.#gather(comparison, at);
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
    askedFor?: string,
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
        ? this.#compareJob(reading.job, previous, times)
        : compareUnreadable(previous, id, reading.problem, this.#contextAt(at));
    const observation = comparison.observation ?? previous;
    if (observation && isUnfinished(observation.state)) this.#hasRunningJobs = true;
    this.#gather(comparison, at);
    return observation;
  }

  #compareJob(job: RestoreJob, previous: Observation | undefined, times: ReadTimes): Comparison {
    const { at } = times;
    const { isFirstLook } = this;
    const policy = this.#input.timePolicyFor(job.deliveryType, { isFirstLook });
    return withTimeEvents(diffObservations(previous, job, this.#contextAt(at, job)), previous, policy, times);
  }

  #gather(comparison: Comparison, foundAt: Timestamp): void {
    if (comparison.observation === null) return;
    const { jobId } = comparison.observation;
    const comparisons = this.#changed.get(jobId)?.comparisons ?? [];
    comparisons.push({ comparison, foundAt });
    this.#changed.set(jobId, { observation: comparison.observation, comparisons });
    if (comparison.newAnomaly !== null) this.anomalies.push({ jobId, problem: comparison.newAnomaly });
  }

  #isSettled(reading: JobReading, known: ReadonlyMap<string, Observation>, at: Timestamp): boolean {
    if (reading.kind !== 'job' || this.#changed.has(reading.job.id)) return false;
    const observation = known.get(reading.job.id);
    return observation !== undefined && observation.anomaly === null && !isFollowed(observation, at);
  }

  #contextAt(now: Timestamp, job?: RestoreJob): ComparisonContext {
    const { watch, lateAfterMs } = this.#input;
    return {
      watch: watch.name,
      now,
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
