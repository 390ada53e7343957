import type { Neighbour } from '../../../diagnosis/inventory.ts';
import type { SurveyedProject } from '../../../diagnosis/survey.ts';
import type { JobKind } from '../../../domain/job/restore-job.ts';
import { fits } from '../../../domain/telling/glob.ts';

/** A watch as `init` writes it. */
export interface PlannedWatch {
  name: string;
  kind: JobKind;
  groupId: string;
  instanceName: string;
  labels: Readonly<Record<string, string>>;
  /** What of Atlas it follows, for a comment. */
  about: string;
}

/** From so many projects on, one watch for each kind follows all of them: a file of a hundred watches is read by nobody. */
const MOST_PROJECTS = 10;

/** What the instances of a kind are called, and what is told apart by it in the name of a watch. */
const PLURALS: Readonly<Record<JobKind, string>> = {
  cluster: 'clusters',
  flex: 'flex',
  serverless: 'serverless',
  collection: 'collections',
  legacy: 'clusters',
};

/** What is to be watched of what was found. */
export interface Choice {
  /** Those with nothing to watch count for nothing. */
  projects: readonly SurveyedProject[];
  /** Just these instances, by `*` globs; empty: all of them, and those that come. */
  instances: readonly string[];
  /** Every project that the credential sees was chosen. */
  isEverything: boolean;
}

/** The watches that follow what was chosen, each under a name of its own; none where there is nothing to follow. */
export function planWatches({ projects, instances, isEverything }: Choice): PlannedWatch[] {
  const chosen = projects
    .map((project) => ({ ...project, instances: project.instances.filter(isWanted(instances)) }))
    .filter((project) => project.instances.length > 0);
  if (instances.length > 0) return withOwnNames(chosen.flatMap(watchEach));
  if (isEverything && chosen.length > MOST_PROJECTS) return watchAll(chosen);
  return withOwnNames(chosen.flatMap(watchWhole));
}

function isWanted(globs: readonly string[]): (instance: Neighbour) => boolean {
  return ({ name }) => globs.length === 0 || fits(globs, name);
}

type Draft = PlannedWatch & { /** Where another has the name already. */ longName: string };

/** One watch for each instance. */
function watchEach({ groupId, name: project, instances }: SurveyedProject): Draft[] {
  return instances.map(({ name, instanceName, kind }) => ({
    name: watchName(name),
    longName: watchName(`${project}-${name}`),
    kind,
    groupId,
    instanceName,
    labels: {},
    about: `${name} of project ${project}`,
  }));
}

/** One watch for each kind that the project has instances of. */
function watchWhole({ groupId, name: project, instances }: SurveyedProject): Draft[] {
  const byKind = [...Map.groupBy(instances, ({ kind }) => kind)];
  return byKind.map(([kind, own]) => {
    const name = watchName(byKind.length === 1 ? project : `${project}-${PLURALS[kind]}`);
    return {
      name,
      longName: watchName(`${name}-${groupId.slice(-4)}`),
      kind,
      groupId,
      instanceName: '*',
      labels: {},
      about: `Project ${project}: ${countOf(own)}`,
    };
  });
}

/** One watch for each kind, for all projects. */
function watchAll(projects: readonly SurveyedProject[]): PlannedWatch[] {
  const byKind = Map.groupBy(
    projects.flatMap(({ instances }) => instances),
    ({ kind }) => kind,
  );
  return [...byKind].map(([kind, own]) => ({
    name: PLURALS[kind],
    kind,
    groupId: '*',
    instanceName: '*',
    labels: { project: '{project.name}' },
    about: `All projects that the credential sees, ${projects.length} with something to watch: ${own.length} ${PLURALS[kind]}`,
  }));
}

const NAMED = 5;

/** `2 clusters (orders, carts)`. */
function countOf(instances: readonly Neighbour[]): string {
  const names = instances.map(({ name }) => name);
  const rest = names.length > NAMED ? `, and ${names.length - NAMED} more` : '';
  const [first] = instances;
  const kind = first === undefined ? '' : ` of the kind ${first.kind}`;
  return `${names.length} ${names.length === 1 ? 'instance' : 'instances'}${kind} (${names.slice(0, NAMED).join(', ')}${rest})`;
}

/** Names of watches are patterns' prey: they hold no `*`, and no line breaks. */
function watchName(text: string): string {
  return (
    text
      .replace(/[*\p{Cc}]+/gu, ' ')
      .trim()
      .slice(0, 90)
      .trim() || 'watch'
  );
}

function withOwnNames(drafts: readonly Draft[]): PlannedWatch[] {
  const counts = Map.groupBy(drafts, ({ name }) => name);
  const taken = new Set<string>();
  return drafts.map(({ longName, ...watch }) => {
    const wanted = (counts.get(watch.name)?.length ?? 0) > 1 ? longName : watch.name;
    let name = wanted;
    for (let number = 2; taken.has(name); number += 1) name = `${wanted}-${number}`;
    taken.add(name);
    return { ...watch, name };
  });
}
