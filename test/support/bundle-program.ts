import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { rolldown } from 'rolldown';

/** Two levels below `package.json`, as `src/app/` is: the program reads its version there. */
const FOLDER = resolve('dist/bundle');

/**
 * Makes one file of the program before the tests start, for those that run it as a process: they start it again and again, and
 * loading it from its source takes a second of processor time each.
 */
export async function setup(): Promise<void> {
  const bundle = await rolldown({
    input: 'src/main.ts',
    platform: 'node',
    // An optional import of digest-fetch, which the built-in fetch makes needless.
    external: ['node-fetch'],
    // The other entry of jsonc-parser loads its parts by names that a bundler cannot see.
    resolve: { mainFields: ['module', 'main'] },
    logLevel: 'silent',
  });
  await bundle.write({
    dir: FOLDER,
    format: 'esm',
    // A dependency calls `require`, which modules do not have.
    banner:
      "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
  });
  await bundle.close();
  const main = resolve(FOLDER, 'main.js');
  // One that does not start would have every test wait for it in vain.
  await promisify(execFile)(process.execPath, [main, '--version']);
  process.env.TEST_PROGRAM = main;
}
