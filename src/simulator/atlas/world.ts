import type { Timestamp } from '../../domain/instant.ts';
import { type InstanceKind, refusalOfKind } from './instances/instance-kind.ts';
import { newJobId } from './jobs/job-makers.ts';
import { OWN_PROJECT, type SimulatedJob } from './jobs/simulated-job.ts';
import type { Refusal } from './refusals.ts';

/** A change of a job: what differs, or a function that makes the new job from the old one. */
export type JobChange = Partial<Omit<SimulatedJob, 'id'>> | ((job: SimulatedJob) => SimulatedJob);

/** Resource tags: values by key. */
export type Tags = Readonly<Record<string, string>>;

/** A cluster or serverless instance, with its restore jobs. */
export interface Instance {
  /** 24 hex characters. */
  id: string;
  name: string;
  kind: InstanceKind;
  tags: Tags;
  createdAt: Timestamp;
  /** 0: a replica set. */
  shards: number;
  /** It was deleted and its backups are kept, with the restore jobs that ran there. */
  isDeleted: boolean;
  /** In the order in which they were put; of every kind that the instance can have. */
  jobs: Map<string, SimulatedJob>;
}

/** What can be said of an instance when it is added. */
export interface InstanceOptions {
  tags?: Tags;
  /** Made up unless given. */
  id?: string;
  /** A sharded cluster. */
  shards?: number;
}

/** What a person can set of a project. */
export interface ProjectFacts {
  name: string;
  tags: Tags;
  /** `ops_manager`: of Ops Manager or Cloud Manager, which have an API of their own. */
  product: 'atlas' | 'ops_manager';
}

/** A project, with its instances. */
export interface Project extends ProjectFacts {
  groupId: string;
  createdAt: Timestamp;
  instances: Map<string, Instance>;
  /** What requests for this project are answered with. */
  refusal: Refusal | null;
}

/** The projects, instances and jobs of the simulated Atlas. */
export interface World {
  /** In the order in which they were made. */
  projects(): Project[];
  project(groupId: string): Project | undefined;
  /** The project, made when it is new. */
  ensureProject(groupId: string): Project;
  /** Sets what is given, of a project that is made when it is new. */
  setProject(groupId: string, facts: Partial<ProjectFacts>): void;
  removeProject(groupId: string): void;
  /** Adds an instance, and its project when it is new. An instance that is there stays as it is, unless it was deleted. Gives its id. */
  addInstance(groupId: string, name: string, kind: InstanceKind, options?: InstanceOptions): string;
  /** With all its jobs. */
  removeInstance(groupId: string, name: string): void;
  /** Deletes it and keeps its backups: only who asks for such ones finds it listed, and its jobs are there as before. */
  retireInstance(groupId: string, name: string): void;
  /** Makes another kind of it, as an upgrade or a migration does. Jobs that it cannot have now are found no more. */
  changeKind(groupId: string, name: string, kind: InstanceKind): void;
  /** Adds the job, or puts it in place of the one with its id. @throws when there is no such instance, or none that can have it. */
  putJob(groupId: string, name: string, job: SimulatedJob): void;
  /** Gives the changed job. @throws when there is no such job. */
  updateJob(groupId: string, name: string, id: string, change: JobChange): SimulatedJob;
  /** From now on it is neither listed nor found. @throws when there is no such job. */
  removeJob(groupId: string, name: string, id: string): void;
}

/** Creates a world without projects. */
export function createWorld(now: () => Timestamp): World {
  const projects = new Map<string, Project>();

  const ensureProject = (groupId: string): Project => {
    const known = projects.get(groupId);
    if (known) return known;
    const project: Project = {
      groupId,
      name: `project-${projects.size + 1}`,
      tags: {},
      product: 'atlas',
      createdAt: now(),
      instances: new Map(),
      refusal: null,
    };
    projects.set(groupId, project);
    return project;
  };
  const instanceOf = (groupId: string, name: string): Instance => {
    const instance = projects.get(groupId)?.instances.get(name);
    if (!instance) throw new Error(`the simulator has no instance ${name} in project ${groupId}`);
    return instance;
  };
  const jobOf = (groupId: string, name: string, id: string): SimulatedJob => {
    const job = instanceOf(groupId, name).jobs.get(id);
    if (!job) throw new Error(`the simulator has no job ${id} of ${name}`);
    return job;
  };

  return {
    projects: () => [...projects.values()],
    project: (groupId) => projects.get(groupId),
    ensureProject,
    setProject: (groupId, facts) => {
      Object.assign(ensureProject(groupId), facts);
    },
    removeProject: (groupId) => {
      projects.delete(groupId);
    },
    addInstance: (groupId, name, kind, { tags = {}, id = newJobId(now()), shards = 0 } = {}) => {
      const { instances } = ensureProject(groupId);
      const known = instances.get(name);
      if (known && !known.isDeleted) return known.id;
      const isDeleted = false;
      instances.set(name, { id, name, kind, tags, shards, isDeleted, createdAt: now(), jobs: new Map() });
      return id;
    },
    removeInstance: (groupId, name) => {
      projects.get(groupId)?.instances.delete(name);
    },
    retireInstance: (groupId, name) => {
      instanceOf(groupId, name).isDeleted = true;
    },
    changeKind: (groupId, name, kind) => {
      instanceOf(groupId, name).kind = kind;
    },
    putJob: (groupId, name, job) => {
      const instance = instanceOf(groupId, name);
      if (refusalOfKind(job.kind, instance.kind)) {
        throw new Error(`${name} is of the kind ${instance.kind}, and has no jobs of the kind ${job.kind}`);
      }
      instance.jobs.set(job.id, job.targetGroupId === OWN_PROJECT ? { ...job, targetGroupId: groupId } : job);
    },
    updateJob: (groupId, name, id, change) => {
      const job = jobOf(groupId, name, id);
      const changed = typeof change === 'function' ? change(job) : { ...job, ...change };
      instanceOf(groupId, name).jobs.set(id, changed);
      return changed;
    },
    removeJob: (groupId, name, id) => {
      jobOf(groupId, name, id);
      instanceOf(groupId, name).jobs.delete(id);
    },
  };
}
