import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';
import { PATIENCE_MS } from './test/support/patience.ts';
import { postgresPrograms } from './test/support/postgres/server.ts';

/** The watcher's tests are run a second time, over the other store; where there is none, that is nothing. */
const isPostgres = process.env.TEST_STORE === 'postgres';
const isNothing = isPostgres && postgresPrograms() === null;

export default defineConfig({
  test: {
    include: isNothing ? [] : ['test/**/*.test.ts'],
    passWithNoTests: isNothing,
    // Torn down in the opposite order: the database leaves its folder first.
    globalSetup: [
      'test/support/temporary-folder.ts',
      'test/support/bundle-program.ts',
      'test/support/postgres/setup.ts',
    ],
    // No verdict hangs on the speed of the machine. Whatever waits gives up after 45 s by itself (`test/support/patience.ts`), and a
    // test may wait several times.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: PATIENCE_MS } },
    // Tests of the whole program mostly wait for it, so two cores have room for six.
    maxWorkers: Math.max(6, availableParallelism()),
    // A worker takes file after file: starting one for each, with all that it imports, costs more than most files do.
    isolate: false,
    sequence: { sequencer: LongFirst },
    env: {
      TZ: 'UTC',
      // Compiling is most of what a program does that starts from its source and soon ends: workers and child processes share it.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile'),
    },
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/results.json' }]] : ['default'],
  },
});
