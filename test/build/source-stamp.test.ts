import { cpSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { currentEntry, stampBuild } from '../../scripts/build/source-stamp.ts';

const BUILT = 'dist/main.js';
const SOURCE = 'src/main.ts';

/** A checkout of a few files, with a build that is noted as made of them. */
function aBuiltCheckout(): string {
  const root = mkdtempSync(join(tmpdir(), 'checkout-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of ['src/config', 'scripts/build', 'dist'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const file of [SOURCE, 'src/config/load.ts', 'scripts/build.ts', 'package-lock.json', BUILT])
    writeFileSync(join(root, file), `of ${file}`);
  stampBuild(root);
  return root;
}

describe('what npm start runs', () => {
  it('is the build where it was made of what stands there, whenever that was written', () => {
    const root = aBuiltCheckout();
    utimesSync(join(root, SOURCE), new Date(), new Date(Date.now() + 3_600_000));
    expect(currentEntry(root)).toBe(BUILT);
  });

  it.each<[what: string, change: (root: string) => void]>([
    ['nothing is built', (root) => rmSync(join(root, 'dist'), { recursive: true })],
    ['a build broke off', (root) => rmSync(join(root, BUILT))],
    ['a build has no note', (root) => rmSync(join(root, 'dist/source.sha256'))],
    ['a file of the source has changed', (root) => writeFileSync(join(root, 'src/config/load.ts'), 'else')],
    ['one has been added', (root) => writeFileSync(join(root, 'src/config/new.ts'), '')],
    ['one has gone', (root) => rmSync(join(root, 'src/config/load.ts'))],
    [
      'one has another name',
      (root) => {
        cpSync(join(root, 'src/config/load.ts'), join(root, 'src/config/read.ts'));
        rmSync(join(root, 'src/config/load.ts'));
      },
    ],
    ['another package is locked', (root) => writeFileSync(join(root, 'package-lock.json'), 'else')],
    ['it is built in another way', (root) => writeFileSync(join(root, 'scripts/build.ts'), 'else')],
  ])('is the source where %s', (_what, change) => {
    const root = aBuiltCheckout();
    change(root);
    expect(currentEntry(root)).toBe(SOURCE);
  });
});
