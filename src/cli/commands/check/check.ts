import type { Command } from 'commander';
import { cadenceText } from '../../../config/cadence.ts';
import type { ChannelConfig, WatcherConfig } from '../../../config/config.ts';
import { digestOf, nextDigestOf } from '../../../config/digests.ts';
import type { Diagnosis } from '../../../diagnosis/diagnosis.ts';
import { formatSpan, toIsoOrNull } from '../../../domain/instant.ts';
import { issueText } from '../../../errors.ts';
import type { HeartbeatAnswer } from '../../../health/heartbeat-answer.ts';
import type { StoreFacts } from '../../../store/ports/life.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { EXIT, type Explanation, explain } from '../../errors.ts';
import { heartbeatView, printHeartbeat } from '../../view/heartbeat.ts';
import type { Output } from '../../view/output.ts';
import { type Column, formatTable } from '../../view/table.ts';
import { fold, formatInstant, printable, toJson } from '../../view/text.ts';
import { connectionDemands, demandWords, roomWords } from './ceilings.ts';
import { actorWords, hintWords, worstCases } from './hints.ts';
import { printDiagnoses } from './online.ts';
import { printTestAlert, testAlertView } from './test-alert.ts';

interface CheckOptions extends CommonOptions {
  online?: true;
}

/** Adds `check`: the configuration in words, what is wrong with it, and with `--online` how far each watch gets. */
export function addCheck(cli: Cli, program: Command): void {
  const command = program
    .command('check')
    .description(
      'check the configuration and the store, and show what would be watched and who would be told',
    )
    .option(
      '--online',
      'ask Atlas as well: does every watch get to its jobs, and if not, what is to be done?',
    )
    .addOption(jsonOption())
    .addHelpText(
      'after',
      `
Asks nothing of any channel, and without --online nothing of Atlas. With --online the heartbeat is called once as well, as if all were
well. Exits with 1 when the store cannot be used, a watch cannot be polled or the heartbeat is not received, with 2 when the configuration has faults.`,
    );
  onAction<CheckOptions>(cli, command, (options) => check(cli, options));
}

async function check(cli: Cli, options: CheckOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const store = await lookAtStore(cli, config);
  const online = options.online ? await goOnline(cli, config) : null;
  const ok = !('fault' in store) && (online === null || isWell(online));
  if (options.json) cli.out.line(toJson({ ok, ...checkView(config, store), ...onlineView(config, online) }));
  else printCheck(cli, config, store, online);
  return ok ? EXIT.done : EXIT.failed;
}

/** What Atlas and the heartbeat's receiver answered. */
interface Online {
  diagnoses: readonly Diagnosis[];
  heartbeat: HeartbeatAnswer | null;
}

async function goOnline({ parts }: Cli, config: WatcherConfig): Promise<Online> {
  const [diagnoses, heartbeat] = await Promise.all([parts.diagnose(config), parts.tryHeartbeat(config)]);
  return { diagnoses, heartbeat };
}

function isWell({ diagnoses, heartbeat }: Online): boolean {
  return diagnoses.every(({ ok }) => ok) && heartbeat?.kind !== 'refused';
}

function onlineView(config: WatcherConfig, online: Online | null): Record<string, unknown> {
  if (online === null) return {};
  const { diagnoses, heartbeat } = online;
  return {
    online: diagnoses,
    heartbeat: heartbeatView(heartbeat),
    ceilings: connectionDemands(config, diagnoses),
  };
}

type StoreFinding = { facts: StoreFacts } | { fault: Explanation };

async function lookAtStore(cli: Cli, config: WatcherConfig): Promise<StoreFinding> {
  try {
    return { facts: await cli.parts.inspectStore(config, 'readwrite') };
  } catch (thrown) {
    return { fault: explain(thrown) };
  }
}

/** Names and settings only: addresses of channels and credentials stay out. */
function checkView(config: WatcherConfig, store: StoreFinding): Record<string, unknown> {
  return {
    file: config.file,
    warnings: config.warnings,
    connections: config.connections.map(({ name, baseUrl, auth, requestsPerMinute }) => ({
      name,
      baseUrl,
      auth: auth.type,
      requestsPerMinute,
    })),
    watches: config.watches,
    worstCases: worstCases(config),
    channels: channelViews(config),
    routes: config.routes,
    testAlert: testAlertView(config),
    store: 'fault' in store ? store.fault.json : store.facts,
    server: {
      host: config.server.host,
      port: config.server.port,
      token: config.server.token !== null,
      viewToken: config.server.viewToken !== null,
    },
  };
}

function channelViews({ channels }: WatcherConfig): Array<Record<string, unknown>> {
  const nextDigest = nextDigestOf(channels);
  return channels.map((channel) => {
    const { name, type } = channel;
    const digest = digestOf(channel);
    return { name, type, digest: digest && { ...digest, next: toIsoOrNull(nextDigest(name)) } };
  });
}

function printCheck(cli: Cli, config: WatcherConfig, store: StoreFinding, online: Online | null): void {
  const { out } = cli;
  out.line(`${out.paint('green', 'The configuration is sound')}: ${printable(config.file)}`);
  printSection(cli, 'Connections', config.connections, [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ATLAS', value: ({ baseUrl }) => baseUrl },
    { title: 'LOGIN', value: ({ auth }) => auth.type },
    { title: 'REQUESTS', value: ({ requestsPerMinute }) => `${requestsPerMinute} a minute` },
  ]);
  printSection(cli, 'Watches', config.watches, [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'KIND', value: ({ kind, apiVersion }) => `${kind} ${apiVersion}` },
    { title: 'PROJECT', value: ({ groupId }) => groupId },
    { title: 'INSTANCE', value: ({ instanceName }) => instanceName, folds: true },
    { title: 'JOBS', value: ({ restoreJobIds: ids }) => (ids.length === 0 ? 'all' : `${ids.length} by id`) },
    {
      title: 'SCHEDULE',
      value: ({ schedule, scheduleIdle }) =>
        [schedule, scheduleIdle ?? []].flat().map(withCadence).join(' | '),
      folds: true,
    },
  ]);
  printSection(cli, 'Channels', config.channels, channelColumns(config));
  printSection(cli, 'Routes', config.routes, [
    { title: 'EVENTS', value: ({ events }) => events.join(', '), folds: true },
    { title: 'ONLY', value: conditionsOf, folds: true },
    { title: 'CHANNELS', value: ({ channels }) => channels.join(', '), folds: true },
    ...(config.routes.some(({ remindEveryMs }) => remindEveryMs !== null) ? [REMINDS] : []),
  ]);
  printTestAlert(cli, config);
  printStore(cli, store);
  printWarnings(cli, config);
  if (online === null) {
    printLines(cli, 'Rate limits', roomWords(config));
    printLines(cli, 'Activity feeds', hintWords(config, null));
    return;
  }
  printHeartbeat(cli, online.heartbeat);
  printDiagnoses(cli, online.diagnoses);
  printLines(cli, 'Rate limits', demandWords(config, online.diagnoses));
  printLines(cli, 'Activity feeds', hintWords(config, online.diagnoses));
  printLines(cli, 'Who began a restore', actorWords(online.diagnoses));
}

/** As it is written, and how often that is. */
function withCadence(schedule: string): string {
  const cadence = cadenceText(schedule);
  return cadence === '' ? schedule : `${schedule} (${cadence})`;
}

function printSection<T>({ out }: Cli, title: string, rows: readonly T[], columns: Array<Column<T>>): void {
  out.line(`\n${out.paint('bold', title)}${rows.length === 0 ? ': none' : ''}`);
  if (rows.length === 0) return;
  for (const line of formatTable(rows, columns, out.foldWidth - 2)) out.line(`  ${line}`);
}

/** When they tell is worth a column only where one of them waits. */
function channelColumns({ channels }: WatcherConfig): Array<Column<ChannelConfig>> {
  const nextDigest = nextDigestOf(channels);
  const timing = (channel: ChannelConfig): string => {
    const digest = digestOf(channel);
    const next = nextDigest(channel.name);
    if (digest === null || next === null) return 'at once';
    return `digest ${digest.schedule} (${digest.timeZone}), next ${formatInstant(next)}`;
  };
  return [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'TYPE', value: ({ type }) => type },
    ...(channels.some((channel) => digestOf(channel) !== null)
      ? [{ title: 'TELLS', value: timing, folds: true }]
      : []),
  ];
}

/** Shown where a route does. */
const REMINDS: Column<WatcherConfig['routes'][number]> = {
  title: 'REMINDS',
  value: ({ remindEveryMs }) => (remindEveryMs === null ? 'no' : `every ${formatSpan(remindEveryMs)}`),
};

function conditionsOf(route: WatcherConfig['routes'][number]): string {
  const { watches, labels, severities, targetClusterNames } = route;
  const { kinds, deliveryTypes, instanceNames, crossProject } = route;
  const conditions = [
    ...(watches === null ? [] : [`watches ${watches.join(', ')}`]),
    ...(labels === null ? [] : Object.entries(labels).map(([name, value]) => `${name}=${value}`)),
    ...(severities === null ? [] : [`severity ${severities.join(', ')}`]),
    ...(kinds === null ? [] : [`kind ${kinds.join(', ')}`]),
    ...(deliveryTypes === null ? [] : [`delivery ${deliveryTypes.join(', ')}`]),
    ...(instanceNames === null ? [] : [`of ${instanceNames.join(', ')}`]),
    ...(targetClusterNames === null ? [] : [`to ${targetClusterNames.join(', ')}`]),
    ...(crossProject === null ? [] : [crossProject ? 'into another project' : 'within the project']),
  ];
  return conditions.join('; ') || 'all';
}

function printStore({ out }: Cli, store: StoreFinding): void {
  if ('fault' in store) {
    out.line(`\n${out.paint('bold', 'Store')}: ${out.paint('red', 'cannot be used')}`);
    for (const line of store.fault.lines) out.line(`  ${line}`);
    return;
  }
  const { where, exists, schemaVersion, inUse } = store.facts;
  const words = exists
    ? `sound, schema version ${schemaVersion}${inUse ? ', in use by a daemon' : ''}`
    : 'not there yet, the daemon makes it';
  out.line(`\n${out.paint('bold', 'Store')}\n  ${printable(where)}: ${words}`);
}

function printLines({ out }: Cli, title: string, words: readonly string[]): void {
  if (words.length === 0) return;
  out.line(`\n${out.paint('bold', title)}`);
  printListed(out, words);
}

function printWarnings({ out }: Cli, { warnings }: WatcherConfig): void {
  if (warnings.length === 0) return;
  out.line(`\n${out.paint('yellow', 'Warnings')}`);
  printListed(out, warnings.map(issueText));
}

function printListed(out: Output, words: readonly string[]): void {
  for (const each of words) {
    const lines = fold(printable(each), out.foldWidth - 4);
    lines.forEach((line, index) => {
      out.line(`${index === 0 ? '  ' : '    '}${line}`);
    });
  }
}
