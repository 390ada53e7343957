import type { Clock } from '../../clock.ts';
import type { Answer, Login, Wire } from '../login/login.ts';
import type { ReadOptions } from '../source.ts';
import { type EndpointSet, endpointSetOf } from '../wire/endpoints.ts';
import type { HttpReply } from '../wire/http-exchange.ts';
import { createProjectLimits, type ProjectLimits } from './project-limits.ts';
import { readRateLimits } from './rate-limits.ts';
import type { Permit, Sent } from './request-budget.ts';

/** Sends one request with the login's headers added, over as many HTTP requests as the login takes; each pays to the budget of `project`. */
export interface PaidSend {
  send(
    url: string,
    headers: Record<string, string>,
    options: Pick<ReadOptions, 'isUrgent' | 'signal' | 'onWait'> & { project: string },
  ): Promise<Answer>;
  budgets(): BudgetState[];
}

/** How one endpoint set in one project is doing. */
export interface BudgetState {
  /** Empty for requests that belong to no project. */
  project: string;
  set: EndpointSet;
  /** As the server told last; `null` where it tells nothing. */
  limit: number | null;
  remaining: number | null;
  /** Requests that wait for their turn. */
  waiting: number;
}

/** Thrown by a wire instead of sending, when the project has fallen silent or its budget is spent: the call waits and starts over. */
class NotNow extends Error {}

export function createPaidSend(options: {
  login: Login;
  /** One HTTP request, to the last byte of its answer. */
  exchange: (url: string, headers: Record<string, string>, signal: AbortSignal) => Promise<HttpReply>;
  requestsPerMinute: number;
  /** A longer silence is not waited for. */
  longestPauseMs: number;
  clock: Clock;
}): PaidSend {
  const { login, exchange } = options;
  const projects = new Map<string, ProjectLimits>();

  function limitsOf(project: string): ProjectLimits {
    const known = projects.get(project);
    if (known) return known;
    const limits = createProjectLimits(options);
    projects.set(project, limits);
    return limits;
  }

  /** The first request goes on the permit that was taken for it; answers to a challenge take theirs as they go. */
  function payingWire(limits: ProjectLimits, set: EndpointSet, first: Permit, send: Wire): Wire {
    let isFirst = true;
    return async (headers) => {
      const sent = isFirst ? first.spend() : limits.budget.tryTake(limits.gate(set));
      if (sent === null) throw new NotNow();
      isFirst = false;
      return await replyTo(sent, limits, () => send(headers));
    };
  }

  return {
    send: async (url, headers, { project, isUrgent, signal, onWait }) => {
      const limits = limitsOf(project);
      const set = endpointSetOf(new URL(url).pathname);
      const send: Wire = (added) => exchange(url, { ...headers, ...added }, signal);
      for (;;) {
        const onTurn = onWait?.();
        const permit = await limits.budget
          .take(signal, { gate: limits.gate(set), spare: login.mayCostTwo() ? 1 : 0, isUrgent })
          .finally(onTurn);
        try {
          return await login.send(url, payingWire(limits, set, permit, send), signal);
        } catch (error) {
          if (!(error instanceof NotNow)) throw error;
        } finally {
          permit.giveBack();
        }
      }
    },
    budgets: () =>
      [...projects].flatMap(([project, limits]) => limits.states().map((state) => ({ project, ...state }))),
  };
}

async function replyTo(
  sent: Sent,
  limits: ProjectLimits,
  send: () => Promise<HttpReply>,
): Promise<HttpReply> {
  try {
    const reply = await send();
    // Before anybody learns of the reply: those who wait, for their turn or for this login, must not slip out.
    limits.heed(reply);
    sent.ended(readRateLimits(reply.headers) ?? (reply.status === 401 ? 'uncounted' : 'none'));
    return reply;
  } catch (error) {
    sent.ended('unknown');
    throw error;
  }
}
