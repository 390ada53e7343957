import type { Clock } from '../clock.ts';
import { isPassing } from './atlas-errors.ts';
import type { HttpReply } from './http-exchange.ts';
import type { Answer, Login, Wire } from './login.ts';
import { createRequestBudget, type Leave, type RequestBudget } from './request-budget.ts';
import { retryAfterMs } from './retry-after.ts';

/** Sends one request with the login's headers added, over as many HTTP requests as the login takes; each pays to the budget of `budgetKey`. */
export type PaidSend = (
  url: string,
  headers: Record<string, string>,
  options: { budgetKey: string; isUrgent: boolean; signal: AbortSignal },
) => Promise<Answer>;

/** Thrown by a wire instead of sending, when the project has fallen silent or its budget is spent: the call waits and starts over. */
class NotNow extends Error {}

export function createPaidSend(options: {
  login: Login;
  /** One HTTP request, to the last byte of its answer. */
  exchange: (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<HttpReply>;
  requestsPerMinute: number;
  /** A longer `Retry-After` is not waited for. */
  longestPauseMs: number;
  clock: Clock;
}): PaidSend {
  const { login, exchange, clock } = options;
  const budgets = new Map<string, RequestBudget>();

  function budgetOf(key: string): RequestBudget {
    const known = budgets.get(key);
    if (known) return known;
    const budget = createRequestBudget(options);
    budgets.set(key, budget);
    return budget;
  }

  /** The first request goes on the leave that was taken for it; answers to a challenge take theirs as they go. */
  function payingWire(budget: RequestBudget, first: Leave, send: Wire): Wire {
    let isFirst = true;
    return async (headers) => {
      const mayGo = isFirst ? !budget.isPaused() : budget.tryTake();
      if (!mayGo) throw new NotNow();
      if (isFirst) first.spend();
      isFirst = false;
      const reply = await send(headers);
      // Before anybody learns of the reply: those who wait for this login must not slip out.
      const silenceMs = isPassing(reply.status) ? retryAfterMs(reply.headers, clock.now()) : undefined;
      if (silenceMs !== undefined) budget.pause(clock.monotonic() + silenceMs);
      return reply;
    };
  }

  return async (url, headers, { budgetKey, isUrgent, signal }) => {
    const budget = budgetOf(budgetKey);
    const send: Wire = (added) => exchange(url, { ...headers, ...added }, signal);
    for (;;) {
      const leave = await budget.take(signal, { spare: login.mayCostTwo() ? 1 : 0, isUrgent });
      try {
        return await login.send(url, payingWire(budget, leave, send), signal);
      } catch (error) {
        if (!(error instanceof NotNow)) throw error;
      } finally {
        leave.giveBack();
      }
    }
  };
}
