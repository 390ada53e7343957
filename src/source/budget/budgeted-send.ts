import type { Login } from '../login/login.ts';
import type { ReadOptions } from '../source.ts';
import type { Answer, HttpRequest } from '../wire/answer.ts';
import { endpointSetOf } from '../wire/endpoints.ts';
import {
  createProjectLimits,
  type EndpointState,
  type LimitOptions,
  NotNow,
  type ProjectLimits,
} from './project-limits.ts';

/** How one endpoint set in one project is doing. */
export interface BudgetState extends EndpointState {
  /** Empty for requests that belong to no project. */
  project: string;
}

/** Whose turn a read waits for. */
export interface TurnOptions extends Pick<ReadOptions, 'isUrgent' | 'onWait'> {
  /** Whose budget pays for the read. */
  project: string;
}

/**
 * Sends one read with the login's headers added, over as many HTTP requests as the login takes, each of which pays.
 * Rejects with the signal's reason when that aborts.
 * @throws {SourceError} when there is no answer, or no turn that is worth waiting for.
 */
export type BudgetedSend = (request: HttpRequest, options: TurnOptions) => Promise<Answer>;

/**
 * Around a login: every read waits for its turn in the budget of its project first. Where a request may not go out after all, since
 * others were faster or Atlas has asked for silence meanwhile, the read waits again and starts over.
 */
export function createBudgetedSend(
  login: Login,
  options: LimitOptions,
): { send: BudgetedSend; budgets(): BudgetState[] } {
  const projects = new Map<string, ProjectLimits>();

  function limitsOf(project: string): ProjectLimits {
    const known = projects.get(project);
    if (known) return known;
    const limits = createProjectLimits(options);
    projects.set(project, limits);
    return limits;
  }

  return {
    send: async (request, { project, isUrgent, onWait }) => {
      const limits = limitsOf(project);
      const set = endpointSetOf(new URL(request.url).pathname);
      for (;;) {
        const onTurn = onWait?.();
        const spare = login.mayCostTwo() ? 1 : 0;
        const allowance = await limits.admit(set, request.signal, { spare, isUrgent }).finally(onTurn);
        try {
          return await login.send({ ...request, allowance });
        } catch (error) {
          if (!(error instanceof NotNow)) throw error;
        } finally {
          allowance.giveBack();
        }
      }
    },
    budgets: () =>
      [...projects].flatMap(([project, limits]) => limits.states().map((state) => ({ project, ...state }))),
  };
}
