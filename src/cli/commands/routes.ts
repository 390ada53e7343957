import { type Command, Option } from 'commander';
import type { WatcherConfig } from '../../config/config.ts';
import { EVENT_NAMES, type EventName, type WatcherEvent } from '../../domain/event.ts';
import { explainRoutes, planDeliveries, type Route, type RouteCondition } from '../../domain/routing.ts';
import { sampleEvent } from '../../domain/sample.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../command.ts';
import { UsageError } from '../errors.ts';
import { formatTable } from '../table.ts';
import { printable, toJson } from '../text.ts';

interface ExplainOptions extends CommonOptions {
  event: EventName;
  watch: string;
  target?: string;
}

export function addRoutes(cli: Cli, program: Command): void {
  const routes = program.command('routes').description('ask who would be told');
  const command = routes
    .command('explain')
    .description('say which routes take an event, which do not and why, and who would be told')
    .addOption(new Option('--event <name>', 'what happens').choices(EVENT_NAMES).makeOptionMandatory())
    .requiredOption('--watch <name>', 'on which watch')
    .option('--target <cluster>', 'the cluster that is restored to, for routes that ask for it')
    .addOption(jsonOption());
  onAction<ExplainOptions>(cli, command, (options) => explainEvent(cli, options));
}

async function explainEvent(cli: Cli, options: ExplainOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const event = imagine(cli, config, options);
  const unmet = explainRoutes(event, config.routes);
  const channels = planDeliveries(event, config.routes).flatMap((decision) =>
    decision.kind === 'deliver' ? [decision.channel] : [],
  );
  if (options.json) {
    const routes = unmet.map((conditions, index) => ({
      route: index,
      takes: conditions.length === 0,
      unmet: conditions,
      channels: config.routes[index]?.channels ?? [],
    }));
    cli.out.line(
      toJson({ event: event.name, severity: event.severity, watch: event.watch, routes, channels }),
    );
  } else {
    print(cli, config, event, unmet, channels);
  }
  return 0;
}

/** The event as it would be: of the watch's own labels, to the target that is asked about. */
function imagine(
  cli: Cli,
  config: WatcherConfig,
  { event: name, watch: watchName, target }: ExplainOptions,
): WatcherEvent {
  const watch = config.watches.find((candidate) => candidate.name === watchName);
  if (!watch) {
    const names = config.watches.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`there is no watch ${watchName}`, `Configured are: ${names}.`);
  }
  const event = sampleEvent(name, { watch, channel: '', now: cli.parts.clock.now() });
  return { ...event, job: event.job && { ...event.job, targetClusterName: target ?? null } };
}

function print(
  { out }: Cli,
  config: WatcherConfig,
  { name, severity, watch }: WatcherEvent,
  unmet: readonly RouteCondition[][],
  channels: readonly string[],
): void {
  const rows = unmet.map((conditions, index) => ({ conditions, index, route: config.routes[index] }));
  out.line(`${name} (${severity}) on watch ${printable(watch)}`);
  if (rows.length > 0) {
    out.line('');
    const lines = formatTable(
      rows,
      [
        { title: 'ROUTE', value: ({ index }) => `routes[${index}]` },
        { title: 'TAKES IT', value: ({ conditions }) => (conditions.length === 0 ? 'yes' : 'no') },
        { title: 'CHANNELS', value: ({ route }) => route?.channels.join(', ') ?? '', shrinks: true },
        { title: 'BECAUSE', value: ({ conditions, route }) => because(conditions, route), shrinks: true },
      ],
      out.width,
    );
    for (const line of lines) out.line(line);
    out.line('');
  }
  out.line(
    channels.length > 0
      ? `Told: ${channels.map(printable).join(', ')}`
      : 'Nobody is told: no route takes it. It is recorded all the same (suppressed: no_route).',
  );
}

function because(conditions: readonly RouteCondition[], route: Route | undefined): string {
  if (conditions.length === 0) return 'every condition is met';
  return conditions.map((condition) => `${condition}: wants ${wanted(route?.[condition])}`).join('; ');
}

function wanted(condition: Route[RouteCondition] | undefined): string {
  if (condition === null || condition === undefined) return 'anything';
  return Array.isArray(condition)
    ? condition.join(', ')
    : Object.entries(condition)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ');
}
