import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // No verdict hangs on the speed of the machine: what takes so long will not come any more.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 45_000 } },
    // Tests of the whole program mostly wait for it, so even two cores have room for two (the default there is one).
    maxWorkers: Math.max(2, availableParallelism() - 1),
    env: {
      TZ: 'UTC',
      // Compiling is most of what a program does that starts from its source and soon ends: workers and child processes share it.
      NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node-compile'),
    },
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/results.json' }]] : ['default'],
  },
});
