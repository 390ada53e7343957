import { type Route, routesPast, takes } from '../telling/routing.ts';
import type { EventName, WatcherEvent } from './event.ts';

/**
 * What lasts once it is told, and what ends it:
 *
 * | event                | ends                                   |
 * |----------------------|----------------------------------------|
 * | `started`, `stalled` | when the job no longer runs            |
 * | `expiring`           | when the download is no longer ready   |
 * | `missing`            | when the job is found again            |
 * | `watch_failing`      | when the watch can be polled again     |
 * | `channel_failing`    | when the channel accepts something     |
 * | `drill_overdue`      | when a restore has finished            |
 */
export const LASTING_EVENTS = [
  'started',
  'stalled',
  'expiring',
  'missing',
  'watch_failing',
  'channel_failing',
  'drill_overdue',
] as const satisfies readonly EventName[];
export type LastingName = (typeof LASTING_EVENTS)[number];

export function isLasting(name: EventName): name is LastingName {
  return (LASTING_EVENTS as readonly EventName[]).includes(name);
}

/** A channel that is told of an event again, every so long while it lasts. */
export interface ReminderRequest {
  channel: string;
  everyMs: number;
}

/**
 * Who is to be told of the event again, by the routes that take it; of several to one channel the one that reminds most often. Nobody,
 * where it does not last, was over when it was found, or is a sample; and never the channel that it is about.
 */
export function remindersOf(event: WatcherEvent, routes: readonly Route[]): ReminderRequest[] {
  const { subject } = event;
  const wasOver = subject.kind === 'job' && subject.inferred;
  if (event.test || wasOver || !isLasting(event.name)) return [];
  const byChannel = new Map<string, number>();
  for (const route of subject.kind === 'channel' ? routesPast(subject.channel, routes) : routes) {
    if (route.remindEveryMs === null || !takes(route, event)) continue;
    for (const channel of route.channels) {
      byChannel.set(channel, Math.min(route.remindEveryMs, byChannel.get(channel) ?? route.remindEveryMs));
    }
  }
  return [...byChannel].map(([channel, everyMs]) => ({ channel, everyMs }));
}
