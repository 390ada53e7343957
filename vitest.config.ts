import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests of the whole program mostly wait for it, so even two cores have room for two (the default there is one).
    maxWorkers: Math.max(2, availableParallelism() - 1),
    env: { TZ: 'UTC' },
    reporters: process.env.CI ? ['default', ['json', { outputFile: 'coverage/results.json' }]] : ['default'],
  },
});
