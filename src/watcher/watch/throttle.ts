import type { Clock } from '../../clock.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { isShort, periodWords } from '../../domain/polling/reachable.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { JobSource, WaitsFor } from '../../source/source.ts';
import type { Throttled } from '../status.ts';
import type { Pace } from './pace.ts';

/** A period that differs by less from the one that was told is no news. */
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
  /** The watch is polled, and less often than its schedule has it; false: it waits for its turn, and is late. */
  isPolled: boolean;
}

/** Notices that a watch cannot keep its schedule, since a rate limit is in the way, and tells so once, to the log. */
export class Throttle {
  readonly #deps: ThrottleDeps;
  readonly #watch: Watch;
  #standing: HeldBack | null = null;
  /** Monotonic. */
  #sinceMono = 0;
  #told: { periodMs: number; by: WaitsFor | null } | null = null;

  constructor(deps: ThrottleDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
  }

  /** `null`: the watch is polled as its schedule has it. */
  get standing(): HeldBack | null {
    if (this.#standing?.isPolled !== true) return this.#standing;
    return { ...this.#standing, forMs: this.#deps.clock.monotonic() - this.#sinceMono };
  }

  /** Looks how things stand. */
  look(look: ThrottleLook): void {
    const { clock } = this.#deps;
    const found = this.#waiting(look) ?? this.#stretched(look);
    if (found !== null && this.#standing?.isPolled !== found.isPolled) {
      this.#sinceMono = clock.monotonic() - found.forMs;
    }
    const since = found !== null && this.#standing?.isPolled === found.isPolled ? this.#standing.since : null;
    this.#standing = found && { ...found, since: since ?? found.since };
    this.#tell(look);
  }

  #waiting({ late, projects, pace, periodMs }: ThrottleLook): HeldBack | null {
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
        hint:
          waitsFor === 'ceiling'
            ? this.#wayOut(pace)
            : 'Who else uses the API of this project? Poll less often, or ask MongoDB for a higher limit.',
        since: clock.now() - Math.round(late.byMs),
        isMeant: false,
        forMs: late.byMs,
        isPolled: false,
      };
    }
    return null;
  }

  #stretched({ pace, periodMs, hasRunningJobs }: ThrottleLook): HeldBack | null {
    const { scheduledMs, narrowest } = pace;
    if (narrowest === null || !isShort(scheduledMs, periodMs)) return null;
    const { groupId, needed, perMinute } = narrowest;
    const { isScheduleDefault } = this.#watch;
    const running = hasRunningJobs ? ' (what runs more often)' : '';
    return {
      reason: 'rate_limited',
      by: 'ceiling',
      message: `it is polled every ${periodWords(periodMs)}${running} instead of every ${periodWords(scheduledMs)}: project ${groupId} needs ${Math.ceil(needed)} requests a minute of ${perMinute}`,
      hint: this.#wayOut(pace),
      since: this.#deps.clock.now(),
      isMeant: isScheduleDefault,
      forMs: 0,
      isPolled: true,
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
    const by = this.#standing?.by ?? null;
    const before = this.#told;
    const isNews =
      before === null ||
      before.by !== by ||
      periodMs > before.periodMs * NEWS ||
      periodMs * NEWS < before.periodMs;
    if (isNews) this.#told = { periodMs, by };
    if (this.#standing === null) {
      faultLog.clear(key, `Watch ${name} is polled as its schedule has it again`, { watch: name });
    } else if (isNews) {
      const { message, hint } = this.#standing;
      const fields = { watch: name, reason: 'rate_limited', by, hint, periodMs: Math.round(periodMs) };
      faultLog.report(key, `Watch ${name}: ${message}`, fields);
    }
  }
}
