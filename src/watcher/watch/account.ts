import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { SourceError, StoreError, WatcherError } from '../../errors.ts';
import type { WatchStatus } from '../status.ts';
import type { WatchPollReport } from './poll-watch.ts';

/** Why a watch cannot be polled. */
export type WatchFault = NonNullable<WatchStatus['fault']>;

/** What keeps a watch from being polled, and for how long it has, in milliseconds. */
export interface Failing {
  fault: WatchFault;
  forMs: number;
}

/** Keeps count of how one watch is doing. It tells nobody: that is the journal's part. */
export class WatchAccount {
  readonly #clock: Clock;
  readonly #watch: Watch;
  /** Monotonic, like all that ends in `Mono`. */
  readonly #createdMono: number;
  #lastAttemptAt: Timestamp | null = null;
  #lastSuccessAt: Timestamp | null = null;
  #lastSuccessMono: number | null = null;
  #failures = 0;
  #hasRunningJobs = false;
  #unknownJobIds: readonly string[] = [];
  #failing: { fault: WatchFault; sinceMono: number } | null = null;

  constructor(clock: Clock, watch: Watch) {
    this.#clock = clock;
    this.#watch = watch;
    this.#createdMono = clock.monotonic();
  }

  /** Failed polls since the last success. */
  get failures(): number {
    return this.#failures;
  }

  get hasRunningJobs(): boolean {
    return this.#hasRunningJobs;
  }

  get hasSucceeded(): boolean {
    return this.#lastSuccessAt !== null;
  }

  /** The fault that lasts, and for how long it has; `null` while there is none. */
  get failing(): Failing | null {
    if (this.#failing === null) return null;
    const { fault, sinceMono } = this.#failing;
    return { fault, forMs: this.#clock.monotonic() - sinceMono };
  }

  /** Notes what a poll has found. A poll that failed may not have seen all that runs. */
  noteAttempt({ failure, hasRunningJobs, unknownJobIds }: WatchPollReport): void {
    this.#lastAttemptAt = this.#clock.now();
    this.#unknownJobIds = unknownJobIds;
    this.#hasRunningJobs = hasRunningJobs || (failure !== null && this.#hasRunningJobs);
  }

  /**
   * Notes a failed poll that had failed for `failingForMs` when it ended.
   * @returns the fault, and whether it is another one than before.
   */
  noteFailure(error: Error, failingForMs: number): { fault: WatchFault; isNews: boolean } {
    const before = this.#failing;
    const reason = reasonOf(error);
    const fault: WatchFault = {
      reason,
      message: error.message,
      hint: error instanceof WatcherError ? (error.hint ?? null) : null,
      since: before?.fault.since ?? this.#clock.now() - failingForMs,
    };
    this.#failures += 1;
    this.#failing = { fault, sinceMono: before?.sinceMono ?? this.#clock.monotonic() - failingForMs };
    return { fault, isNews: before?.fault.reason !== reason || before.fault.message !== error.message };
  }

  /** Takes the beginning of the failure from an earlier process, which has seen more of it. */
  backdateFailure(since: Timestamp): void {
    if (this.#failing === null) return;
    const { fault, sinceMono } = this.#failing;
    this.#failing = { fault: { ...fault, since }, sinceMono: sinceMono - (fault.since - since) };
  }

  /**
   * Notes a successful poll.
   * @returns the time of it, and the fault that it ends with the number of failed polls; `null`: there was none.
   */
  noteSuccess(): { at: Timestamp; ended: { fault: WatchFault; failures: number } | null } {
    const at = this.#clock.now();
    const ended = this.#failing && { fault: this.#failing.fault, failures: this.#failures };
    this.#lastSuccessAt = at;
    this.#lastSuccessMono = this.#clock.monotonic();
    this.#failing = null;
    this.#failures = 0;
    return { at, ended };
  }

  /** How the watch is doing, as far as its polls show. */
  status(): Omit<WatchStatus, 'dueWithinMs' | 'nextPollAt' | 'hasMissedPolls'> {
    const { name, connection, kind, groupId, instanceName } = this.#watch;
    return {
      watch: name,
      connection,
      kind,
      groupId,
      instanceName,
      lastAttemptAt: this.#lastAttemptAt,
      lastSuccessAt: this.#lastSuccessAt,
      sinceSuccessMs: this.#clock.monotonic() - (this.#lastSuccessMono ?? this.#createdMono),
      consecutiveFailures: this.#failures,
      fault: this.#failing?.fault ?? null,
      unknownJobIds: this.#unknownJobIds,
      hasRunningJobs: this.#hasRunningJobs,
    };
  }
}

function reasonOf(error: Error): string {
  if (error instanceof SourceError) return error.reason;
  return error instanceof StoreError ? 'store' : 'internal';
}
