import { SEVERITIES, type WatcherEvent } from '../domain/event/event.ts';

const GOOD_NEWS: readonly string[] = ['finished', 'watch_recovered', 'channel_recovered'];

/** How bad it is, as one character that begins a headline: a colour alone is lost on a lock screen and on some readers. */
export function iconOf({ name, severity, test }: WatcherEvent): string {
  if (test) return '🧪';
  if (severity === 'critical') return '🔴';
  if (severity === 'warning') return '🟠';
  return GOOD_NEWS.includes(name) ? '🟢' : '🔵';
}

/** For sorting: the worst has the highest. */
export function rankOf({ severity }: WatcherEvent): number {
  return SEVERITIES.indexOf(severity);
}
