import type { Clock } from '../../clock.ts';
import { isPassing } from '../reply/atlas-errors.ts';
import { retryAfterMs } from '../reply/retry-after.ts';
import type { EndpointSet } from '../wire/endpoints.ts';
import type { HttpReply } from '../wire/http-exchange.ts';
import type { BudgetState } from './budgeted-send.ts';
import { createRateGate, type RateGate } from './rate-gate.ts';
import { createRequestBudget, type RequestBudget } from './request-budget.ts';

const MINUTE_MS = 60_000;

/** Silence after a 429 that does not say how long: this long, doubling while it repeats. */
const UNTOLD_SILENCE_MS = MINUTE_MS;
const LONGEST_UNTOLD_SILENCE_MS = 10 * MINUTE_MS;

/** All that limits the requests in one project: our own ceiling, what Atlas tells about each endpoint set, and its calls for silence. */
export interface ProjectLimits {
  budget: RequestBudget;
  gate(set: EndpointSet): RateGate;
  /** Falls silent where the reply asks for it. */
  heed(reply: HttpReply): void;
  states(): Array<Omit<BudgetState, 'project'>>;
}

export function createProjectLimits(options: {
  requestsPerMinute: number;
  longestPauseMs: number;
  clock: Clock;
}): ProjectLimits {
  const { requestsPerMinute, clock } = options;
  const budget = createRequestBudget(options);
  const gates = new Map<EndpointSet, RateGate>();
  let refusalsInARow = 0;

  /** Half a minute of silence or less is waited for; the others are told at once. `undefined`: no silence. */
  function silenceAfter({ status, headers }: HttpReply): number | undefined {
    if (!isPassing(status)) {
      if (!budget.isPaused()) refusalsInARow = 0;
      return undefined;
    }
    const asked = retryAfterMs(headers, clock.now());
    if (asked !== undefined || status !== 429 || budget.isPaused()) return asked;
    refusalsInARow += 1;
    return Math.min(LONGEST_UNTOLD_SILENCE_MS, UNTOLD_SILENCE_MS * 2 ** (refusalsInARow - 1));
  }

  return {
    budget,
    gate: (set) => {
      const known = gates.get(set);
      if (known) return known;
      const gate = createRateGate({ spacingMs: Math.floor(MINUTE_MS / requestsPerMinute), clock });
      gates.set(set, gate);
      return gate;
    },
    heed: (reply) => {
      const silenceMs = silenceAfter(reply);
      if (silenceMs !== undefined) budget.pause(clock.monotonic() + silenceMs);
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
