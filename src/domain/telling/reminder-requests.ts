import { isLasting, type WatcherEvent } from '../event/event.ts';
import { type Route, routesPast, takes } from './routing.ts';

/** A channel that is told of an event again, every so long while it lasts. */
export interface ReminderRequest {
  channel: string;
  everyMs: number;
}

/**
 * Finds who is to be told of the event again, by the routes that take it; of several to one channel the one that reminds most often.
 * Nobody, where it does not last, was over when it was found, or is a sample; and never the channel that it is about.
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
