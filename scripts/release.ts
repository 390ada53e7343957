/** `npm run release -- X.Y.Z`: makes a release of what is committed. docs/releasing.md says how and why. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ReleaseRefused, release } from './release/release.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'dry-run': { type: 'boolean', default: false },
    /** CI has run the tests on this very commit. */
    tested: { type: 'boolean', default: false },
  },
});
try {
  release({
    root: resolve(import.meta.dirname, '..'),
    version: positionals[0],
    dryRun: values['dry-run'],
    tested: values.tested,
    date: new Date().toISOString().slice(0, 10),
    say: (line) => console.log(line),
  });
} catch (error) {
  if (!(error instanceof ReleaseRefused)) throw error;
  console.error(`not released: ${error.message}`);
  process.exitCode = 1;
}
