import { replaceLayout } from '../domain/one-line.ts';
import type { Printable } from './fields.ts';

/** One line of the log, before it is laid out. */
export interface LogLine {
  /** Milliseconds since the epoch. */
  at: number;
  level: string;
  message: string;
  fields: Readonly<Record<string, Printable>>;
}

const COLOURS: Readonly<Record<string, string>> = { error: '31', warn: '33', info: '32', debug: '36' };
const FRAMES = 6;

/**
 * A line for people: `2026-11-02 12:01:33.120 warn  Watch orders cannot be polled: …  watch=orders reason=unavailable`. The time is UTC. One
 * event is one line, whatever it holds: control characters are escaped, so that no message can pose as another line or move the
 * cursor.
 */
export function textLine({ at, level, message, fields }: LogLine, isColoured: boolean): string {
  const paint = (code: string, text: string): string =>
    isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
  const time = new Date(at).toISOString().slice(0, 23).replace('T', ' ');
  const pairs = Object.entries(fields).flatMap(([key, value]) => pairsOf(key, value));
  return [
    paint('2', time),
    ' ',
    paint(COLOURS[level] ?? '0', level.padEnd(5)),
    ' ',
    escapeControls(message),
    ...(pairs.length === 0 ? [] : ['  ', paint('2', pairs.map(([key, text]) => `${key}=${text}`).join(' '))]),
  ].join('');
}

/** The line for machines. What a field may not be called is called that with a `_`. */
export function jsonLine({ at, level, message, fields }: LogLine): string {
  const own = { time: new Date(at).toISOString(), level, message };
  const others = Object.entries(fields).map(([key, value]) => [key in own ? `${key}_` : key, value] as const);
  return JSON.stringify({ ...own, ...Object.fromEntries(others) });
}

type Pair = readonly [key: string, text: string];

function pairsOf(key: string, value: Printable): Pair[] {
  if (isError(value)) return errorPairs(key, value);
  return [[escapeControls(key), inline(value)]];
}

type PrintedError = { name: string; message: string; [key: string]: Printable };

function isError(value: Printable): value is PrintedError {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    typeof value.name === 'string' &&
    typeof value.message === 'string' &&
    'stack' in value
  );
}

/** What we raise on purpose has its `hint` and needs no stack; for the rest, the places where it came from, innermost first. */
function errorPairs(key: string, error: PrintedError): Pair[] {
  const { name, message, code, hint, stack, cause, errors } = error;
  const label = escapeControls(key);
  const isKnown = 'retryable' in error || 'hint' in error || 'reason' in error;
  const frames = isKnown || typeof stack !== 'string' ? '' : framesOf(stack);
  return [
    [label, inline(`${name}: ${message}${typeof code === 'string' ? ` [${code}]` : ''}`)],
    ...(typeof hint === 'string' ? [[`${label}.hint`, inline(hint)] as const] : []),
    ...(frames === '' ? [] : [[`${label}.at`, inline(frames)] as const]),
    ...(Array.isArray(errors) ? errors.flatMap((inner, index) => pairsOf(`${key}.${index + 1}`, inner)) : []),
    ...(cause === undefined ? [] : pairsOf(`${key}.cause`, cause)),
  ];
}

function framesOf(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .slice(0, FRAMES)
    .map((line) => line.replace(/^\s+at /, ''))
    .join(' < ');
}

function inline(value: Printable): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const isPlain = typeof value !== 'string' || /^[^\s"'=\\]+$/.test(value);
  return escapeControls(isPlain ? text : JSON.stringify(text));
}

/** Control characters, line separators, and the characters that turn the direction of writing. */
function escapeControls(text: string): string {
  return replaceLayout(text, (character) => {
    const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
    return short[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
