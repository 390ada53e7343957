import type { ChannelConfig, WatcherConfig } from '../config/config.ts';
import type { EventName, WatcherEvent } from '../domain/event/event.ts';
import { sampleEvent } from '../domain/event/sample.ts';
import type { Cli } from './command.ts';
import { UsageError } from './errors.ts';

/**
 * The channels that a command is about: all, or the one that was named.
 * @throws {UsageError} when there is none.
 */
export function chosenChannels(
  { channels, file }: WatcherConfig,
  only: string | undefined,
): readonly ChannelConfig[] {
  if (channels.length === 0) {
    throw new UsageError(`${file} configures no channel`, 'Add one under "channels".');
  }
  const chosen = channels.filter(({ name }) => only === undefined || name === only);
  if (chosen.length === 0) {
    const names = channels.map(({ name }) => name).join(', ');
    throw new UsageError(`there is no channel ${only}`, `Configured are: ${names}.`);
  }
  return chosen;
}

/** A sample for one channel, as if the first watch had seen it. */
export function sampleFor(cli: Cli, config: WatcherConfig, channel: string, name: EventName): WatcherEvent {
  const [watch] = config.watches;
  return sampleEvent(name, {
    watch,
    channel,
    projectUrl: watch === undefined ? null : cli.parts.projectUrl(config, watch),
    now: cli.parts.clock.now(),
  });
}
