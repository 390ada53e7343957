import pLimit from 'p-limit';
import type { JobKind } from '../domain/job/restore-job.ts';
import { toError } from '../errors.ts';
import type { JobSource, ListedInstance, ListedProject, Place, ReadOptions } from '../source/source.ts';
import type { StepFault, StepName } from './diagnosis.ts';
import { ATLAS_LISTS, type Neighbour } from './inventory.ts';
import { placeFault, type Question } from './place-fault.ts';
import { seesNoProject } from './walk.ts';

/** A project that a credential sees, with the instances whose restores can be watched. */
export interface SurveyedProject {
  groupId: string;
  name: string;
  instances: readonly Neighbour[];
  /** Why its instances cannot be listed; `null` when at least one of their lists could be read. */
  fault: StepFault | null;
  /** The lists that could not be read, and why: whether there are instances of these kinds nobody knows. An API that has ended has none. */
  unread: ReadonlyArray<{ kind: JobKind; fault: StepFault }>;
}

/** What a credential sees; or where the way to it ends, as a diagnosis has it. */
export type Survey =
  | { kind: 'seen'; projects: readonly SurveyedProject[] }
  | { kind: 'fault'; step: StepName; fault: StepFault };

/** Where a survey looks: one connection, by one of its APIs. */
export type SurveyPlace = Pick<Place, 'kind' | 'apiVersion'>;

/** Projects that are looked into at once; each has a request budget of its own. */
const PROJECTS_AT_ONCE = 4;

/**
 * Lists the projects that a credential sees, and what stands in each of them under every kind that Atlas has a list for. Never rejects
 * for a fault of Atlas or of this program.
 * @throws what the signal says, when it aborts.
 */
export async function surveyProjects(
  source: JobSource,
  place: SurveyPlace,
  signal: AbortSignal,
): Promise<Survey> {
  const options: ReadOptions = { signal, isUrgent: true };
  let projects: ListedProject[];
  try {
    projects = await source.listProjects(place, options);
    if (projects.length === 0) throw seesNoProject();
  } catch (thrown) {
    if (signal.aborted) throw thrown;
    const { step, fault } = placed(thrown, 'projects');
    return { kind: 'fault', step, fault };
  }
  const limit = pLimit(PROJECTS_AT_ONCE);
  return {
    kind: 'seen',
    projects: await Promise.all(
      projects.map((project) => limit(() => surveyProject(project, source, place, options))),
    ),
  };
}

/** One list that Atlas refuses (an API that has ended, a role that is missing) hides nothing of the others. */
async function surveyProject(
  { groupId, name }: ListedProject,
  source: JobSource,
  { kind, apiVersion }: SurveyPlace,
  options: ReadOptions,
): Promise<SurveyedProject> {
  const kinds = apiVersion === 'public' ? [kind] : ATLAS_LISTS;
  const instances: Neighbour[] = [];
  const unread: Array<{ kind: JobKind; fault: StepFault }> = [];
  for (const each of kinds) {
    try {
      const listed = await source.listInstances({ kind: each, apiVersion, groupId }, options);
      instances.push(...listed.filter(isThere).map((instance) => ({ ...named(instance), kind: each })));
    } catch (thrown) {
      if (options.signal.aborted) throw thrown;
      unread.push({ kind: each, fault: placed(thrown, 'instances').fault });
    }
  }
  const fault = unread.length === kinds.length ? (unread[0]?.fault ?? null) : null;
  return {
    groupId,
    name,
    instances,
    fault,
    unread: unread.filter(({ fault: { reason } }) => reason !== 'gone'),
  };
}

function placed(thrown: unknown, question: Question): { step: StepName; fault: StepFault } {
  return placeFault(toError(thrown), question);
}

function isThere({ isDeleted }: ListedInstance): boolean {
  return !isDeleted;
}

function named({ instanceName, name }: ListedInstance): Pick<Neighbour, 'instanceName' | 'name'> {
  return { instanceName, name };
}
