import type { WatcherEvent } from './event.ts';

/** What lasts about a watch or a channel: raised once in the store, and cleared by what ends it. */
export type AlertName = 'watch_failing' | 'drill_overdue' | 'channel_failing';

/** Names an alert in the store. */
export function alertKey(name: AlertName, about: string): string {
  return `${name}/${about}`;
}

const CHANNELS = '/channels/';

/** CloudEvents `source` of an event about a channel. */
export function channelSource(channel: string): string {
  return `${CHANNELS}${channel}`;
}

/** The channel that an event is about; `null` for all other events. */
export function channelOf({ name, source }: Pick<WatcherEvent, 'name' | 'source'>): string | null {
  const isAboutChannel = name === 'channel_failing' || name === 'channel_recovered';
  return isAboutChannel && source.startsWith(CHANNELS) ? source.slice(CHANNELS.length) : null;
}

/** The key of the alert that an event tells of; `null` for events that are none. */
export function alertKeyOf(event: Pick<WatcherEvent, 'name' | 'source' | 'watch'>): string | null {
  switch (event.name) {
    case 'watch_failing':
    case 'drill_overdue':
      return alertKey(event.name, event.watch);
    case 'channel_failing':
      return alertKey(event.name, channelOf(event) ?? '');
    default:
      return null;
  }
}
