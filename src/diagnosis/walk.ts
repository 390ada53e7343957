import pLimit from 'p-limit';
import { closestTo, listed } from '../closest.ts';
import { isLeftOut } from '../domain/job/cession.ts';
import { JOB_HOME } from '../domain/job/job-home.ts';
import { shortId } from '../domain/job/restore-job.ts';
import { SERVERLESS_END } from '../domain/job/serverless-end.ts';
import { isWildcard, type Target, targetOf, type Watch } from '../domain/job/watch.ts';
import { SourceError } from '../errors.ts';
import type { JobAnswer, JobSource, ListedInstance, ReadOptions } from '../source/source.ts';
import type { Notes, StepName } from './diagnosis.ts';
import { FoundFault, type Question } from './place-fault.ts';

const JOBS_AT_ONCE = 4;

/** Of what a `*` stands for, the jobs of so many instances are read: enough to tell whether they can be. */
const INSTANCES_LOOKED_INTO = 3;

/** Projects whose instances are listed at once. All of them are: what their polls ask for is to be known of each. */
const PROJECTS_AT_ONCE = 4;

/** The way to the jobs of one watch. Each step throws the first fault that it meets; `question` and `target` tell what it was about. */
export interface Walk {
  /** What was found at the steps taken so far. */
  readonly notes: Notes;
  /** How many requests a poll takes, by project, as far as the targets were found. */
  readonly asks: ReadonlyMap<string, number>;
  /** What was asked for last. */
  question(): Question;
  /** The target that was asked about last. */
  target(): Target;
  /**
   * Finds the targets of the watch; of a `*` the first few.
   * @throws {SourceError | FoundFault}
   */
  findTargets(): Promise<Target[]>;
  /**
   * Reads the first page of each list, or every job that is named.
   * @throws {SourceError | FoundFault}
   */
  readJobs(targets: readonly Target[]): Promise<void>;
}

/** The way of a watch, of which no step is taken yet. */
export function createWalk(watch: Watch, source: JobSource, options: ReadOptions): Walk {
  const notes = new Map<StepName, { detail: string | null; warning: string | null }>();
  const asks = new Map<string, number>();
  let question: Question = 'jobs';
  let target = targetOf(watch);

  const note = (step: StepName, detail: string, warning: string | null = null): void => {
    notes.set(step, { detail, warning });
  };

  /** A list's first page, or each job that is named. */
  const noteAsks = (groupId: string, instances: number): void => {
    asks.set(groupId, instances * Math.max(1, watch.restoreJobIds.length));
  };

  async function findProjects(): Promise<string[]> {
    if (watch.groupId !== '*') {
      note('project', watch.groupId);
      return [watch.groupId];
    }
    question = 'projects';
    const ids = (await source.listProjects(watch, options)).map(({ groupId }) => groupId);
    if (ids.length === 0) throw seesNoProject();
    note('project', counted(ids.length, ids.length, 'project'));
    return ids;
  }

  async function discoverTargets(): Promise<Target[]> {
    const projects = await findProjects();
    const found: Target[] = [];
    const names: string[] = [];
    question = 'instances';
    target = { ...targetOf(watch), groupId: projects[0] ?? '' };
    const { lists, unlisted } = await listAll(projects, { watch, source, options });
    for (const { groupId, instances } of lists) {
      names.push(...instances.map(({ name }) => name));
      const meant = instances.filter(({ name }) => watch.instanceName === '*' || watch.instanceName === name);
      noteAsks(groupId, meant.length);
      found.push(...meant.map(({ instanceName }) => ({ ...targetOf(watch), groupId, instanceName })));
    }
    // It may be where nobody could look.
    if (found.length === 0 && watch.instanceName !== '*') throw unlisted[0]?.fault ?? nowhere(watch, names);
    const words = counted(found.length, INSTANCES_LOOKED_INTO, 'instance');
    const nothing = found.length === 0 ? nothingToFollow(watch) : null;
    note('instance', words, unlisted.length === 0 ? nothing : unlistedWords(unlisted));
    return found.slice(0, INSTANCES_LOOKED_INTO);
  }

  async function listJobs(targets: readonly Target[]): Promise<void> {
    question = 'jobs';
    let jobs = 0;
    const problems: string[] = [];
    for (const here of targets) {
      target = here;
      for await (const page of source.listJobs(here, options)) {
        jobs += page.count;
        for (const reading of page.readings()) {
          if (reading.kind === 'unreadable') problems.push(reading.problem);
        }
        break;
      }
    }
    const unreadable = `${problems.length} of them cannot be understood: ${problems[0]}`;
    note('job', `${jobs} on the first page`, problems.length === 0 ? null : unreadable);
  }

  /** With a `*` a job may be on an instance that is not looked into. */
  async function askForJobs(targets: readonly Target[]): Promise<void> {
    question = 'job';
    const missing = new Set(watch.restoreJobIds);
    const limit = pLimit(JOBS_AT_ONCE);
    for (const here of targets) {
      target = here;
      const ask = async (id: string) => ({ id, answer: await source.readJob(here, id, options) });
      const answers = await Promise.all([...missing].map((id) => limit(ask, id)));
      for (const { id, answer } of answers) if (isThere(id, answer)) missing.delete(id);
    }
    if (missing.size > 0 && !isWildcard(watch)) throw notThere([...missing], watch);
    const words = `${watch.restoreJobIds.length - missing.size} of ${watch.restoreJobIds.length} found`;
    note('job', words, missing.size === 0 ? null : `${words} on the instances that were looked into`);
  }

  return {
    ...{ notes, asks },
    question: () => question,
    target: () => target,
    findTargets: async () => {
      if (isWildcard(watch)) return await discoverTargets();
      note('project', watch.groupId);
      note('instance', watch.instanceName);
      noteAsks(watch.groupId, 1);
      return [target];
    },
    readJobs: watch.restoreJobIds.length > 0 ? askForJobs : listJobs,
  };
}

function isThere(id: string, answer: JobAnswer): boolean {
  if (answer.kind !== 'unreadable') return answer.kind === 'job';
  throw new FoundFault('job', {
    reason: 'bad_response',
    message: `job ${shortId(id)} cannot be understood: ${answer.problem}`,
    hint: 'Is there a newer version of this program?',
  });
}

/** A credential that may log in, and nothing else. */
export function seesNoProject(): FoundFault {
  return new FoundFault('project', {
    reason: 'not_found',
    message: 'the credential sees no project',
    hint: 'Invite the API key or the service account to the projects that are to be watched.',
  });
}

function nowhere({ kind, instanceName }: Watch, names: readonly string[]): FoundFault {
  const closest = closestTo(instanceName, names);
  return new FoundFault('instance', {
    reason: 'not_found',
    message: `no project that the credential sees has an instance ${instanceName} of the kind ${kind}`,
    hint: closest === null ? 'Check instanceName and kind.' : `Did you mean ${JSON.stringify(closest)}?`,
    suggestion: closest === null ? null : { instanceName: closest },
  });
}

function notThere(ids: readonly string[], { instanceName }: Watch): FoundFault {
  const jobs = ids.length === 1 ? 'no restore job' : 'none of the restore jobs';
  return new FoundFault('job', {
    reason: 'not_found',
    message: `Atlas knows ${jobs} ${listed(ids)} on ${instanceName}`,
    hint: `Check restoreJobIds. ${JOB_HOME}`,
  });
}

/** A watch that follows nothing looks like peace, and is most likely a mistake. */
function nothingToFollow({ kind }: Watch): string {
  return kind === 'serverless'
    ? `there is no instance to follow. ${SERVERLESS_END}`
    : `there is no instance to follow: is there one of the kind ${kind} in the project?`;
}

interface InstanceLists {
  lists: Array<{ groupId: string; instances: ListedInstance[] }>;
  /** Those that could not be had; what is there nobody knows. */
  unlisted: Array<{ groupId: string; fault: SourceError }>;
}

/**
 * Lists what the watch follows in each of these projects. The first one goes alone: what concerns all is met there.
 * @throws {SourceError} where the first one cannot be listed.
 */
async function listAll(
  projects: readonly string[],
  { watch, source, options }: { watch: Watch; source: JobSource; options: ReadOptions },
): Promise<InstanceLists> {
  const found: InstanceLists = { lists: [], unlisted: [] };
  const list = async (groupId: string): Promise<void> => {
    const listed = await source.listInstances({ ...targetOf(watch), groupId }, options);
    const isFollowed = ({ isDeleted, instanceName, name }: ListedInstance): boolean =>
      !isDeleted && !isLeftOut(watch, { groupId, instanceName, name });
    found.lists.push({ groupId, instances: listed.filter(isFollowed) });
  };
  const [first, ...others] = projects;
  if (first !== undefined) await list(first);
  const limit = pLimit(PROJECTS_AT_ONCE);
  await Promise.all(
    others.map((groupId) =>
      limit(() =>
        list(groupId).catch((fault: unknown) => {
          if (options.signal.aborted || !(fault instanceof SourceError)) throw fault;
          found.unlisted.push({ groupId, fault });
        }),
      ),
    ),
  );
  const inOrder = (a: { groupId: string }, b: { groupId: string }): number =>
    projects.indexOf(a.groupId) - projects.indexOf(b.groupId);
  return { lists: found.lists.sort(inOrder), unlisted: found.unlisted.sort(inOrder) };
}

/** What could not be read is not empty: how much is followed there, and what it asks for, nobody knows. */
function unlistedWords(unlisted: ReadonlyArray<{ groupId: string; fault: SourceError }>): string {
  const first = unlisted.map(({ groupId, fault }) => `${groupId} (${fault.message})`).at(0);
  const more = unlisted.length > 1 ? `, and of ${unlisted.length - 1} more projects` : '';
  return `the instances of project ${first} cannot be listed${more}: what is followed there is not counted`;
}

function counted(all: number, lookedInto: number, what: string): string {
  const words = `${all} ${all === 1 ? what : `${what}s`}`;
  return all > lookedInto ? `${words}, ${lookedInto} of them looked into` : words;
}
