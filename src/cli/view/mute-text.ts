import type { Mute } from '../../domain/telling/mute.ts';
import { formatInstant, printable } from './text.ts';

/** `muted until 2026-11-02 10:00:00Z by ann (migration)`. */
export function muteText({ until, author, reason }: Mute): string {
  return `muted until ${formatInstant(until)} by ${printable(author)} (${printable(reason)})`;
}
