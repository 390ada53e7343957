import type { AtlasErrorCode } from './atlas-errors.ts';
import type { SimulatedKind } from './kinds/kind.ts';
import type { SimulatedJob } from './simulated-job.ts';

/** A change of a job: what differs, or a function that makes the new job from the old one. */
export type JobChange = Partial<Omit<SimulatedJob, 'id'>> | ((job: SimulatedJob) => SimulatedJob);

export interface Instance {
  kind: SimulatedKind;
  /** In the order in which they were put. */
  jobs: Map<string, SimulatedJob>;
}

export interface Project {
  instances: Map<string, Instance>;
  /** What every request for this project is answered with. */
  refusal: { code: AtlasErrorCode; parameters: ReadonlyArray<string | number> } | null;
}

/** The projects, instances and jobs of the simulated Atlas. */
export interface World {
  project(groupId: string): Project | undefined;
  /** The project, made when it is new. */
  ensureProject(groupId: string): Project;
  /** Adds an instance, and its project when it is new. An instance that is there stays as it is. */
  addInstance(groupId: string, name: string, kind: SimulatedKind): void;
  removeInstance(groupId: string, name: string): void;
  /** Adds the job, or puts it in place of the one with its id. @throws when there is no such instance. */
  putJob(groupId: string, name: string, job: SimulatedJob): void;
  /** Gives the changed job. @throws when there is no such job. */
  updateJob(groupId: string, name: string, id: string, change: JobChange): SimulatedJob;
  /** From now on it is neither listed nor found. @throws when there is no such job. */
  removeJob(groupId: string, name: string, id: string): void;
}

export function createWorld(): World {
  const projects = new Map<string, Project>();

  const ensureProject = (groupId: string): Project => {
    const known = projects.get(groupId);
    if (known) return known;
    const project: Project = { instances: new Map(), refusal: null };
    projects.set(groupId, project);
    return project;
  };
  const jobsOf = (groupId: string, name: string): Map<string, SimulatedJob> => {
    const instance = projects.get(groupId)?.instances.get(name);
    if (!instance) throw new Error(`the simulator has no instance ${name} in project ${groupId}`);
    return instance.jobs;
  };
  const jobOf = (groupId: string, name: string, id: string): SimulatedJob => {
    const job = jobsOf(groupId, name).get(id);
    if (!job) throw new Error(`the simulator has no job ${id} of ${name}`);
    return job;
  };

  return {
    project: (groupId) => projects.get(groupId),
    ensureProject,
    addInstance: (groupId, name, kind) => {
      const { instances } = ensureProject(groupId);
      if (!instances.has(name)) instances.set(name, { kind, jobs: new Map() });
    },
    removeInstance: (groupId, name) => {
      projects.get(groupId)?.instances.delete(name);
    },
    putJob: (groupId, name, job) => {
      jobsOf(groupId, name).set(job.id, job);
    },
    updateJob: (groupId, name, id, change) => {
      const job = jobOf(groupId, name, id);
      const changed = typeof change === 'function' ? change(job) : { ...job, ...change };
      jobsOf(groupId, name).set(id, changed);
      return changed;
    },
    removeJob: (groupId, name, id) => {
      jobOf(groupId, name, id);
      jobsOf(groupId, name).delete(id);
    },
  };
}
