import { type Command, Option } from 'commander';
import type { ChannelConfig, WatcherConfig } from '../../../config/config.ts';
import type { AuditDraft } from '../../../domain/audit.ts';
import { EVENT_NAMES, type EventName } from '../../../domain/event/event.ts';
import { deliveryId } from '../../../domain/telling/owed.ts';
import { toError, WatcherError } from '../../../errors.ts';
import { type Cli, type CommonOptions, jsonOption, onAction } from '../../command.ts';
import { chosenChannels, sampleFor } from '../../sample.ts';
import { heartbeatView, printHeartbeat } from '../../view/heartbeat.ts';
import { formatTable } from '../../view/table.ts';
import { printable, toJson } from '../../view/text.ts';
import { addNotifyPreview } from './preview.ts';

interface TestOptions extends CommonOptions {
  channel?: string;
  event: EventName;
}

/** What became of one channel's sample. */
interface Trial {
  channel: string;
  type: string;
  eventId: string;
  outcome: 'accepted' | 'failed';
  tookMs: number;
  /** What the receiver said, or what went wrong; without secrets. */
  detail: string;
  hint: string | null;
}

/** Somebody is waiting at the terminal. */
const PATIENCE_MS = 20_000;

/** Adds `notify` with `test`, which sends a sample, and `preview`. */
export function addNotify(cli: Cli, program: Command): void {
  const notify = program.command('notify').description('try the channels');
  const command = notify
    .command('test')
    .description(
      'send a clearly marked sample through the real channels, call the heartbeat, and say what each of them answered',
    )
    .option('--channel <name>', 'only through this channel, and not the heartbeat')
    .addOption(
      new Option('--event <name>', 'what the sample tells of').choices(EVENT_NAMES).default('failed'),
    )
    .addOption(jsonOption());
  onAction<TestOptions>(cli, command, (options) => testChannels(cli, options));
  addNotifyPreview(cli, notify);
}

async function testChannels(cli: Cli, options: TestOptions): Promise<number> {
  const config = await cli.parts.loadConfig(options.config);
  const channels = chosenChannels(config, options.channel);
  const [heartbeat, ...trials] = await Promise.all([
    options.channel === undefined ? cli.parts.tryHeartbeat(config) : null,
    ...channels.map((channel) => tryChannel(cli, config, channel, options.event)),
  ]);
  await record(cli, config, options.event, trials);
  if (options.json) {
    cli.out.line(toJson({ items: trials, heartbeat: heartbeatView(heartbeat) }));
  } else {
    printTrials(cli, trials);
    printHeartbeat(cli, heartbeat);
  }
  return trials.every(({ outcome }) => outcome === 'accepted') && heartbeat?.kind !== 'refused' ? 0 : 1;
}

async function tryChannel(
  cli: Cli,
  config: WatcherConfig,
  { name: channel, type }: ChannelConfig,
  name: EventName,
): Promise<Trial> {
  const { clock, createNotifier } = cli.parts;
  const event = sampleFor(cli, config, channel, name);
  const notice = { deliveryId: deliveryId(event.id, channel), event };
  const base = { channel, type, eventId: event.id };
  const startedAt = clock.monotonic();
  const notifier = createNotifier(config, channel);
  try {
    const { detail } = await notifier.send([notice], AbortSignal.timeout(PATIENCE_MS));
    return { ...base, outcome: 'accepted', tookMs: tookSince(cli, startedAt), detail, hint: null };
  } catch (thrown) {
    const error = toError(thrown);
    const hint = error instanceof WatcherError ? (error.hint ?? null) : null;
    return { ...base, outcome: 'failed', tookMs: tookSince(cli, startedAt), detail: error.message, hint };
  } finally {
    await notifier.close();
  }
}

function tookSince(cli: Cli, startedAt: number): number {
  return Math.round(cli.parts.clock.monotonic() - startedAt);
}

/** Writes the test to the audit log, where there is one already. A store that cannot be written does not spoil the test. */
async function record(
  cli: Cli,
  config: WatcherConfig,
  event: EventName,
  trials: readonly Trial[],
): Promise<void> {
  const draft: AuditDraft = {
    at: cli.parts.clock.now(),
    kind: 'test.sent',
    data: {
      event,
      channels: trials.map(({ channel, eventId, outcome, detail }) => ({
        channel,
        eventId,
        outcome,
        detail,
      })),
    },
  };
  try {
    const store = await cli.parts.openStore(config, { mode: 'readwrite' });
    if (store === null) return;
    await store.recordAudit([draft]).finally(() => store.close());
  } catch (thrown) {
    cli.err.line(`note: the test is not in the audit log: ${printable(toError(thrown).message)}`);
  }
}

function printTrials({ out }: Cli, trials: readonly Trial[]): void {
  const lines = formatTable(
    trials,
    [
      { title: 'CHANNEL', value: ({ channel }) => channel },
      { title: 'TYPE', value: ({ type }) => type },
      {
        title: 'RESULT',
        value: ({ outcome }) => outcome,
        paint: (cell, { outcome }) => out.paint(outcome === 'accepted' ? 'green' : 'red', cell),
      },
      { title: 'TOOK', value: ({ tookMs }) => `${tookMs} ms` },
      { title: 'ANSWER', value: ({ detail }) => detail },
    ],
    Number.POSITIVE_INFINITY,
  );
  for (const line of lines) out.line(line);
  for (const { channel, hint } of trials) {
    if (hint !== null) out.line(`hint for ${printable(channel)}: ${printable(hint)}`);
  }
}
