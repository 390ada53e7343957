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
  /** The limits of a project; the same object each time. */
  of(project: string): ProjectLimits;
  states(): BudgetState[];
  /** See `ProjectLimits.forgive`; for all projects. */
  forgive(): void;
}

/** Budgets of which nothing is spent. Each project gets its own when it is first asked for. */
export function createBudgets(options: LimitOptions): Budgets {
  const projects = new Map<string, ProjectLimits>();
  return {
    of: (project) => {
      const known = projects.get(project);
      if (known) return known;
      const limits = createProjectLimits(options);
      projects.set(project, limits);
      return limits;
    },
    forgive: () => {
      for (const limits of projects.values()) limits.forgive();
    },
    states: () =>
      [...projects].flatMap(([project, limits]) => limits.states().map((state) => ({ project, ...state }))),
  };
}
