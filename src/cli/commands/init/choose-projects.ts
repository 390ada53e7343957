import { listed, suggestion } from '../../../closest.ts';
import type { SurveyedProject } from '../../../diagnosis/survey.ts';
import { matchesGlob } from '../../../domain/telling/glob.ts';
import { UsageError } from '../../errors.ts';
import type { Prompter } from './prompter.ts';

/** The projects that are to be watched. */
export interface ChosenProjects {
  projects: readonly SurveyedProject[];
  /** Nobody has named any: those that come are meant as well. */
  isEverything: boolean;
}

/**
 * The projects that are named by id or by name (`*` for any characters); where none is, those that the person names, or all.
 * @throws {UsageError} for one that the credential does not see.
 */
export async function chooseProjects(
  projects: readonly SurveyedProject[],
  named: readonly string[],
  prompter: Prompter | null,
): Promise<ChosenProjects> {
  const wanted = named.length > 0 || prompter === null ? named : await askFor(projects, prompter);
  if (wanted.length === 0) return { projects, isEverything: true };
  const chosen = new Set(wanted.flatMap((one) => find(projects, one)));
  return { projects: projects.filter((project) => chosen.has(project)), isEverything: false };
}

async function askFor(projects: readonly SurveyedProject[], prompter: Prompter): Promise<string[]> {
  if (projects.length < 2) return [];
  const answer = await prompter.ask('Which projects? Names or ids, separated by commas (Enter: all): ');
  return answer
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function find(projects: readonly SurveyedProject[], wanted: string): SurveyedProject[] {
  const found = projects.filter(
    ({ groupId, name }) => groupId === wanted.toLowerCase() || matchesGlob(wanted, name),
  );
  if (found.length > 0) return found;
  const names = projects.map(({ name }) => name);
  throw new UsageError(
    `the credential sees no project ${JSON.stringify(wanted)}${suggestion(wanted, names)}`,
    `It sees ${listed(projects.map(({ name, groupId }) => `${name}: ${groupId}`))}.`,
  );
}
