import type { ShareBudget } from './budget-share.ts';
import {
  createProjectLimits,
  type EndpointState,
  type LimitOptions,
  type ProjectLimits,
} from './project-limits.ts';

/** How one endpoint set in one project is doing. */
export interface BudgetState extends EndpointState {
  /** Empty for requests that belong to no project. */
  project: string;
}

/** The budgets of all projects that are read over one connection. */
export interface Budgets {
  /** The limits of a project, or those of one budget of it that is kept apart; the same object each time. */
  of(project: string, apart?: string): ProjectLimits;
  states(): BudgetState[];
  /** See `ProjectLimits.forgive`; for all projects. */
  forgive(): void;
}

/** Budgets of which nothing is spent. Each project gets its own when it is first asked for. */
export function createBudgets(
  options: LimitOptions & { connection: string; shareBudget: ShareBudget },
): Budgets {
  const { connection, shareBudget, requestsPerMinute } = options;
  const projects = new Map<string, { project: string; limits: ProjectLimits }>();
  return {
    of: (project, apart = '') => {
      const key = apart === '' ? project : `${project} ${apart}`;
      const known = projects.get(key);
      if (known) return known.limits;
      const share = shareBudget(`${connection}/${key}`, requestsPerMinute);
      const limits = createProjectLimits({ ...options, share });
      projects.set(key, { project, limits });
      return limits;
    },
    forgive: () => {
      for (const { limits } of projects.values()) limits.forgive();
    },
    states: () =>
      [...projects.values()].flatMap(({ project, limits }) =>
        limits.states().map((state) => ({ project, ...state })),
      ),
  };
}
