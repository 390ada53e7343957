import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { isOpsManager, normaliseBaseUrl } from '../../../config/addresses.ts';
import type { Survey } from '../../../diagnosis/survey.ts';
import { WatcherError } from '../../../errors.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { EXIT } from '../../errors.ts';
import type { CliParts } from '../../parts.ts';
import { count, toJson } from '../../view/text.ts';
import { STEP_WORDS } from '../check/online.ts';
import { chooseProjects } from './choose-projects.ts';
import { configText, type FirstConnection } from './config-text.ts';
import { type Credential, type CredentialOptions, FORMS, findCredential } from './credential.ts';
import { assertFree, schemaBeside, writeConfig, writeVariables } from './files.ts';
import { planWatches } from './plan-watches.ts';
import { createPrompter, type Prompter } from './prompter.ts';
import { outcomeView, printOutcome, printSurvey, unreadWords } from './report.ts';

interface InitOptions extends CommonOptions, CredentialOptions {
  baseUrl: string;
  caFile?: string;
  allowHttp?: true;
  project?: string[];
  instance?: string[];
  /** True: `.env` beside the configuration. */
  writeEnv?: string | true;
  force?: true;
}

/** Adds `init`: from a credential to a configuration that watches what it sees. */
export function addInit(cli: Cli, program: Command): void {
  const many = (value: string, before: string[] = []): string[] => [...before, value];
  const command = program
    .command('init')
    .description('log in to Atlas, list projects and clusters, and write a configuration that watches them')
    .option('--public-key <key>', 'log in with this API key; its private key comes from ATLAS_PRIVATE_KEY')
    .option('--private-key-file <file>', 'or from this file')
    .option('--client-id <id>', 'log in with this service account; its secret comes from ATLAS_CLIENT_SECRET')
    .option('--client-secret-file <file>', 'or from this file')
    .option('--base-url <url>', 'Atlas, Ops Manager or Cloud Manager', 'https://cloud.mongodb.com')
    .option('--ca-file <file>', 'PEM file of a private certificate authority')
    .option('--allow-http', 'accept plain http for an address that is not loopback')
    .option('--project <id or name>', 'just this project; may be given several times', many)
    .option(
      '--instance <name>',
      'just this instance ("*" for any characters); may be given several times',
      many,
    )
    // Not --env-file: Node takes that one for itself, wherever it stands.
    .option(
      '--write-env [file]',
      'also write the variables that the configuration refers to, readable by you alone (default: .env beside it)',
    )
    .option('--force', 'replace a configuration that is there')
    .addOption(jsonOption())
    .addHelpText('after', EPILOGUE);
  onAction<InitOptions>(cli, command, (options) => init(cli, options));
}

const EPILOGUE = `
Asks at a terminal for what is not given. Secrets come from the environment, from files or from the terminal, never from the command line,
which others can see; the configuration refers to them as \${NAME} or \${file:PATH}. Looked for are ATLAS_PUBLIC_KEY and ATLAS_PRIVATE_KEY,
ATLAS_CLIENT_ID and ATLAS_CLIENT_SECRET, and what the Atlas CLI and Terraform read (MONGODB_ATLAS_…). With SLACK_WEBHOOK_URL, all is told there.

Exits with 0 when it is written and every watch gets to its jobs, with 1 when Atlas or a list of it cannot be read or a watch does not get there, with 2
when something is missing or the file is there already.

Examples:
  restore-watcher init
  ATLAS_PUBLIC_KEY=… ATLAS_PRIVATE_KEY=… restore-watcher init --project shop
  restore-watcher init --client-id mdb_sa_id_… --client-secret-file /run/secrets/atlas --json`;

async function init(cli: Cli, options: InitOptions): Promise<number> {
  const { stdin, stderr } = cli.parts;
  assertFree(options.config, { force: options.force === true });
  const prompter = options.json ? null : createPrompter(stdin, stderr);
  try {
    return await fromCredentialToFile(cli, options, prompter);
  } finally {
    prompter?.close();
  }
}

async function fromCredentialToFile(
  cli: Cli,
  options: InitOptions,
  prompter: Prompter | null,
): Promise<number> {
  const { env } = cli.parts;
  const { config: file, json, project: named = [], instance: instances = [] } = options;
  const credential = await findCredential(options, env, prompter);
  const connection: FirstConnection = {
    ...options,
    baseUrl: plainAddress(options.baseUrl),
    caFile: options.caFile ?? null,
    credential,
  };
  // Between two questions the terminal is ours as well: who presses Ctrl-C then wants no more, and nothing is to be written.
  const during = <Result>(work: Promise<Result>): Promise<Result> => prompter?.during(work) ?? work;
  const projects = await during(lookAround(cli, file, connection));
  if (!json) printSurvey(cli, projects);

  const chosen = await chooseProjects(projects, named, prompter);
  const watches = planWatches({ ...chosen, instances });
  const unread = unreadWords(chosen.projects);
  if (watches.length === 0) throw nothingToWatch(projects);
  const slack = await findSlack(env, prompter);
  const variables = variablesOf(credential, slack);
  const schema = schemaBeside(file);
  const text = configText({ ...connection, schema, watches, unread, slackVariable: slack && SLACK_VARIABLE });
  const config = await during(cli.parts.loadDraft({ file, text, env: Object.fromEntries(variables) }));
  const diagnoses = await during(cli.parts.diagnose(config));

  const envFile = await chooseEnvFile(options, env, variables, prompter);
  const force = options.force === true;
  if (envFile !== null) writeVariables(envFile, variables, { force });
  writeConfig(file, text, { force });
  const unset = envFile === null ? unsetIn(env, variables) : [];
  const outcome = { projects, config, diagnoses, envFile, unset, unread };
  if (json) cli.out.line(toJson(outcomeView(cli, outcome)));
  else printOutcome(cli, outcome);
  return diagnoses.every(({ ok }) => ok) && unread.length === 0 ? EXIT.done : EXIT.failed;
}

type Projects = Extract<Survey, { kind: 'seen' }>['projects'];

/** What the credential sees. @throws {WatcherError} in the words of `check --online`, when it gets to no project. */
async function lookAround(
  { parts }: Cli,
  file: string,
  { baseUrl, caFile, allowHttp, credential }: FirstConnection,
): Promise<Projects> {
  const { idKey, secretKey } = FORMS[credential.type];
  const auth = {
    type: credential.type,
    [idKey]: credential.id.placeholder,
    [secretKey]: credential.secret.placeholder,
  };
  const kind = isManaged(baseUrl) ? 'legacy' : 'cluster';
  const draft = {
    connections: [{ name: 'atlas', baseUrl, auth, allowHttp, ...(caFile === null ? {} : { caFile }) }],
    watches: [{ name: 'all', kind, groupId: '*', instanceName: '*' }],
  };
  const env = Object.fromEntries(variablesOf(credential, null));
  const survey = await parts.survey(await parts.loadDraft({ file, text: JSON.stringify(draft), env }));
  if (survey.kind === 'seen') return survey.projects;
  const { reason, message, hint } = survey.fault;
  throw new WatcherError(`source_${reason}`, `${STEP_WORDS[survey.step]}: ${message}`, {
    hint: hint ?? undefined,
  });
}

/** An address of Ops Manager or Cloud Manager, whose path may be what tells it from one of Atlas. */
function isManaged(baseUrl: string): boolean {
  return URL.canParse(baseUrl) && isOpsManager(baseUrl);
}

/** Without the path of an API or a page that somebody has pasted along. What is no address is told of by whoever reads it. */
function plainAddress(baseUrl: string): string {
  return URL.canParse(baseUrl) && !isManaged(baseUrl) ? normaliseBaseUrl(baseUrl) : baseUrl;
}

/** Where no project can be looked into, that is the reason. */
function nothingToWatch(projects: Projects): WatcherError {
  const fault = projects.find((project) => project.fault !== null)?.fault ?? null;
  const message = `there is nothing to watch in ${count(projects.length, 'project')}`;
  return new WatcherError('nothing_to_watch', fault === null ? message : `${message}: ${fault.message}`, {
    hint:
      fault?.hint ??
      'Restores are those of dedicated clusters (M10 and above) and flex clusters; free clusters (M0) have no backups. Compare --project and --instance with the list above.',
  });
}

const SLACK_VARIABLE = 'SLACK_WEBHOOK_URL';

async function findSlack(env: CliParts['env'], prompter: Prompter | null): Promise<string | null> {
  const found = env[SLACK_VARIABLE];
  if (found) return found;
  const answer = await prompter?.askHidden('Address of a Slack incoming webhook (not shown; Enter: later): ');
  return answer || null;
}

/** The variables that the configuration refers to. */
function variablesOf({ id, secret }: Credential, slack: string | null): Map<string, string> {
  const halves = [id, secret].flatMap(
    ({ variable, value }): Array<[string, string]> =>
      variable === null || value === null ? [] : [[variable, value]],
  );
  return new Map([...halves, ...(slack === null ? [] : [[SLACK_VARIABLE, slack] as const])]);
}

function unsetIn(env: CliParts['env'], variables: ReadonlyMap<string, string>): string[] {
  return [...variables].flatMap(([name, value]) => (env[name] === value ? [] : [name]));
}

/** What was typed is gone with this process: the person may want it kept. */
async function chooseEnvFile(
  { config: file, writeEnv }: InitOptions,
  env: CliParts['env'],
  variables: ReadonlyMap<string, string>,
  prompter: Prompter | null,
): Promise<string | null> {
  const beside = join(dirname(file), '.env');
  if (writeEnv !== undefined) return writeEnv === true ? beside : writeEnv;
  const unset = unsetIn(env, variables);
  if (prompter === null || unset.length === 0) return null;
  const answer = await prompter.ask(
    `Keep ${unset.join(' and ')} in ${beside}, readable by you alone? [y/N] `,
  );
  return /^y(es)?$/i.test(answer) ? beside : null;
}
