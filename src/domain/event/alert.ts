import { parsePlaceKey, placeKey, type WatchPlace } from '../job/place.ts';
import { type AlertEventName, kindOf, type WatcherEvent } from './event.ts';
import { drillOf, isAboutLimit, placeOf } from './subject.ts';

/** No name of a watch or a channel holds it. */
const BEFORE_PLACE = '*';

/**
 * What an alert is, in the keys of the store. `watch_limited`: a watch that a rate limit is in the way of, which is told as `watch_failing`
 * like one that cannot be read. It is an alert of its own: other people mend it, and the one must not hide the other.
 */
export type AlertName = AlertEventName | 'watch_limited';

/** Names an alert in the store: what lasts about a watch, a place of it, a drill there or a channel, raised once and cleared by what ends it. */
export function alertKey(
  name: AlertName,
  about: string,
  place: WatchPlace | null = null,
  drill: string | null = null,
): string {
  const key = `${name}/${aboutKey(about, place)}`;
  return drill === null ? key : `${key}${place === null ? BEFORE_PLACE : ''}${BEFORE_PLACE}${drill}`;
}

/** Names a watch, a place of it or a channel within the keys of the store. */
export function aboutKey(about: string, place: WatchPlace | null): string {
  return place === null ? about : `${about}${BEFORE_PLACE}${placeKey(place)}`;
}

/** What a key of the store speaks of: the name before the first slash, the watch or the channel, the place of the watch, and the drill there. */
export function partsOfKey(key: string): {
  name: string;
  about: string;
  place: WatchPlace | null;
  drill: string | null;
} {
  const [name = '', ...rest] = key.split('/');
  const [about = '', place = '', drill = null] = rest.join('/').split(BEFORE_PLACE);
  return { name, about, place: place === '' ? null : parsePlaceKey(place), drill };
}

/** The key of the alert that an event tells of; `null` for events that are none. */
export function alertKeyOf(event: Pick<WatcherEvent, 'name' | 'subject'>): string | null {
  const { name, subject } = event;
  if (subject.kind === 'job' || subject.kind === 'audit' || kindOf(name).lasts === undefined) return null;
  const about = subject.kind === 'channel' ? subject.channel : subject.watch;
  return alertKey(
    isAboutLimit(event) ? 'watch_limited' : (name as AlertEventName),
    about,
    placeOf(event),
    drillOf(event)?.name ?? null,
  );
}
