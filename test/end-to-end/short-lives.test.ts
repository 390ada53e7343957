import { expect, it } from 'vitest';
import { assemble } from '../../src/app/assembly.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { runOnce } from '../../src/watcher/once/once.ts';
import type { Home } from '../support/daemon.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { settle, startWorld } from './support.ts';

/** What `restore-watcher once` does, so long from now. @returns whether it ends with 0. */
async function liveOnce({ configFile }: Home, laterMs: number): Promise<boolean> {
  const clock: Clock = {
    ...systemClock,
    now: () => systemClock.now() + laterMs,
    monotonic: () => systemClock.monotonic() + laterMs,
  };
  const config = await loadConfig(configFile, { env: {} });
  const assembly = await assemble({
    config,
    clock,
    logger: createRecordingLogger(),
    redactor: createRedactor(),
    version: '0.0.0',
  });
  try {
    return (await runOnce(assembly.runnerDeps, new AbortController().signal)).isComplete;
  } finally {
    await assembly.close();
  }
}

it('tells of a watch that fails although each run of it is over at once', async () => {
  const world = await startWorld();
  world.atlas.setFault({ kind: 'status', status: 403, errorCode: 'IP_ADDRESS_NOT_ON_ACCESS_LIST' });
  const home = await settle(world.config({ watches: [world.watch({ failingAfter: '1m' })] }));
  expect(await liveOnce(home, 0)).toBe(false);
  expect(world.told()).toEqual([]);
  expect(await liveOnce(home, 61_000)).toBe(false);
  world.atlas.setFault(null);
  expect(await liveOnce(home, 62_000)).toBe(true);
  expect(await liveOnce(home, 63_000)).toBe(true);
  expect(world.told().map(({ data }) => data.event)).toEqual(['watch_failing', 'watch_recovered']);
});
