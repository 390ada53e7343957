import { readFileSync, writeFileSync } from 'node:fs';

/**
 * Writes the text into a Markdown file, in place of what stands there between the comments `<!-- NAME -->` and `<!-- /NAME -->`.
 * @throws when it has no such place.
 */
export function writeIntoPage(file: string, name: string, text: string): void {
  writeFileSync(file, withText(readFileSync(file, 'utf8'), name, text));
}

/** Makes sure that the page has such a place, before the work is done that fills it. @throws when it has none. */
export function mustHavePlace(file: string, name: string): void {
  withText(readFileSync(file, 'utf8'), name, '');
}

/** The page with the text in that place. @throws when it has no such place. */
export function withText(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const from = page.indexOf(begin);
  const to = page.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`the page has no place between ${begin} and ${end}`);
  return `${page.slice(0, from)}${begin}\n\n${text.trim()}\n\n${page.slice(to)}`;
}
