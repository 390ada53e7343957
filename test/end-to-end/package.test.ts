import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import ownPackage from '../../package.json' with { type: 'json' };
import { type Packed, packProgram } from '../support/packed.ts';

let packed: Packed;
/** An empty folder, into which the package has been installed. */
let folder: string;

beforeAll(async () => {
  packed = await packProgram();
  folder = await packed.emptyFolder();
  await packed.run('npm', ['install', packed.tarball], folder);
});
afterAll(() => packed.remove());

const fromTarball = (): string[] => ['--yes', `--package=${packed.tarball}`, 'atlas-restore-watcher'];

describe('the package', () => {
  it('installs without a registry, and brings nothing but itself', async () => {
    const installed = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
    expect(installed).toEqual(['atlas-restore-watcher']);
    const manifest = await readFile(join(folder, 'node_modules/atlas-restore-watcher/package.json'), 'utf8');
    expect(JSON.parse(manifest)).toEqual({
      ...(({ dependencies, devDependencies, scripts, allowScripts, ...kept }) => kept)(ownPackage),
    });
    expect(await readdir(join(folder, 'node_modules/atlas-restore-watcher'))).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'config',
      'dist',
      'docs',
      'package.json',
    ]);
  });

  it('is a command of two names, of which npx finds one by the name of the package', async () => {
    expect(await packed.run('npx', ['restore-watcher', '--version'], folder)).toBe(`${ownPackage.version}\n`);
    const elsewhere = await packed.emptyFolder();
    expect(await packed.run('npx', [...fromTarball(), '--version'], elsewhere)).toBe(
      `${ownPackage.version}\n`,
    );
  });

  it('plays the demo to its end in an empty folder, and leaves nothing there', async () => {
    const elsewhere = await packed.emptyFolder();
    const said = await packed.run('npx', [...fromTarball(), 'demo'], elsewhere);
    expect(said).toMatch(/secrets seen +0 /);
    expect(await readdir(elsewhere)).toEqual([]);
  });
});
