import type { Clock } from '../../clock.ts';
import { isPassing, retryAfterMs } from '../reply/atlas-errors.ts';
import { readRateLimits } from '../reply/rate-limits.ts';
import type { Allowance, HttpReply } from '../wire/answer.ts';
import type { EndpointSet } from '../wire/endpoints.ts';
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
}

/** Thrown in place of sending a request, when the project has fallen silent or its budget is spent: the read waits and starts over. */
export class NotNow extends Error {}

/** The limits of one project of which nothing is known and nothing spent. */
export function createProjectLimits(options: LimitOptions): ProjectLimits {
  const { requestsPerMinute, clock } = options;
  const budget = createRequestBudget(options);
  const gates = new Map<EndpointSet, RateGate>();
  const silenceAfter = createSilence({ clock, isPaused: budget.isPaused });

  function gateOf(set: EndpointSet): RateGate {
    const known = gates.get(set);
    if (known) return known;
    const gate = createRateGate({ spacingMs: Math.floor(MINUTE_MS / requestsPerMinute), clock });
    gates.set(set, gate);
    return gate;
  }

  /** Falls silent where the reply asks for it. */
  function heed(reply: HttpReply): void {
    const silenceMs = silenceAfter(reply);
    if (silenceMs !== undefined) budget.pause(clock.monotonic() + silenceMs);
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
    states: () =>
      [...gates].map(([set, gate]) => ({
        set,
        limit: gate.limits()?.limit ?? null,
        remaining: gate.limits()?.remaining ?? null,
        waiting: budget.waiting(gate),
      })),
  };
}

/** How long a project has to be silent after a reply, in milliseconds; `undefined`: not at all. Remembers refusals that do not say how long. */
function createSilence(options: {
  clock: Clock;
  isPaused: () => boolean;
}): (reply: HttpReply) => number | undefined {
  const { clock, isPaused } = options;
  let refusalsInARow = 0;
  return (reply) => {
    const { status } = reply;
    if (!isPassing(status)) {
      if (!isPaused()) refusalsInARow = 0;
      return undefined;
    }
    const asked = retryAfterMs(reply, clock.now());
    if (asked !== undefined || status !== 429 || isPaused()) return asked;
    refusalsInARow += 1;
    return Math.min(LONGEST_UNTOLD_SILENCE_MS, UNTOLD_SILENCE_MS * 2 ** (refusalsInARow - 1));
  };
}

/** A login challenge is answered in front of the buckets. */
function reportIn({ status, headers }: HttpReply, now: number): BucketReport {
  return readRateLimits(headers, now) ?? (status === 401 ? 'uncounted' : 'none');
}
