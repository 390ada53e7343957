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
