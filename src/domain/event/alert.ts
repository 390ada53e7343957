import type { WatcherEvent } from './event.ts';

/** What lasts about a watch or a channel: raised once in the store, and cleared by what ends it. */
export type AlertName = 'watch_failing' | 'drill_overdue' | 'channel_failing';

/** Names an alert in the store. */
export function alertKey(name: AlertName, about: string): string {
  return `${name}/${about}`;
}

/** The key of the alert that an event tells of; `null` for events that are none. */
export function alertKeyOf({ name, subject }: Pick<WatcherEvent, 'name' | 'subject'>): string | null {
  switch (name) {
    case 'watch_failing':
    case 'drill_overdue':
    case 'channel_failing':
      return subject.kind === 'job'
        ? null
        : alertKey(name, subject.kind === 'channel' ? subject.channel : subject.watch);
    default:
      return null;
  }
}
