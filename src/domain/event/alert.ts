import { type AlertEventName, kindOf, type WatcherEvent } from './event.ts';

/** Names an alert in the store: what lasts about a watch or a channel, raised once and cleared by what ends it. */
export function alertKey(name: AlertEventName, about: string): string {
  return `${name}/${about}`;
}

/** The key of the alert that an event tells of; `null` for events that are none. */
export function alertKeyOf({ name, subject }: Pick<WatcherEvent, 'name' | 'subject'>): string | null {
  if (subject.kind === 'job' || kindOf(name).lasts === undefined) return null;
  return alertKey(name as AlertEventName, subject.kind === 'channel' ? subject.channel : subject.watch);
}
