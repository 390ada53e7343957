import { WatcherError } from '../../../errors.ts';

/** A text with an environment variable a line, as shells, Docker Compose, systemd and `node --env-file` read it. */

/** The variables that a file of them sets. */
export function namesIn(text: string): string[] {
  return text.split('\n').flatMap((line) => ASSIGNMENT.exec(line)?.[1] ?? []);
}

const ASSIGNMENT = /^\s*(?:export\s+)?([A-Za-z_]\w*)=/;

/**
 * The text with these variables set: lines that set them already are replaced, everything else stays as it is.
 * @throws {WatcherError} for a value that those readers would not read alike.
 */
export function withVariables(text: string, values: ReadonlyMap<string, string>): string {
  const kept = text.split('\n').filter((line) => !values.has(ASSIGNMENT.exec(line)?.[1] ?? ''));
  const before = kept.join('\n').trimEnd();
  const lines = [...values].map(([name, value]) => `${name}=${asWritten(name, value)}`);
  return `${[...(before === '' ? [] : [before]), ...lines].join('\n')}\n`;
}

/** Plain where nobody could take it for more than a text, else in single quotes, in which nothing is special. */
function asWritten(name: string, value: string): string {
  if (/^[\w.:/@%+=,-]*$/.test(value)) return value;
  if (!/['\p{Cc}]/u.test(value)) return `'${value}'`;
  throw new WatcherError(
    'init',
    `${name} holds a quotation mark or a control character, which the readers of such a file take in different ways`,
    { hint: `Set ${name} yourself, or keep it in a file and write \${file:PATH}.` },
  );
}
