import { type Timestamp, toIso } from '../../domain/instant.ts';
import { timesIn } from '../../domain/local-time.ts';
import { shorten } from '../../domain/shorten.ts';

/**
 * Text from outside, as text: what the Markdown of a card, or its DATE() and TIME(), would take for their own is escaped. Cut to
 * `limit` characters before that. https://learn.microsoft.com/en-us/adaptive-cards/authoring-cards/text-features
 */
export function escaped(text: string, limit: number): string {
  const safe = shorten(text.trim(), limit)
    .replace(/[\\`*_[\]<~]/g, '\\$&')
    // Not every client of Teams knows an escaped bracket; without "](" there is no link for any of them.
    .replace(/\]\(/g, ']\\(')
    .replace(/\{(?=\{)/g, '{\\')
    .replace(/&(?=#?\w+;)/g, '\\&')
    // At its beginning alone: a heading, a quotation, a list.
    .replace(/^[#>+-]/, '\\$&')
    .replace(/^(\d+)([.)])/, '$1\\$2');
  return safe === '' ? '—' : safe;
}

/** A value for the middle of somebody's Markdown. Also two of them side by side make no link and no function. */
export function inert(text: string): string {
  return text.trim() === '' ? '' : escaped(text, Number.POSITIVE_INFINITY).replace(/^[({]/, '\\$&');
}

/**
 * An instant in UTC, and beside it in the channel's zone or, where none is set (`null`), in the reader's own zone and language, which
 * the client of Teams puts in.
 */
export function time(at: Timestamp, timeZone: string | null): string {
  const times = timesIn(at, timeZone);
  if (timeZone !== null) return times.join(' = ');
  // The functions take no fractions of a second.
  const instant = `${toIso(at).slice(0, 19)}Z`;
  return `${times[0]} = {{DATE(${instant}, SHORT)}} {{TIME(${instant})}}`;
}

/** The label is ours. */
export function link(url: string, label: string): string {
  const address = new URL(url).href.replaceAll('(', '%28').replaceAll(')', '%29');
  return `[${label}](${address})`;
}
