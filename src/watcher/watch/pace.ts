import type { Clock } from '../../clock.ts';
import {
  type Asker,
  type Demand,
  type Limit,
  limitOf,
  neededPerMinute,
  periodMs,
  type Reach,
  reachOf,
} from '../../domain/polling/reachable.ts';
import type { JobSource, ProjectBudget } from '../../source/source.ts';
import type { WatchHint } from './hint/watch-hint.ts';
import type { TrackedTarget } from './targets/tracked.ts';

/** How many requests a watch makes in a project each time it polls. */
export interface ProjectAsks {
  running: number;
  idle: number;
  /** Of targets that are polled in sweeps alone, from one sweep to the next. */
  swept: number;
  /** From one sweep to the next, in milliseconds. */
  sweepMs: number;
}

/** One of those who share the ceilings of connections. */
export interface Sharer {
  readonly source: JobSource;
  /** From one tick of its schedule to the next, in milliseconds. */
  gapMs(): number;
  /** By project. */
  asks(): ReadonlyMap<string, ProjectAsks>;
}

/** How often a watch can be polled. Spans are milliseconds. */
export interface Pace {
  /** As its schedule has it. */
  scheduledMs: number;
  /** All of it, as the ceiling allows and as Atlas fills up its buckets: `scheduledMs` at least. */
  idleMs: number;
  /** What runs of it. */
  runningMs: number;
  /** The project that is limited most for what is asked there, and by what; `null`: nothing is asked yet. */
  narrowest: ({ groupId: string; needed: number } & Limit) | null;
}

/** Demands change by the second at most. */
const LOOK_EVERY_MS = 1_000;

/** The pace of a watch that shares with nobody, as its schedule has it. */
export function freePace(scheduledMs: number): Pace {
  return {
    scheduledMs,
    idleMs: scheduledMs,
    runningMs: scheduledMs,
    narrowest: null,
  };
}

/** What polls of these targets ask of each project. */
export function asksOf(
  targets: readonly TrackedTarget[],
  hint: Pick<WatchHint, 'sweepMsOf'> | null = null,
): Map<string, ProjectAsks> {
  const asks = new Map<string, ProjectAsks>();
  for (const tracked of targets) {
    const { target, hasRunningJobs, asks: requests } = tracked;
    const of = asks.get(target.groupId) ?? { running: 0, idle: 0, swept: 0, sweepMs: 0 };
    asks.set(target.groupId, of);
    const sweepMs = hasRunningJobs ? null : (hint?.sweepMsOf(tracked) ?? null);
    of[hasRunningJobs ? 'running' : sweepMs === null ? 'idle' : 'swept'] += requests;
    of.sweepMs = Math.max(of.sweepMs, sweepMs ?? 0);
  }
  return asks;
}

interface ProjectLoad {
  limit: Limit;
  needed: number;
  reach: Reach;
}

/** What all watches together ask of the ceilings of their connections, each of which is one per project. */
export class SharedLoad {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #sharers: () => readonly Sharer[];
  #loads = new Map<JobSource, Map<string, ProjectLoad>>();
  /** As they are by these loads. Each is asked for several times a second. */
  #paces = new Map<Sharer, Pace>();
  #lookedMono = Number.NEGATIVE_INFINITY;

  constructor(clock: Pick<Clock, 'monotonic'>, sharers: () => readonly Sharer[]) {
    this.#clock = clock;
    this.#sharers = sharers;
  }

  /** The demands have changed: they are looked at anew when somebody asks. */
  touch(): void {
    this.#lookedMono = Number.NEGATIVE_INFINITY;
  }

  /** How often one of them can poll, as things stand. */
  paceOf(sharer: Sharer): Pace {
    this.#look();
    const scheduledMs = sharer.gapMs();
    const known = this.#paces.get(sharer);
    if (known?.scheduledMs === scheduledMs) return known;
    const pace = this.#reckon(sharer, scheduledMs);
    this.#paces.set(sharer, pace);
    return pace;
  }

  #reckon(sharer: Sharer, scheduledMs: number): Pace {
    const pace = freePace(scheduledMs);
    for (const [groupId, asks] of sharer.asks()) {
      const load = this.#loads.get(sharer.source)?.get(groupId);
      if (load === undefined) continue;
      pace.runningMs = Math.max(pace.runningMs, load.reach.runningMs);
      // What is polled in sweeps alone is none of those that crowd the ceiling, as long as it allows the sweeps.
      if (asks.idle === 0 && asks.swept > 0 && load.reach.idleMs <= asks.sweepMs) continue;
      const idleMs = periodMs(scheduledMs, load.reach.idleMs);
      if (pace.narrowest === null || idleMs > pace.idleMs) {
        pace.narrowest = { groupId, needed: load.needed, ...load.limit };
      }
      pace.idleMs = Math.max(pace.idleMs, idleMs);
    }
    return pace;
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedMono < LOOK_EVERY_MS) return;
    this.#lookedMono = now;
    this.#loads = new Map();
    this.#paces = new Map();
    for (const [source, sharers] of Map.groupBy(this.#sharers(), (sharer) => sharer.source)) {
      this.#loads.set(source, loadsOf(source, sharers));
    }
  }
}

function loadsOf(source: JobSource, sharers: readonly Sharer[]): Map<string, ProjectLoad> {
  const askers = new Map<string, { running: Asker[]; idle: Asker[] }>();
  for (const sharer of sharers) {
    const everyMs = sharer.gapMs();
    for (const [groupId, { running, idle, swept, sweepMs }] of sharer.asks()) {
      const of = askers.get(groupId) ?? { running: [], idle: [] };
      askers.set(groupId, of);
      if (running > 0) of.running.push({ everyMs, requests: running });
      if (idle > 0) of.idle.push({ everyMs, requests: idle });
      if (swept > 0) of.idle.push({ everyMs: Math.max(everyMs, sweepMs), requests: swept });
    }
  }
  return new Map([...askers].map(([groupId, of]) => [groupId, loadOf(of, source.budgetOf(groupId))]));
}

function loadOf(askers: Omit<Demand, 'login'>, budget: ProjectBudget): ProjectLoad {
  const demand: Demand = { ...askers, login: budget.login };
  const limit = limitOf(budget.perMinute, budget.refillPerMinute);
  return { limit, needed: neededPerMinute(demand), reach: reachOf(demand, limit.perMinute) };
}
