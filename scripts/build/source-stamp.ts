import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** All that a build depends on, below the root of a checkout. */
const INPUTS = [
  'src/**/*.{css,js,json,ts}',
  'scripts/build.ts',
  'scripts/build/**/*.ts',
  'package.json',
  'package-lock.json',
  'LICENSE',
];

/** Where a build notes what it was made of. */
const STAMP = 'source.sha256';

/** Notes in `dist/` what it was made of. Comes last in a build: one that broke off is not current. */
export function stampBuild(root: string): void {
  writeFileSync(join(root, 'dist', STAMP), `${sourceHash(root)}\n`);
}

/**
 * The entry point to run in a checkout, from its root: that of `dist/` where it was made of what stands here now, else that of the source.
 * Goes by what is in the files: a time of change says nothing after a checkout of another revision.
 */
export function currentEntry(root: string): 'dist/main.js' | 'src/main.ts' {
  const stamp = join(root, 'dist', STAMP);
  const isCurrent = existsSync(stamp) && readFileSync(stamp, 'utf8').trim() === sourceHash(root);
  return isCurrent && existsSync(join(root, 'dist/main.js')) ? 'dist/main.js' : 'src/main.ts';
}

/** Of names and contents. */
function sourceHash(root: string): string {
  const hash = createHash('sha256');
  for (const file of globSync(INPUTS, { cwd: root }).sort()) {
    const content = readFileSync(join(root, file));
    hash.update(`${file}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}
