import { html } from 'hono/html';
import { formatSpan, type Timestamp, toIso } from '../../domain/instant.ts';

/** Escaped HTML. */
export type Markup = Exclude<ReturnType<typeof html>, Promise<unknown>>;

/** What may stand in a template: text is escaped, markup is not, `null` and `false` are nothing. */
export type Part = string | number | false | null | Markup | readonly Part[];

/** Makes HTML; every text in it is escaped. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  const made = html(strings, ...parts);
  if (made instanceof Promise) throw new Error('a template holds a promise');
  return made;
}

const CLOCK = { short: 16, long: 19 } as const;

/**
 * Writes an instant for people, in UTC; the script of the page shows it in the reader's zone where that is asked for. Of another day than
 * `now` the day is said as well.
 */
export function clock(at: Timestamp, now: Timestamp, { seconds = false } = {}): Markup {
  const iso = toIso(at);
  const time = iso.slice(11, seconds ? CLOCK.long : CLOCK.short);
  const isToday = iso.slice(0, 10) === toIso(now).slice(0, 10);
  return markup`<time datetime="${iso}" data-as="${seconds ? 'seconds' : 'clock'}">${isToday ? '' : `${dateOf(at, now)} `}${time}</time>`;
}

/** Writes an instant so that the script of the page counts from it: `4 s ago`. Without the script it is the time. */
export function ago(at: Timestamp): Markup {
  const iso = toIso(at);
  return markup`<time datetime="${iso}" data-as="ago">at ${iso.slice(11, CLOCK.long)}</time>`;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `28 Nov`, in UTC. */
export function dayOf(at: Timestamp): string {
  const date = new Date(at);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]}`;
}

/** The same with the year, where that is another than now: `28 Nov 2025`. */
export function dateOf(at: Timestamp, now: Timestamp): string {
  const year = new Date(at).getUTCFullYear();
  return year === new Date(now).getUTCFullYear() ? dayOf(at) : `${dayOf(at)} ${year}`;
}

/** A span that lasts, to the minute: what is written changes once a minute, and is sent again as seldom. */
export function roughSpan(ms: number): string {
  return ms < 60_000 ? 'under 1 min' : formatSpan(Math.floor(ms / 60_000) * 60_000);
}

/** `1 watch`, `2 watches`. */
export function many(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : several}`;
}

/** A part of an id for an attribute: names from Atlas and the configuration may hold anything. */
export function idPart(text: string): string {
  return encodeURIComponent(text).replaceAll(/[%'()*!~.]/g, '_');
}
