import {
  type Asker,
  isShort,
  type Limit,
  limitOf,
  neededPerMinute,
  periodMs,
  periodWords,
  reachOf,
  roomFor,
} from './reachable.ts';

/** Somebody who asks about one project again and again, as far as the configuration tells. */
export interface ProjectAsker extends Asker {
  groupId: string;
  /** What Atlas fills up there in a minute, for all who use the project; `null` where nobody knows. */
  refillPerMinute?: number | null;
}

/** The ceiling of a connection, one for each project. */
export interface Ceiling {
  perMinute: number;
  /** See `Demand.login`. */
  login: number;
}

/** What schedules ask of one project, and what comes of that. */
export interface ProjectDemand {
  groupId: string;
  /** Requests a minute, logins included. */
  needed: number;
  /** What there is, and what limits it. */
  perMinute: number;
  by: Limit['by'];
  /** From one poll to the next, as the most eager schedule has it and as the ceiling allows. */
  scheduledMs: number;
  periodMs: number;
  isShort: boolean;
}

/** What these ask of each project. Restores that may run are not told apart. */
export function demandsOf(askers: readonly ProjectAsker[], { perMinute, login }: Ceiling): ProjectDemand[] {
  return [...Map.groupBy(askers, ({ groupId }) => groupId)].map(([groupId, idle]) => {
    const demand = { running: [], idle, login };
    const refills = idle.flatMap(({ refillPerMinute }) => refillPerMinute ?? []);
    const limit = limitOf(perMinute, refills.length === 0 ? null : Math.min(...refills));
    const { idleMs } = reachOf(demand, limit.perMinute);
    const scheduledMs = Math.min(...idle.map(({ everyMs }) => everyMs));
    return {
      groupId,
      needed: Math.ceil(neededPerMinute(demand)),
      ...{ ...limit, scheduledMs },
      periodMs: periodMs(scheduledMs, idleMs),
      isShort: isShort(scheduledMs, idleMs),
    };
  });
}

/** How many instances a `*` watch can poll in a project as often as it wants to, besides those that the others ask for there. */
export function roomBeside(everyMs: number, others: readonly Asker[], { perMinute, login }: Ceiling): number {
  const taken = neededPerMinute({ running: [], idle: [...others, { everyMs, requests: 0 }], login });
  return Math.max(0, roomFor(everyMs, perMinute - taken));
}

/** What a shortage comes to: `they are polled every 67 s instead of every 30 s`. */
export function stretchWords({ periodMs: real, scheduledMs }: ProjectDemand): string {
  return `they are polled every ${periodWords(real)} instead of every ${periodWords(scheduledMs)}`;
}
