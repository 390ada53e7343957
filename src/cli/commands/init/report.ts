import type { WatcherConfig } from '../../../config/config.ts';
import type { Diagnosis } from '../../../diagnosis/diagnosis.ts';
import type { SurveyedProject } from '../../../diagnosis/survey.ts';
import type { Cli } from '../../command.ts';
import { DEFAULT_CONFIG } from '../../config-file.ts';
import { ownName } from '../../own-name.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { count, printable } from '../../view/text.ts';
import { printDiagnoses } from '../check/online.ts';

/** What `init` has come to. */
export interface Outcome {
  projects: readonly SurveyedProject[];
  /** As it was written. */
  config: WatcherConfig;
  diagnoses: readonly Diagnosis[];
  /** Where the variables were written as well; `null`: nowhere. */
  envFile: string | null;
  /** Variables that the configuration refers to, and that are set neither here nor in `envFile`. */
  unset: readonly string[];
  /** See `unreadWords`. */
  unread: readonly string[];
}

interface Row {
  project: string;
  groupId: string;
  instance: string;
  kind: string;
}

/** What the credential sees, a line for each instance. */
export function printSurvey({ out }: Cli, projects: readonly SurveyedProject[]): void {
  const rows = projects.flatMap(({ name, groupId, instances, fault }): Row[] => {
    const own = { project: name, groupId };
    if (fault !== null) return [{ ...own, instance: `cannot be listed: ${fault.message}`, kind: '-' }];
    if (instances.length === 0) return [{ ...own, instance: '-', kind: 'nothing with backups' }];
    return instances.map(({ name: instance, kind }) => ({ ...own, instance, kind }));
  });
  const columns: Array<Column<Row>> = [
    { title: 'PROJECT', value: ({ project }) => project, shrinks: true },
    { title: 'ID', value: ({ groupId }) => groupId },
    { title: 'INSTANCE', value: ({ instance }) => instance, folds: true },
    { title: 'KIND', value: ({ kind }) => kind },
  ];
  out.line(out.paint('bold', `The credential sees ${count(projects.length, 'project')}`));
  for (const line of formatTable(rows, columns, out.foldWidth - 2)) out.line(`  ${line}`);
  out.line();
}

/** What could not be read of the chosen projects, and what that means for the file: a line each. */
export function unreadWords(projects: readonly SurveyedProject[]): string[] {
  return projects.flatMap(({ name, unread }) =>
    unread.map(
      ({ kind, fault: { message } }) =>
        `${kind} instances of project ${name} could not be listed, so that no watch here follows any by that list: ${message}`,
    ),
  );
}

/** What was written, how far its watches get, and what comes next. */
export function printOutcome(cli: Cli, outcome: Outcome): void {
  const { out } = cli;
  const { config, diagnoses, envFile } = outcome;
  const watches = count(config.watches.length, 'watch', 'watches');
  out.line(`${out.paint('green', `Written: ${printable(config.file)}`)}, with ${watches}`);
  if (envFile !== null) out.line(`Written: ${printable(envFile)}, readable by its owner alone`);
  printDiagnoses(cli, diagnoses);
  if (outcome.unread.length > 0) {
    out.line(`\n${out.paint('yellow', 'Could not be read')}`);
    for (const line of outcome.unread) out.line(`  ${printable(line)}`);
    out.line('  Mend that and run "init --force" again, or add the watches yourself.');
  }
  out.line(`\n${out.paint('bold', 'Next:')}`);
  for (const { run, why } of nextSteps(cli, outcome)) out.line(`  ${run.padEnd(NEXT_WIDTH)}  ${why}`);
}

const NEXT_WIDTH = 46;

/** The same for scripts. */
export function outcomeView(cli: Cli, outcome: Outcome): Record<string, unknown> {
  const { projects, config, diagnoses, envFile, unset, unread } = outcome;
  const { name, baseUrl, auth } = config.connections[0] ?? {};
  return {
    ok: diagnoses.every(({ ok }) => ok) && unread.length === 0,
    file: config.file,
    envFile,
    unset,
    unread,
    connection: { name, baseUrl, auth: auth?.type },
    projects,
    watches: config.watches.map(({ name: watch, kind, groupId, instanceName }) => ({
      name: watch,
      kind,
      groupId,
      instanceName,
    })),
    online: diagnoses,
    next: nextSteps(cli, outcome).map(({ run }) => run),
  };
}

interface NextStep {
  run: string;
  why: string;
}

function nextSteps({ parts }: Cli, { config, envFile, unset }: Outcome): NextStep[] {
  const name = ownName(parts.env);
  const option = config.file === DEFAULT_CONFIG ? '' : ` --config ${config.file}`;
  const command = (words: string): string => `${name} ${words}${option}`;
  return [
    ...(envFile === null
      ? []
      : [{ run: `set -a; . ${shellPath(envFile)}; set +a`, why: 'the variables, for this shell' }]),
    ...unset.map((variable) => ({ run: `export ${variable}=…`, why: 'the configuration refers to it' })),
    { run: command('check --online'), why: 'is all sound, and does every watch get to its jobs?' },
    config.channels.length === 0
      ? { run: `edit ${config.file}`, why: 'channels and routes: nobody is told yet' }
      : { run: command('notify test'), why: 'does a message arrive?' },
    { run: command('run'), why: 'the daemon' },
  ];
}

/** A shell looks for a name without a slash on its PATH. */
function shellPath(file: string): string {
  return file.includes('/') ? file : `./${file}`;
}
