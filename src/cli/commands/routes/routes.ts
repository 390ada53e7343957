import { type Command, Option } from 'commander';
import type { WatcherConfig } from '../../../config/config.ts';
import { digestOf, nextDigestOf } from '../../../config/digests.ts';
import { EVENT_NAMES, type EventName, type WatcherEvent } from '../../../domain/event/event.ts';
import { sampleEvent } from '../../../domain/event/sample.ts';
import { formatSpan, toIso } from '../../../domain/instant.ts';
import type { Fallback } from '../../../domain/telling/fallback.ts';
import { type Mute, mutedBy } from '../../../domain/telling/mute.ts';
import { remindersOf } from '../../../domain/telling/reminder-requests.ts';
import {
  explainRoutes,
  planDeliveries,
  type Route,
  type RouteCondition,
} from '../../../domain/telling/routing.ts';
import { StoreError } from '../../../errors.ts';
import { muteView } from '../../../views/mutes.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { UsageError } from '../../errors.ts';
import { readStore } from '../../view/listing.ts';
import { muteText } from '../../view/mute-text.ts';
import { formatTable } from '../../view/table.ts';
import { fold, formatInstant, printable, toJson } from '../../view/text.ts';
import { EVENTS_OF_ONE_JOB, showHistory } from '../history.ts';
import { addReplay } from './replay.ts';

interface ExplainOptions extends CommonOptions {
  event: EventName;
  watch: string;
  job?: string;
  target?: string;
  crossProject?: boolean;
}

/** Adds `routes explain`: which routes take an event, and who is told. */
export function addRoutes(cli: Cli, program: Command): void {
  const routes = program.command('routes').description('ask who would be told');
  const command = routes
    .command('explain')
    .description('say which routes take an event, which do not and why, and who would be told')
    .addOption(new Option('--event <name>', 'what happens').choices(EVENT_NAMES))
    .option('--watch <name>', 'on which watch')
    .option('--job <id>', 'in place of both: what is on record of this job, and who was told or why not')
    .option('--target <cluster>', 'the cluster that is restored to, for routes that ask for it')
    .option('--cross-project', 'into another project, for routes that ask for it')
    .addOption(jsonOption());
  onAction<ExplainOptions>(cli, command, (options) => explain(cli, options));
  addReplay(cli, routes);
}

/** What happened to a job is explained by the record; what is only imagined, by the configuration. */
async function explain(cli: Cli, options: Partial<ExplainOptions> & CommonOptions): Promise<number> {
  const { job, event, watch } = options;
  if (job !== undefined) {
    if (event !== undefined) {
      throw new UsageError('--job explains all that is on record of it', 'Leave --event out.');
    }
    return showHistory(cli, { ...options, limit: EVENTS_OF_ONE_JOB, why: true, test: true }, job);
  }
  if (event === undefined || watch === undefined) {
    throw new UsageError('what is to be explained?', 'Give --event and --watch, or --job ID.');
  }
  return explainEvent(cli, { ...options, event, watch });
}

async function explainEvent(cli: Cli, options: ExplainOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const event = imagine(cli, config, options);
  const unmet = explainRoutes(event, config.routes);
  const now = cli.parts.clock.now();
  const mute = mutedBy(event, await mutesInForce(cli, config), now);
  const routed = planDeliveries(event, { routes: config.routes, mutes: [], nextDigest: () => null }).flatMap(
    (decision) => (decision.kind === 'deliver' ? [decision.channel] : []),
  );
  // Asked as of the real event: a sample is never told again.
  const reminders = remindersOf({ ...event, test: false }, config.routes);
  if (options.json) {
    const routes = unmet.map((conditions, index) => ({
      route: index,
      takes: conditions.length === 0,
      unmet: conditions,
      channels: config.routes[index]?.channels ?? [],
    }));
    const { name, severity } = event;
    const { watch } = options;
    const channels = mute ? [] : routed;
    const fallbacks = fallbacksOf(config, channels);
    const digests = digestsOf(config, channels).map(({ next, ...rest }) => ({ ...rest, next: toIso(next) }));
    cli.out.line(
      toJson({
        event: name,
        severity,
        watch,
        routes,
        channels,
        digests,
        reminders,
        fallbacks,
        mute: mute && muteView(mute, now),
      }),
    );
  } else {
    print(cli, config, { ...event, watch: options.watch }, unmet);
    for (const line of fold(conclusion(routed, mute), cli.out.foldWidth)) cli.out.line(line);
    for (const { channel, next } of digestsOf(config, mute ? [] : routed)) {
      cli.out.line(`Held for the digest of ${printable(channel)}, the next at ${formatInstant(next)}`);
    }
    for (const { channel, everyMs } of reminders) {
      cli.out.line(`Told again, every ${formatSpan(everyMs)} while it lasts: ${printable(channel)}`);
    }
    for (const { channel, fallback, afterMs } of fallbacksOf(config, mute ? [] : routed)) {
      const when = `when ${printable(channel)} gives up or takes longer than ${formatSpan(afterMs)}`;
      cli.out.line(`Told instead, ${when}: ${printable(fallback)}`);
    }
  }
  return 0;
}

/** Those of these channels that would tell it with a digest, and when the next one is. */
function digestsOf({ channels: all }: WatcherConfig, channels: readonly string[]) {
  const nextDigest = nextDigestOf(all);
  return all.flatMap((candidate) => {
    const digest = channels.includes(candidate.name) ? digestOf(candidate) : null;
    const next = nextDigest(candidate.name);
    return digest === null || next === null ? [] : [{ channel: candidate.name, ...digest, next }];
  });
}

/** A store that cannot be read takes nothing from what the routes say. */
async function mutesInForce(cli: Cli, config: WatcherConfig): Promise<readonly Mute[]> {
  const now = cli.parts.clock.now();
  try {
    return (await readStore(cli, config, (store) => store.listMutes({ inForceAt: now }))) ?? [];
  } catch (thrown) {
    if (!(thrown instanceof StoreError)) throw thrown;
    cli.err.line(`note: whether a mute is in force is not known: ${printable(thrown.message)}`);
    return [];
  }
}

/** Those of these channels, of their fallbacks, and so on; without those who are told anyway. */
function fallbacksOf({ fallbacks }: WatcherConfig, channels: readonly string[]): Fallback[] {
  const reached = new Set(channels);
  const found: Fallback[] = [];
  // What is added while it goes on is visited too.
  for (const channel of reached) {
    const next = fallbacks.find((candidate) => candidate.channel === channel);
    if (next === undefined || reached.has(next.fallback)) continue;
    found.push(next);
    reached.add(next.fallback);
  }
  return found;
}

function conclusion(routed: readonly string[], mute: Mute | null): string {
  if (routed.length === 0)
    return 'Nobody is told: no route takes it. It is recorded all the same (suppressed: no_route).';
  const channels = routed.map(printable).join(', ');
  return mute
    ? `Nobody is told: ${muteText(mute)}. It is recorded all the same (suppressed: muted). Without mute ${mute.id}: ${channels}`
    : `Told: ${channels}`;
}

/** Of no real project. */
const OTHER_PROJECT = 'f'.repeat(24);

/** The event as it would be: of the watch's own labels, to the target that is asked about. */
function imagine(
  cli: Cli,
  config: WatcherConfig,
  { event: name, watch: watchName, target, crossProject }: ExplainOptions,
): WatcherEvent {
  const watch = config.watches.find((candidate) => candidate.name === watchName);
  if (!watch) {
    const names = config.watches.map((candidate) => candidate.name).join(', ');
    throw new UsageError(`there is no watch ${watchName}`, `Configured are: ${names}.`);
  }
  const event = sampleEvent(name, { watch, channel: '', now: cli.parts.clock.now() });
  const { subject } = event;
  if (subject.kind !== 'job') return event;
  const job = {
    ...subject.job,
    targetClusterName: target ?? null,
    ...(crossProject ? { targetGroupId: OTHER_PROJECT } : {}),
  };
  return { ...event, subject: { ...subject, job } };
}

function print(
  { out }: Cli,
  config: WatcherConfig,
  { name, severity, watch }: Pick<WatcherEvent, 'name' | 'severity'> & { watch: string },
  unmet: readonly RouteCondition[][],
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
        { title: 'CHANNELS', value: ({ route }) => route?.channels.join(', ') ?? '', folds: true },
        { title: 'BECAUSE', value: ({ conditions, route }) => because(conditions, route), folds: true },
      ],
      out.foldWidth,
    );
    for (const line of lines) out.line(line);
    out.line('');
  }
}

function because(conditions: readonly RouteCondition[], route: Route | undefined): string {
  if (conditions.length === 0) return 'every condition is met';
  return conditions.map((condition) => `${condition}: wants ${wanted(route?.[condition])}`).join('; ');
}

function wanted(condition: Route[RouteCondition] | undefined): string {
  if (condition === null || condition === undefined) return 'anything';
  if (typeof condition === 'boolean') return String(condition);
  return Array.isArray(condition)
    ? condition.join(', ')
    : Object.entries(condition)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ');
}
