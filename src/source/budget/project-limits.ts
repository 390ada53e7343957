import type { Clock } from '../../clock.ts';
import { isPassing, retryAfterMs } from '../reply/atlas-errors.ts';
import { readRateLimits } from '../reply/rate-limits.ts';
import type { ProjectBudget } from '../source.ts';
import type { Allowance, HttpReply } from '../wire/answer.ts';
import { type EndpointSet, holdsJobs } from '../wire/endpoints.ts';
import type { BudgetShare } from './budget-share.ts';
import type { Permit } from './permit.ts';
import { type BucketReport, createRateGate, type RateGate } from './rate-gate.ts';
import { createRequestBudget, type TakeOptions } from './request-budget.ts';

const MINUTE_MS = 60_000;

/** Silence after a 429 that does not say how long: this long, doubling while it repeats. */
const UNTOLD_SILENCE_MS = MINUTE_MS;
const LONGEST_UNTOLD_SILENCE_MS = 10 * MINUTE_MS;

/** How the budgets of a connection are limited. */
export interface LimitOptions {
  requestsPerMinute: number;
  /** A silence longer than this is not waited for. */
  longestPauseMs: number;
  clock: Clock;
}

/** How one endpoint set of a project is doing. */
export interface EndpointState {
  set: EndpointSet;
  /** As the server told last; `null` where it tells nothing. */
  limit: number | null;
  remaining: number | null;
  /** Requests that wait for their turn. */
  waiting: number;
}

/** The allowance of one read, with what it has not spent to be given back when the read is over. */
export interface ReadAllowance extends Allowance {
  /** Gives back a permit that was not used. Does nothing after `pay`. */
  giveBack(): void;
}

/** All that limits the requests in one project: our own ceiling, what Atlas tells about each endpoint set, and its calls for silence. */
export interface ProjectLimits {
  /**
   * Waits for the turn of one read. Rejects with the signal's reason when that aborts first. What it resolves to throws `NotNow` when
   * a request may no longer go out.
   * @throws {SourceError} see `RequestBudget.take`.
   */
  admit(set: EndpointSet, signal: AbortSignal, options: Omit<TakeOptions, 'gate'>): Promise<ReadAllowance>;
  /** Of the endpoint sets that were asked so far. */
  states(): EndpointState[];
  /** The project as a whole. */
  facts(): Omit<ProjectBudget, 'login'>;
  /** Ends a silence of which Atlas has not said how long it is to be, and begins to guess anew. One that Atlas has asked for stands. */
  forgive(): void;
}

/** Thrown in place of sending a request, when the project has fallen silent or its budget is spent: the read waits and starts over. */
export class NotNow extends Error {}

/** The limits of one project of which nothing is known and nothing spent. */
export function createProjectLimits(options: LimitOptions & { share: BudgetShare }): ProjectLimits {
  const { requestsPerMinute, clock } = options;
  const budget = createRequestBudget(options);
  const gates = new Map<EndpointSet, RateGate>();
  const silence = createSilence({ clock, isPaused: budget.isPaused });

  function gateOf(set: EndpointSet): RateGate {
    const known = gates.get(set);
    if (known) return known;
    const gate = createRateGate({ spacingMs: Math.floor(MINUTE_MS / requestsPerMinute), clock });
    gates.set(set, gate);
    return gate;
  }

  /** Falls silent where the reply asks for it. */
  function heed(reply: HttpReply): void {
    const silent = silence.after(reply);
    if (silent !== undefined) budget.pause(clock.monotonic() + silent.ms, silent);
  }

  /** The first request goes on the permit that was waited for; answers to a login challenge take theirs as they go. */
  function allowanceOf(permit: Permit, gate: RateGate): ReadAllowance {
    let isFirst = true;
    return {
      pay: () => {
        const spent = isFirst ? permit.spend() : budget.tryTake(gate);
        if (spent === null) throw new NotNow();
        isFirst = false;
        return {
          settle: (reply) => {
            if (reply !== null) heed(reply);
            spent.ended(reply === null ? 'unknown' : reportIn(reply, clock.now()));
          },
        };
      },
      giveBack: permit.giveBack,
    };
  }

  return {
    admit: async (set, signal, wishes) => {
      const gate = gateOf(set);
      return allowanceOf(await budget.take(signal, { ...wishes, gate }), gate);
    },
    facts: () => {
      const refills = [...gates].flatMap(([set, gate]) =>
        holdsJobs(set) ? (gate.refillPerMinute() ?? []) : [],
      );
      return {
        perMinute: requestsPerMinute,
        left: budget.left(),
        refillPerMinute: refills.length === 0 ? null : Math.min(...refills),
        waitsFor: budget.waitsFor(),
      };
    },
    forgive: () => {
      silence.forget();
      budget.endGuessedPause();
    },
    states: () =>
      [...gates].map(([set, gate]) => ({
        set,
        limit: gate.limits()?.limit ?? null,
        remaining: gate.limits()?.remaining ?? null,
        waiting: budget.waiting(gate),
      })),
  };
}

/** A silence that a reply calls for. `isGuess`: the reply does not say how long. */
interface CalledFor {
  ms: number;
  isGuess: boolean;
}

/** Tells which silence a reply calls for; `undefined`: none. Remembers refusals that do not say how long, until it is to forget them. */
function createSilence(options: { clock: Clock; isPaused: () => boolean }): {
  after: (reply: HttpReply) => CalledFor | undefined;
  forget: () => void;
} {
  const { clock, isPaused } = options;
  let refusalsInARow = 0;
  return {
    forget: () => {
      refusalsInARow = 0;
    },
    after: (reply) => {
      const { status } = reply;
      if (!isPassing(status)) {
        if (!isPaused()) refusalsInARow = 0;
        return undefined;
      }
      const asked = retryAfterMs(reply, clock.now());
      if (asked !== undefined) return { ms: asked, isGuess: false };
      if (status !== 429 || isPaused()) return undefined;
      refusalsInARow += 1;
      const ms = UNTOLD_SILENCE_MS * 2 ** (refusalsInARow - 1);
      return { ms: Math.min(LONGEST_UNTOLD_SILENCE_MS, ms), isGuess: true };
    },
  };
}

/** A login challenge is answered in front of the buckets. */
function reportIn({ status, headers }: HttpReply, now: number): BucketReport {
  return readRateLimits(headers, now) ?? (status === 401 ? 'uncounted' : 'none');
}
