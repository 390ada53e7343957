import type { Timestamp } from '../../domain/instant.ts';
import { timesIn } from '../../domain/local-time.ts';

/** A `plain_text` object: nothing in it is formatting. Limits are counted after escaping, as Slack does. */
export interface PlainText {
  type: 'plain_text';
  text: string;
  emoji: false;
}

/** A `mrkdwn` object. `verbatim`: names that look like a link, a channel or a person stay text. */
export interface Mrkdwn {
  type: 'mrkdwn';
  text: string;
  verbatim: true;
}

/** Makes a plain text object: the text is escaped, and cut to `limit` characters. */
export function plain(text: string, limit: number): PlainText {
  return { type: 'plain_text', text: escaped(text, limit) || ' ', emoji: false };
}

/** Takes text that is made of the functions below: what is not ours has been escaped. */
export function mrkdwn(text: string): Mrkdwn {
  return { type: 'mrkdwn', text, verbatim: true };
}

/**
 * Escapes what Slack reads as control characters, and cuts to `limit` characters without cutting an escape or an emoji in two.
 * https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */
export function escaped(text: string, limit: number): string {
  return joinUpTo(limit, [...text.toWellFormed()].map(escapeCharacter));
}

/** Cuts text that is mrkdwn already, through no escape, no link or other token, and no emoji. */
export function cutMrkdwn(text: string, limit: number): string {
  return joinUpTo(limit, text.toWellFormed().match(/<[^<>\n]*>|&(?:amp|lt|gt);|./gsu) ?? []);
}

/** What means formatting in mrkdwn, which has no escape for it, as the look-alike that means nothing. */
const LOOK_ALIKES: ReadonlyArray<readonly [pattern: RegExp, lookAlike: string]> = [
  [/\*/g, '∗'],
  [/~/g, '∼'],
  [/`/g, 'ˋ'],
  // For whoever puts a value into a token of his own.
  [/\|/g, '¦'],
  [/^!/, 'ǃ'],
  [/^@/, '＠'],
  [/^>/, '›'],
  // `:smile:`, but not the minutes of a time.
  [/:(?!\d\d:)(?=[\w+'-]+:)/g, '꞉'],
];

/** A value for the middle of somebody's mrkdwn: whatever stands around it, it is neither formatting nor a token. */
export function inert(text: string): string {
  const plainText = LOOK_ALIKES.reduce(
    (rest, [pattern, lookAlike]) => rest.replace(pattern, lookAlike),
    withoutUnderlines(text.toWellFormed()),
  );
  return [...plainText].map(escapeCharacter).join('');
}

const IN_WORDS = /[\p{L}\p{N}]/u;

/** Inside a word an underscore means nothing, and names are full of it; a run of them at the edge of a word becomes its look-alike. */
function withoutUnderlines(text: string): string {
  return text.replace(/_+/g, (run, at: number) => {
    const [before = ''] = text.slice(Math.max(0, at - 2), at).match(/.$/su) ?? [];
    const [after = ''] = text.slice(at + run.length, at + run.length + 2).match(/^./su) ?? [];
    return IN_WORDS.test(before) && IN_WORDS.test(after) ? run : 'ˍ';
  });
}

function joinUpTo(limit: number, pieces: readonly string[]): string {
  if (lengthOf(pieces) <= limit) return pieces.join('');
  let length = 1;
  const end = pieces.findIndex((piece) => {
    length += piece.length;
    return length > limit;
  });
  return `${pieces.slice(0, end).join('')}…`;
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '&':
      return '&amp;';
    case '<':
      return '&lt;';
    case '>':
      return '&gt;';
    default:
      return character;
  }
}

function lengthOf(pieces: readonly string[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/**
 * A name from outside, as inline code: there `*`, `_`, `~` and `:smile:` mean nothing. mrkdwn has no escape for them, nor for a
 * backtick, which becomes its look-alike.
 */
export function code(text: string, limit: number): string {
  const inside = escaped(text.replaceAll('`', 'ˋ').trim(), limit);
  return inside === '' ? '—' : `\`${inside}\``;
}

/**
 * An instant in the reader's own zone, which Slack puts in, and in UTC, `between` separating them. What cannot put it in (a mail that
 * Slack sends, another program) shows UTC and the channel's zone in its place.
 */
export function time(at: Timestamp, timeZone: string | null, between: string): string {
  const times = timesIn(at, timeZone);
  const token = `<!date^${Math.floor(at / 1_000)}^{date_short_pretty}, {time_secs}|${times.join(' = ')}>`;
  return [token, times[0]].join(between);
}

/** The label is ours. */
export function link(url: string, label: string): string {
  const safeUrl = new URL(url).href.replaceAll('|', '%7C').replaceAll('>', '%3E').replaceAll('<', '%3C');
  return `<${safeUrl.replaceAll('&', '&amp;')}|${label}>`;
}
