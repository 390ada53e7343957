import { readFile, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';

/**
 * Writes a script that imports nothing but Node into the folder, as plain JavaScript, and gives its path: the part of Node that takes
 * types away costs memory, which would be counted.
 */
export async function plainScript(source: URL, dir: string): Promise<string> {
  const file = join(dir, basename(source.pathname).replace(/\.ts$/, '.mjs'));
  await writeFile(file, stripTypeScriptTypes(await readFile(source, 'utf8')));
  return file;
}
