import { kindOf, type WatcherEvent } from '../domain/event/event.ts';
import { SEVERITIES } from '../domain/event/event-kind.ts';

/** How bad it is, as one character that begins a headline: a colour alone is lost on a lock screen and on some readers. */
export function iconOf({ name, severity, test }: WatcherEvent): string {
  if (test) return '🧪';
  if (severity === 'critical') return '🔴';
  if (severity === 'warning') return '🟠';
  return kindOf(name).isRelief ? '🟢' : '🔵';
}

/** For sorting: the worst has the highest. */
export function rankOf({ severity }: WatcherEvent): number {
  return SEVERITIES.indexOf(severity);
}
