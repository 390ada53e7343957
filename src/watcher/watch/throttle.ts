import type { Clock } from '../../clock.ts';
import { instantBefore } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { isShort, periodWords } from '../../domain/polling/reachable.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { JobSource, WaitsFor } from '../../source/source.ts';
import type { Throttled } from '../status.ts';
import type { Pace } from './pace.ts';

/** A period that is longer by less than the one that was told is no news. */
const NEWS = 1.2;

/** What a throttle works with. */
export interface ThrottleDeps {
  source: Pick<JobSource, 'budgetOf'>;
  clock: Pick<Clock, 'now' | 'monotonic'>;
  faultLog: FaultLog;
}

/** What is looked at. */
export interface ThrottleLook {
  pace: Pace;
  /** From one poll to the next, as it can be reached. */
  periodMs: number;
  hasRunningJobs: boolean;
  /** The poll in hand is later than it may be: what it waits for, and since when nothing was read beyond the period; `null`: it is not. */
  late: { byMs: number } | null;
  /** Those that are asked. */
  projects: Iterable<string>;
}

/** What holds a watch back, and for how long it has, in milliseconds. */
export interface HeldBack extends Throttled {
  forMs: number;
}

/** A schedule that is missed, from when it was first until it has been kept for long enough. */
interface Stretch {
  held: Throttled;
  /** Monotonic, like all that ends in `Mono`. */
  sinceMono: number;
  /** Since when the schedule is kept again; `null`: it is not. */
  keptMono: number | null;
}

/**
 * Notices that a watch cannot keep its schedule, since a rate limit is in the way, and tells so once, to the log. What is told ends when the
 * schedule has been kept for `failingAfter`, which is as long as it has to be missed until people are told: a watch just at its ceiling,
 * which misses its schedule for a minute and keeps it for the next, is told of once.
 */
export class Throttle {
  readonly #deps: ThrottleDeps;
  readonly #watch: Watch;
  #waiting: HeldBack | null = null;
  #stretch: Stretch | null = null;
  /** What the log was told: the longest period, and each limit. */
  #told: { periodMs: number; by: Set<WaitsFor> } | null = null;

  constructor(deps: ThrottleDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
  }

  /** How it is at present; `null`: the watch is polled as its schedule has it. */
  get standing(): Throttled | null {
    if (this.#waiting !== null) return this.#waiting;
    return this.#stretch?.keptMono === null ? this.#stretch.held : null;
  }

  /** It waits for its turn, and is late. */
  get late(): HeldBack | null {
    return this.#waiting;
  }

  /** It is polled, and less often than its schedule has it: `missed`; or was, and has not kept it for long enough since: `kept`. */
  get stretched(): (HeldBack & { at: 'missed' | 'kept' }) | null {
    if (this.#stretch === null) return null;
    const { held, sinceMono, keptMono } = this.#stretch;
    const forMs = this.#deps.clock.monotonic() - sinceMono;
    return { ...held, forMs, at: keptMono === null ? 'missed' : 'kept' };
  }

  /** Looks how things stand. */
  look(look: ThrottleLook): void {
    this.#waiting = this.#waitingIn(look);
    this.#stretch = this.#stretchedBy(look);
    this.#tell(look);
  }

  #waitingIn({ late, projects, pace, periodMs }: ThrottleLook): HeldBack | null {
    if (late === null) return null;
    const { source, clock } = this.#deps;
    for (const groupId of projects) {
      const { waitsFor, perMinute } = source.budgetOf(groupId);
      if (waitsFor === null) continue;
      const what = {
        ceiling: `the ${perMinute} requests a minute of its connection are spent`,
        bucket: 'Atlas leaves too little of its rate limit, which all who use the project share',
        silence: 'Atlas has asked for silence',
      }[waitsFor];
      return {
        reason: 'rate_limited',
        by: waitsFor,
        message: `it waits for its turn in project ${groupId}, beyond the ${periodWords(periodMs)} that should do: ${what}`,
        hint: waitsFor === 'ceiling' ? this.#wayOut(pace) : ASK_LESS,
        since: this.#waiting?.since ?? instantBefore(clock.now(), late.byMs),
        isMeant: false,
        forMs: late.byMs,
      };
    }
    return null;
  }

  #stretchedBy(look: ThrottleLook): Stretch | null {
    const { clock } = this.#deps;
    const before = this.#stretch;
    const nowMono = clock.monotonic();
    const held = this.#missedBy(look);
    if (held !== null) {
      const since = before?.held.since ?? clock.now();
      return { held: { ...held, since }, sinceMono: before?.sinceMono ?? nowMono, keptMono: null };
    }
    if (before === null) return null;
    const keptMono = before.keptMono ?? nowMono;
    return nowMono - keptMono >= this.#watch.failingAfterMs ? null : { ...before, keptMono };
  }

  #missedBy({ pace, periodMs, hasRunningJobs }: ThrottleLook): Omit<Throttled, 'since'> | null {
    const { scheduledMs, narrowest } = pace;
    if (narrowest === null || !isShort(scheduledMs, periodMs)) return null;
    const { groupId, needed, perMinute, by } = narrowest;
    const { isScheduleDefault } = this.#watch;
    const most = Math.floor(perMinute);
    const limit = by === 'ceiling' ? `${most}` : `the ${most} that Atlas allows all who use the project`;
    const running = hasRunningJobs ? ' (what runs more often)' : '';
    return {
      reason: 'rate_limited',
      by,
      message: `it is polled every ${periodWords(periodMs)}${running} instead of every ${periodWords(scheduledMs)}: project ${groupId} needs ${Math.ceil(needed)} requests a minute of ${limit}`,
      hint: by === 'ceiling' ? this.#wayOut(pace) : ASK_LESS,
      isMeant: isScheduleDefault,
    };
  }

  #wayOut({ narrowest }: Pace): string {
    const { connection } = this.#watch;
    const least = narrowest === null ? 'higher' : `to ${Math.ceil(narrowest.needed)} at least`;
    return `Set requestsPerMinute of connection ${connection} ${least} (Atlas itself allows about 500 a minute and project), or poll less often: "schedule".`;
  }

  #tell({ periodMs }: ThrottleLook): void {
    const { faultLog } = this.#deps;
    const { name } = this.#watch;
    const key = `pace of ${name}`;
    const held = this.#waiting ?? this.#stretch?.held ?? null;
    if (held === null) {
      this.#told = null;
      faultLog.clear(key, `Watch ${name} is polled as its schedule has it again`, { watch: name });
      return;
    }
    const before = this.#told;
    if (before?.by.has(held.by) === true && periodMs <= before.periodMs * NEWS) return;
    this.#told = {
      periodMs: Math.max(periodMs, before?.periodMs ?? 0),
      by: new Set([...(before?.by ?? []), held.by]),
    };
    const { message, hint, by } = held;
    const fields = { watch: name, reason: 'rate_limited', by, hint, periodMs: Math.round(periodMs) };
    faultLog.report(key, `Watch ${name}: ${message}`, fields);
  }
}

const ASK_LESS = 'Who else uses the API of this project? Poll less often, or ask MongoDB for a higher limit.';
