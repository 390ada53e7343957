import type { RunnerConfig, RunnerDeps } from '../../src/watcher/runner.ts';
import { aRoute } from './builders.ts';

/** What a runner goes by that watches nothing and tells `oncall` alone, but for `over`. */
export function aRunnerConfig(over: Partial<RunnerConfig> = {}): RunnerConfig {
  return {
    watches: [],
    sources: new Map(),
    routes: [aRoute({ channels: ['oncall'] })],
    nextDigest: () => null,
    notifiers: [],
    fallbacks: [],
    drills: [],
    testAlert: null,
    keepMs: null,
    configuration: 'c0ffee',
    projectUrl: () => null,
    configEntry: {},
    ...over,
  };
}

/** A process that has the store to itself, and whose chance is none. */
export const ALONE = {
  random: () => 0.5,
  version: '0.0.0',
  membership: { kind: 'alone', replica: 'me' },
} as const satisfies Partial<RunnerDeps>;
