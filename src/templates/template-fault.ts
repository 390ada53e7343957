import { suggestion } from '../closest.ts';
import { FILTERS, TAGS } from './vocabulary.ts';

/** A template that cannot be used, or not with what it was given. The text says what is wrong and, where it is known, in which line. */
export class TemplateFault extends Error {
  constructor(what: string, place: Place | null, options?: ErrorOptions) {
    super(place === null ? what : `line ${place.line}, column ${place.column}: ${what}`, options);
    this.name = 'TemplateFault';
  }
}

/** Both begin with 1. */
export interface Place {
  line: number;
  column: number;
}

/** What the library has thrown, in our words. */
export function toTemplateFault(thrown: unknown): TemplateFault {
  if (thrown instanceof TemplateFault) return thrown;
  return new TemplateFault(inOurWords(messageOf(thrown)), placeOf(thrown), { cause: thrown });
}

/** Without the place that the library adds to it. */
function messageOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { originalError } = thrown as { originalError?: unknown };
  return originalError instanceof Error ? originalError.message : thrown.message.replace(/, line:.*$/s, '');
}

/** Errors of the library carry the token at which they arose. */
function placeOf(thrown: unknown): Place | null {
  const { token } = (thrown ?? {}) as { token?: { getPosition?: () => number[] } };
  const [line, column] = token?.getPosition?.() ?? [];
  return line === undefined || column === undefined ? null : { line, column };
}

const OUR_WORDS: ReadonlyArray<readonly [pattern: RegExp, words: string]> = [
  [/^undefined filter: (raw|json|jsonify)$/, 'no filter "$1" here: values are always escaped'],
  [/^undefined filter: (escape\w*|xml_escape)$/, 'no filter "$1" here: values are escaped already'],
  [/^undefined filter: (date\w*)$/, 'no filter "$1" here; "time" shows an instant, "span" how long it took'],
  [/^tag "(include|render|layout|block)" not found$/, 'no tag "$1" here: a template reads no other one'],
  [/^memory alloc limit exceeded$/, 'it makes a text or a list that is far too long'],
  [/^template render limit exceeded$/, 'it takes too long'],
  [/^parse length limit exceeded$/, 'it is too long'],
];

function inOurWords(message: string): string {
  const known = OUR_WORDS.find(([pattern]) => pattern.test(message));
  const words = known === undefined ? aboutUnknown(message) : message.replace(...known);
  return words.replace(/\s+/g, ' ');
}

function aboutUnknown(message: string): string {
  const filter = /^undefined filter: (.*)$/.exec(message)?.[1];
  if (filter !== undefined) return `unknown filter "${filter}"${suggestion(filter, FILTERS)}`;
  const tag = /^tag "(.*)" not found$/.exec(message)?.[1];
  return tag === undefined ? message : `unknown tag "${tag}"${suggestion(tag, TAGS)}`;
}
