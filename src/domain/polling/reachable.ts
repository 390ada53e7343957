import { formatSpan } from '../instant.ts';

const MINUTE_MS = 60_000;

/** A login by digest lives on for so long; whoever asks again later is challenged anew, at the cost of one request. */
const LOGIN_LIVES_MS = 1_000;

/** What running restores leave of a ceiling to everybody else, so that nobody is ever crowded out. */
const IDLE_SHARE = 0.1;

/** A period that is longer by this factor is no shortage yet: a login or a list more now and then. */
const TOLERANCE = 1.1;

/** Somebody who asks Atlas over and over, in one project. */
export interface Asker {
  /** From one time to the next, as its schedule has it, in milliseconds. */
  everyMs: number;
  /** How many requests it makes each time. */
  requests: number;
}

/** All who share the ceiling of one project. `running`: those who ask about restores that run, who go first. */
export interface Demand {
  running: readonly Asker[];
  idle: readonly Asker[];
  /** What each login costs in requests: 0 for a service account, 1 for an API key. Those who ask in the same moment share one. */
  login: number;
}

/**
 * What a ceiling comes to for those who share it: nobody can ask more often than this, in milliseconds, and who wants to ask less often
 * can. 0: everybody can ask as often as they want to.
 */
export interface Reach {
  runningMs: number;
  idleMs: number;
}

/** What limits the requests of a project: our own ceiling, or what Atlas fills up of its bucket, where that is less. */
export interface Limit {
  by: 'ceiling' | 'bucket';
  perMinute: number;
}

/** The lower one of both. `refillPerMinute`: what Atlas fills up in a minute, for all who use the project; `null`: nobody knows. */
export function limitOf(perMinute: number, refillPerMinute: number | null): Limit {
  return refillPerMinute !== null && refillPerMinute < perMinute
    ? { by: 'bucket', perMinute: refillPerMinute }
    : { by: 'ceiling', perMinute };
}

/** How many requests a minute the schedules ask for, logins included. */
export function neededPerMinute(demand: Demand): number {
  const { running, idle } = withLogins(demand, { runningMs: 0, idleMs: 0 });
  return spentPerMinute([...running, ...idle], 0);
}

/**
 * The shortest periods that a ceiling of requests a minute allows, the same for all who share it but for running restores, which go first.
 * The one home of this figure: `check` tells it, the watches poll by it, and how old a success may be follows from it.
 */
export function reachOf(demand: Demand, perMinute: number): Reach {
  const withoutLogins = reachOfAll(demand, perMinute);
  return reachOfAll(withLogins(demand, withoutLogins), perMinute);
}

function reachOfAll({ running, idle }: Omit<Demand, 'login'>, perMinute: number): Reach {
  const forRunning = idle.length === 0 ? perMinute : perMinute * (1 - IDLE_SHARE);
  const runningMs = shortestMs(running, forRunning);
  return { runningMs, idleMs: shortestMs(idle, perMinute - spentPerMinute(running, runningMs)) };
}

/** Whoever asks most often logs in for all. */
function withLogins({ running, idle, login }: Demand, reach: Reach): Omit<Demand, 'login'> {
  const most = (askers: readonly Asker[]): number => Math.min(...askers.map(({ everyMs }) => everyMs));
  const isRunning = most(running) <= most(idle);
  const everyMs = Math.min(most(running), most(idle));
  const reallyMs = periodMs(everyMs, isRunning ? reach.runningMs : reach.idleMs);
  if (login === 0 || reallyMs <= LOGIN_LIVES_MS || everyMs === Number.POSITIVE_INFINITY)
    return { running, idle };
  const logins = { everyMs, requests: login };
  return isRunning ? { running: [...running, logins], idle } : { running, idle: [...idle, logins] };
}

/** How often somebody really asks, who wants to ask every `everyMs` milliseconds. */
export function periodMs(everyMs: number, reachMs: number): number {
  return Math.max(everyMs, reachMs);
}

/** True when the schedule is missed by more than what an odd request costs. */
export function isShort(everyMs: number, reachMs: number): boolean {
  return reachMs > everyMs * TOLERANCE;
}

/** How many of these, each with one request every `everyMs` milliseconds, a ceiling has room for. */
export function roomFor(everyMs: number, perMinute: number): number {
  return Math.floor((perMinute * everyMs) / MINUTE_MS);
}

/** A period in words that show a difference of seconds: `67 s`, `1.5 s`, `5 min`. */
export function periodWords(ms: number): string {
  if (ms < 10_000) return `${Math.ceil(ms / 100) / 10} s`;
  return ms < 2 * MINUTE_MS && ms !== MINUTE_MS ? `${Math.ceil(ms / 1_000)} s` : formatSpan(ms);
}

/** Stretches those who ask most often, all to the same period, until the rest fits beside them. */
function shortestMs(askers: readonly Asker[], perMinute: number): number {
  if (spentPerMinute(askers, 0) <= perMinute) return 0;
  const eager = askers.toSorted((a, b) => a.everyMs - b.everyMs);
  let requests = 0;
  let rest = spentPerMinute(eager, 0);
  let reachMs = 0;
  for (const [index, asker] of eager.entries()) {
    requests += asker.requests;
    rest -= (asker.requests * MINUTE_MS) / asker.everyMs;
    reachMs = (requests * MINUTE_MS) / Math.max(perMinute - rest, Number.EPSILON);
    const next = eager[index + 1];
    if (perMinute > rest && (next === undefined || reachMs <= next.everyMs)) return reachMs;
  }
  return reachMs;
}

function spentPerMinute(askers: readonly Asker[], reachMs: number): number {
  return askers.reduce(
    (sum, { everyMs, requests }) => sum + (requests * MINUTE_MS) / periodMs(everyMs, reachMs),
    0,
  );
}
