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
import type { TrackedTarget } from './targets/tracked.ts';

/** How many requests a watch makes in a project each time it polls. */
export interface ProjectAsks {
  running: number;
  idle: number;
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
export function asksOf(targets: readonly TrackedTarget[]): Map<string, ProjectAsks> {
  const asks = new Map<string, ProjectAsks>();
  for (const { target, hasRunningJobs, asks: requests } of targets) {
    const of = asks.get(target.groupId) ?? { running: 0, idle: 0 };
    asks.set(target.groupId, of);
    of[hasRunningJobs ? 'running' : 'idle'] += requests;
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
    const pace = freePace(sharer.gapMs());
    const { scheduledMs } = pace;
    for (const groupId of sharer.asks().keys()) {
      const load = this.#loads.get(sharer.source)?.get(groupId);
      if (load === undefined) continue;
      const idleMs = periodMs(scheduledMs, load.reach.idleMs);
      if (pace.narrowest === null || idleMs > pace.idleMs) {
        pace.narrowest = { groupId, needed: load.needed, ...load.limit };
      }
      pace.idleMs = Math.max(pace.idleMs, idleMs);
      pace.runningMs = Math.max(pace.runningMs, load.reach.runningMs);
    }
    return pace;
  }

  #look(): void {
    const now = this.#clock.monotonic();
    if (now - this.#lookedMono < LOOK_EVERY_MS) return;
    this.#lookedMono = now;
    this.#loads = new Map();
    for (const [source, sharers] of Map.groupBy(this.#sharers(), (sharer) => sharer.source)) {
      this.#loads.set(source, loadsOf(source, sharers));
    }
  }
}

function loadsOf(source: JobSource, sharers: readonly Sharer[]): Map<string, ProjectLoad> {
  const askers = new Map<string, { running: Asker[]; idle: Asker[] }>();
  for (const sharer of sharers) {
    const everyMs = sharer.gapMs();
    for (const [groupId, { running, idle }] of sharer.asks()) {
      const of = askers.get(groupId) ?? { running: [], idle: [] };
      askers.set(groupId, of);
      if (running > 0) of.running.push({ everyMs, requests: running });
      if (idle > 0) of.idle.push({ everyMs, requests: idle });
    }
  }
  return new Map([...askers].map(([groupId, of]) => [groupId, loadOf(of, source.budgetOf(groupId))]));
}

function loadOf(askers: Omit<Demand, 'login'>, budget: ProjectBudget): ProjectLoad {
  const demand: Demand = { ...askers, login: budget.login };
  const limit = limitOf(budget.perMinute, budget.refillPerMinute);
  return { limit, needed: neededPerMinute(demand), reach: reachOf(demand, limit.perMinute) };
}
