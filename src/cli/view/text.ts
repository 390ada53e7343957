import { formatSpan, type Timestamp, toIso } from '../../domain/instant.ts';
import { withoutLayout } from '../../domain/one-line.ts';
import { wellFormedJson } from '../../domain/well-formed.ts';

/**
 * Text that came from elsewhere, safe for a terminal: control characters (escape sequences, line breaks) and marks that turn the
 * reading direction become spaces.
 */
export function printable(text: string): string {
  return withoutLayout(text);
}

/** In lines of at most `width` characters, broken at spaces; a word that is longer is broken where the line ends. */
export function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').flatMap((each) => pieces(each, width))) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line === '' || [...longer].length <= width) line = longer;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const characters = [...word];
  const cut: string[] = [];
  for (let at = 0; at < characters.length; at += width) cut.push(characters.slice(at, at + width).join(''));
  return cut;
}

/** `2026-11-02 08:14:05Z`: to the second, in UTC. */
export function formatInstant(at: Timestamp): string {
  return `${toIso(at).slice(0, 19).replace('T', ' ')}Z`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function formatDistance(at: Timestamp, now: Timestamp): string {
  const ms = Math.abs(now - at);
  if (ms < 1_000) return 'now';
  const span = formatSpan(ms).split(' ').slice(0, 2).join(' ');
  return at < now ? `${span} ago` : `in ${span}`;
}

/** `1 job`, `3 jobs`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

/** JSON that a terminal shows as it is: the control characters that JSON leaves alone are escaped too. */
export function toJson(value: unknown): string {
  return escapeControls(wellFormedJson(value, 2));
}

/** As `toJson`, on one line. */
export function toJsonLine(value: unknown): string {
  return escapeControls(wellFormedJson(value));
}

function escapeControls(json: string): string {
  return json.replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
