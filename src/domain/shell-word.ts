import { withoutLayout } from './one-line.ts';

/** A word of a shell that stands for this text as it is. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** One word of a shell, whatever a name from elsewhere holds; in quotes only where it needs them, for people to read and run. */
export function shellWord(name: string): string {
  const clean = withoutLayout(name.toWellFormed());
  return /^[\p{L}\p{N}_.:@%+,/…-]+$/u.test(clean) ? clean : quoted(clean);
}
