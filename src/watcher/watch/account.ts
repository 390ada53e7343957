import type { Clock } from '../../clock.ts';
import { instantBefore, type Timestamp } from '../../domain/instant.ts';
import { placeKey, type WatchPlace } from '../../domain/job/place.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { menderOf } from '../../domain/polling/mender.ts';
import { SourceError, StoreError, WatcherError } from '../../errors.ts';
import type { WatchedPart } from '../record/alert-event.ts';
import type { WatchStatus } from '../status.ts';
import type { WatchPollReport } from './poll-watch.ts';

/** Why a watch, or a part of it, cannot be polled. */
export type WatchFault = NonNullable<WatchStatus['fault']>;

/** What keeps a watch or a part of it from being polled, and for how long it has, in milliseconds. */
export interface Failing {
  fault: WatchFault;
  forMs: number;
  /** For how long the same people could mend it; as long as `forMs` unless given. */
  sameForMs?: number;
  /** `null`: all of the watch. */
  part: WatchedPart | null;
  /** It is polled, and less often than its schedule has it. */
  isPolled?: boolean;
}

/** A fault that has ended. */
export interface EndedFault {
  part: WatchedPart | null;
  fault: WatchFault;
  failures: number;
}

interface Trouble {
  part: WatchedPart | null;
  fault: WatchFault;
  /** Monotonic. */
  sinceMono: number;
  /** Since when it is for the same people to mend, monotonic. */
  sameSinceMono: number;
  failures: number;
  /** It was met by itself in the last poll, and not only as a part of something larger that fails. */
  stands: boolean;
}

/** Keeps count of how one watch and the parts of it are doing. It tells nobody: that is the journal's part. */
export class WatchAccount {
  readonly #clock: Clock;
  readonly #watch: Watch;
  /** Monotonic, like all that ends in `Mono`. */
  readonly #createdMono: number;
  #lastAttemptAt: Timestamp | null = null;
  #lastSuccessAt: Timestamp | null = null;
  #lastSuccessMono: number | null = null;
  #lastFailure: Error | null = null;
  #hasRunningJobs = false;
  #unknownJobIds: readonly string[] = [];
  /** By `placeKey`; the watch itself under `''`. */
  readonly #troubles = new Map<string, Trouble>();

  constructor(clock: Clock, watch: Watch) {
    this.#clock = clock;
    this.#watch = watch;
    this.#createdMono = clock.monotonic();
  }

  /** Failed polls of the watch since the last success. */
  get failures(): number {
    return this.#troubles.get('')?.failures ?? 0;
  }

  get hasRunningJobs(): boolean {
    return this.#hasRunningJobs;
  }

  /** Why the last poll of the watch as a whole has failed; `null`: it has not. */
  get lastFailure(): Error | null {
    return this.#lastFailure;
  }

  /** When it was read last, by the clock that cannot step; `null`: never in this process. */
  get lastSuccessMono(): number | null {
    return this.#lastSuccessMono;
  }

  get hasSucceeded(): boolean {
    return this.#lastSuccessAt !== null;
  }

  /** The fault of the watch itself that lasts, and for how long it has; `null` while there is none. */
  get failing(): Failing | null {
    const trouble = this.#troubles.get('');
    return trouble ? this.#failingOf(trouble) : null;
  }

  /** The faults of parts that fail by themselves, the oldest first. */
  get failingParts(): Failing[] {
    // Asked of every watch several times a second, and hardly ever are there any.
    if (this.#troubles.size === 0) return [];
    return [...this.#troubles.values()]
      .filter(({ part, stands }) => part !== null && stands)
      .map((trouble) => this.#failingOf(trouble));
  }

  /** Parts of which it is not known that they can be read again. */
  get troubledPlaces(): WatchPlace[] {
    return [...this.#troubles.values()].flatMap(({ part }) => part?.place ?? []);
  }

  /** It is not known of this part that it can be read again. */
  isTroubled(place: WatchPlace): boolean {
    return this.#troubles.has(placeKey(place));
  }

  /** Notes what a poll has found. A poll that failed may not have seen all that runs. */
  noteAttempt({ failure, hasRunningJobs, unknownJobIds, failing }: WatchPollReport): void {
    this.#lastAttemptAt = this.#clock.now();
    this.#lastFailure = failure;
    this.#unknownJobIds = unknownJobIds;
    this.#hasRunningJobs = hasRunningJobs || (failure !== null && this.#hasRunningJobs);
    const standing = new Set(failing.map(({ place }) => placeKey(place)));
    for (const [key, trouble] of this.#troubles) trouble.stands = standing.has(key);
  }

  /**
   * Notes that a poll of the watch (`part: null`) or of a part has failed, and had failed for `failingForMs` when it ended.
   * @returns the fault, and whether it is another one than before.
   */
  noteFailure(
    part: WatchedPart | null,
    error: Error,
    failingForMs: number,
  ): { fault: WatchFault; isNews: boolean } {
    const key = keyOf(part?.place ?? null);
    const before = this.#troubles.get(key);
    const reason = reasonOf(error);
    const beganMono = this.#clock.monotonic() - failingForMs;
    const isSame = before !== undefined && menderOf(before.fault.reason) === menderOf(reason);
    const fault: WatchFault = {
      reason,
      message: error.message,
      hint: error instanceof WatcherError ? (error.hint ?? null) : null,
      since: before?.fault.since ?? instantBefore(this.#clock.now(), failingForMs),
    };
    this.#troubles.set(key, {
      part,
      fault,
      sinceMono: before?.sinceMono ?? beganMono,
      sameSinceMono: isSame ? before.sameSinceMono : beganMono,
      failures: (before?.failures ?? 0) + 1,
      stands: true,
    });
    return { fault, isNews: before?.fault.reason !== reason || before.fault.message !== error.message };
  }

  /** Takes the beginning of a failure from an earlier process, which has seen more of it. */
  backdateFailure(place: WatchPlace | null, since: Timestamp): void {
    const trouble = this.#troubles.get(keyOf(place));
    if (trouble === undefined) return;
    const { fault } = trouble;
    trouble.sinceMono -= fault.since - since;
    trouble.fault = { ...fault, since };
  }

  /** Notes that the watch, or a part of it, fails no more. @returns the fault that this ends; `null`: there was none. */
  noteEnd(place: WatchPlace | null): EndedFault | null {
    const key = keyOf(place);
    const ended = this.#troubles.get(key) ?? null;
    this.#troubles.delete(key);
    return ended;
  }

  /** What is wrong in these projects is another replica's to know; `all`: so is all that is wrong with the watch. */
  forget(groupIds: readonly string[] | 'all'): void {
    if (groupIds === 'all') this.#troubles.clear();
    else
      for (const [key, { part }] of this.#troubles) {
        if (part !== null && groupIds.includes(part.place.groupId)) this.#troubles.delete(key);
      }
  }

  /** Notes that something of the watch was read. */
  noteRead(): void {
    this.#lastSuccessAt = this.#clock.now();
    this.#lastSuccessMono = this.#clock.monotonic();
  }

  /** How the watch is doing, as far as its polls show. */
  status(): Omit<
    WatchStatus,
    | 'dueWithinMs'
    | 'nextPollAt'
    | 'hasMissedPolls'
    | 'faults'
    | 'scheduledMs'
    | 'periodMs'
    | 'throttled'
    | 'hint'
    | 'budget'
    | 'polledBy'
    | 'share'
  > {
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
      consecutiveFailures: this.failures,
      fault: this.failing?.fault ?? null,
      unknownJobIds: this.#unknownJobIds,
      hasRunningJobs: this.#hasRunningJobs,
    };
  }

  #failingOf({ part, fault, sinceMono, sameSinceMono }: Trouble): Failing {
    const now = this.#clock.monotonic();
    return { part, fault, forMs: now - sinceMono, sameForMs: now - sameSinceMono };
  }
}

function keyOf(place: WatchPlace | null): string {
  return place === null ? '' : placeKey(place);
}

function reasonOf(error: Error): string {
  if (error instanceof SourceError) return error.reason;
  return error instanceof StoreError ? 'store' : 'internal';
}
