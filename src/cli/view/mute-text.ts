import { formatSpan } from '../../domain/instant.ts';
import type { Mute, MuteScope, Recurrence } from '../../domain/telling/mute.ts';
import { formatInstant, printable } from './text.ts';

/** `muted until 2026-11-02 10:00:00Z by ann (migration)`, or how often it comes round. */
export function muteText({
  until,
  recurs,
  author,
  reason,
}: Pick<Mute, 'until' | 'recurs' | 'author' | 'reason'>): string {
  const when =
    recurs !== null ? recurrenceText(recurs) : until === null ? '' : `until ${formatInstant(until)}`;
  return `muted ${when} by ${printable(author)} (${printable(reason)})`;
}

/** `every "0 0 2 * * 6" (UTC) for 4 h`. */
export function recurrenceText({ schedule, timeZone, forMs }: Recurrence): string {
  return `every "${printable(schedule)}" (${printable(timeZone)}) for ${formatSpan(forMs)}`;
}

/** What a mute covers, without its events: the name of the watch, or `target orders-copy, label team=payments`. */
export function coverageText(scope: MuteScope): string {
  const { watch, project, instance, target, job, labels } = scope;
  const others = [
    ...Object.entries({ project, instance, target, job }).flatMap(([what, glob]) =>
      glob === null ? [] : [`${what} ${printable(glob)}`],
    ),
    ...Object.entries(labels ?? {}).map(([label, glob]) => `label ${printable(`${label}=${glob}`)}`),
  ];
  if (watch === '*' && others.length > 0) return others.join(', ');
  return [printable(watch), ...others].join(', ');
}
