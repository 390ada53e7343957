import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { inject } from 'vitest';
import { noticesText, packagesOf } from '../../scripts/build/notices.ts';
import { childEnvironment } from './child-environment.ts';
import { MAIN } from './program.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PARTS = ['package.json', 'config', 'docs', 'README.md', 'CHANGELOG.md', 'SECURITY.md', 'LICENSE'];

/** An npm tarball of the program, in a folder of its own. */
export interface Packed {
  tarball: string;
  /**
   * Runs a command where `cwd` says, with a home and a cache of its own: neither registry nor what this machine has is of any use to it.
   * Rejects when it ends with another exit code than 0.
   */
  run(command: string, args: readonly string[], cwd: string, more?: Record<string, string>): Promise<string>;
  /** Makes an empty folder. */
  emptyFolder(): Promise<string>;
  remove(): Promise<void>;
}

/** Packs the bundle that the tests run as `npm pack` does it, beside the checkout: its `package.json` is read by others meanwhile. */
export async function packProgram(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'restore-watcher-package-'));
  const [checkout, home] = [join(folder, 'checkout'), join(folder, 'home')];
  await mkdir(home);
  const env = childEnvironment({
    // The runtime of the tests before the machine's own.
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: home,
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
  });
  const run: Packed['run'] = async (command, args, cwd, more = {}) =>
    (await promisify(execFile)(command, args, { cwd, env: { ...env, ...more }, maxBuffer: 16 * 1024 ** 2 }))
      .stdout;

  for (const part of PARTS) await cp(join(ROOT, part), join(checkout, part), { recursive: true });
  await cp(dirname(MAIN), join(checkout, 'dist'), { recursive: true });
  const packages = packagesOf(inject('bundledFiles').flatMap(({ modules }) => modules));
  await writeFile(join(checkout, 'dist/THIRD-PARTY-LICENSES'), noticesText(packages));
  await run(process.execPath, [join(ROOT, 'scripts/package.ts'), 'before'], checkout);
  await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], checkout);
  const file = (await readdir(folder)).find((name) => name.endsWith('.tgz'));
  if (!file) throw new Error('npm pack made no tarball');
  return {
    tarball: join(folder, file),
    run,
    emptyFolder: () => mkdtemp(join(folder, 'empty-')),
    remove: () => rm(folder, { recursive: true }),
  };
}
