import type { Context } from 'hono';

/** What a page says after an action, by the word that stands in its address. */
const SAID = {
  muted: 'Muted. It stands under "Mutes", with its end.',
  muted_no_watch:
    'Muted, but no watch that is configured is called so: it keeps nothing from anybody until one is. It stands under "Mutes".',
  muted_no_job:
    'Muted, but no restore on record is meant by it: it keeps nothing from anybody until one is seen. It stands under "Mutes".',
  unmuted: 'The mute has ended.',
  redriven: 'Due again: it is tried at once.',
  not_redriven: 'Nothing was to be sent again: it was neither given up nor waiting.',
  polled: 'Atlas is being asked now.',
  poll_follows: 'Atlas was being asked already; it is asked again right after.',
  polled_in_part:
    'This replica asks Atlas now for the part of the watch that it polls. The others were not told: they ask as scheduled.',
  polled_elsewhere: 'Nothing was begun: another replica polls this watch, as scheduled. Ask it for more.',
  not_polled: 'Nothing was begun: this watcher polls nothing of it at present.',
  attested: 'Attested. The audit log keeps it.',
} as const;

/** A word of `SAID`. */
export type Said = keyof typeof SAID;

/** The words for what an action did that led to this address; `null`: nothing, or nothing of ours. */
export function saidIn(c: Context): string | null {
  const word = c.req.query('said');
  return word !== undefined && Object.hasOwn(SAID, word) ? SAID[word as Said] : null;
}

/** The address of a page of ours that says what was done. */
export function withSaid(path: string, said: Said): string {
  const url = new URL(path, 'http://own');
  url.searchParams.set('said', said);
  return url.pathname + url.search;
}
