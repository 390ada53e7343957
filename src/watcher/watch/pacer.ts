import type { Clock } from '../../clock.ts';
import { dueWithinMs } from '../status.ts';
import type { Pace } from './pace.ts';

/** What one poll covers: everything that is due, or just the targets of a `*` watch on which restores run, those of which an activity feed has told, or those that were not read yet. */
export type PollScope = 'whole' | 'running' | 'told' | 'fresh';

/** A timer may come a little early. */
const EARLY_MS = 50;

/** How a watch is to be paced. */
export interface PacedWatch {
  pace: Pace;
  hasRunningJobs: boolean;
  /** It has several targets, so that those on which restores run can be polled by themselves. */
  isMany: boolean;
}

/** From one poll of all of a watch to the next, in milliseconds. Running restores go first: a watch that has but one target is polled for them. */
export function wholePeriodMs({ pace, hasRunningJobs, isMany }: PacedWatch): number {
  return hasRunningJobs && !isMany ? pace.runningMs : pace.idleMs;
}

/** After so many milliseconds without a successful poll the watch counts as blind. */
export function mayTakeMs(paced: PacedWatch, hint: { readonly isInUse: boolean } | null): number {
  const periodMs = wholePeriodMs(paced);
  // That a feed does not answer is known after two periods: then all is polled.
  const moreMs = hint?.isInUse ? periodMs : 0;
  return dueWithinMs(periodMs, periodMs > paced.pace.scheduledMs) + moreMs;
}

/** Of its period, where the ceiling stretches that: its targets are polled spread over so much. */
const SPREAD_OVER = 0.9;

/**
 * Over how many milliseconds the polls of the targets of a watch begin; 0: at once. Where the ceiling is the limit, a burst would leave
 * running restores no request for a minute.
 */
export function spreadMs({ scheduledMs, idleMs }: Pace, scope: PollScope): number {
  return idleMs > scheduledMs && scope === 'whole' ? idleMs * SPREAD_OVER : 0;
}

/**
 * Holds polls apart where the ceiling of the project does not allow what the schedule asks for: so each watch gets its share, and nobody
 * stands in a line that only grows. Where the ceiling allows it, every tick is due.
 */
export class Pacer {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #again: () => void;
  /** Monotonic, like all that ends in `Mono`: when the last poll of all began. */
  #wholeMono = Number.NEGATIVE_INFINITY;
  #begunMono = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | null = null;

  /** @param again is called when a poll of all may be due that no tick of the schedule meets. */
  constructor(clock: Pick<Clock, 'monotonic'>, again: () => void) {
    this.#clock = clock;
    this.#again = again;
  }

  /** What may be polled now; `null`: nothing. */
  due(watch: PacedWatch): PollScope | null {
    const { pace, hasRunningJobs, isMany } = watch;
    const now = this.#clock.monotonic();
    const isDue = (periodMs: number, sinceMono: number): boolean =>
      periodMs <= pace.scheduledMs || now - sinceMono >= periodMs - EARLY_MS;
    if (isDue(wholePeriodMs(watch), this.#wholeMono)) return 'whole';
    return isMany && hasRunningJobs && isDue(pace.runningMs, this.#begunMono) ? 'running' : null;
  }

  /** True when what runs is due, while a poll of all is in hand that the ceiling holds up. */
  isRunningDue({ pace, hasRunningJobs, isMany }: PacedWatch): boolean {
    const isHeldUp = isMany && hasRunningJobs && pace.idleMs > pace.scheduledMs;
    const isDue =
      pace.runningMs <= pace.scheduledMs ||
      this.#clock.monotonic() - this.#begunMono >= pace.runningMs - EARLY_MS;
    return isHeldUp && isDue;
  }

  /** Notes that a poll begins. */
  begun(scope: PollScope): void {
    this.#begunMono = this.#clock.monotonic();
    if (scope === 'whole') this.#wholeMono = this.#begunMono;
  }

  /** Sees to it that the next poll of all comes in its time, though no tick may do so. */
  plan(watch: PacedWatch): void {
    this.cancel();
    const periodMs = wholePeriodMs(watch);
    if (periodMs <= watch.pace.scheduledMs) return;
    this.#timer = setTimeout(this.#again, Math.max(0, this.untilNextMs(periodMs) ?? 0));
  }

  /** How long until all of it is polled again, given its period; `null`: it has not been polled yet. */
  untilNextMs(periodMs: number): number | null {
    return Number.isFinite(this.#wholeMono) ? this.#wholeMono + periodMs - this.#clock.monotonic() : null;
  }

  /** Plans nothing any more. */
  cancel(): void {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
  }
}
