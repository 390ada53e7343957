import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { keepHeartbeat } from '../../src/health/heartbeat-keeper.ts';
import { MINUTE, T0 } from '../support/builders.ts';
import { startHttpSink } from '../support/http-sink.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { aWatcherStatus } from '../support/statuses.ts';
import { createSteppingClock } from '../support/stepping-clock.ts';

const store = {
  lastCheckpoint: async () => ({ key: null, last: null }),
  checkWritable: async () => {},
  nextDueAt: async () => null,
  failingChannels: async () => new Map(),
  givenUpSince: async () => new Map(),
};

it('knows what is wrong with the heartbeat of the configuration in force, and forgets that of the one before', async () => {
  const sink = await startHttpSink();
  onTestFinished(() => sink.close());
  sink.answer = { status: 200, body: 'OK (not found)' };
  const clock = createSteppingClock(T0);
  const keeper = keepHeartbeat({
    status: () => aWatcherStatus(),
    store,
    clock,
    logger: createRecordingLogger(),
  });
  onTestFinished(() => keeper.stop());
  const files = new Map<string, string>();
  const heartbeat = {
    url: `${sink.origin}/beat`,
    failUrl: null,
    everyMs: MINUTE,
    caFile: null,
    checkpoint: false,
  };
  expect(keeper.fault()).toBeNull();

  keeper.apply({ heartbeat, files });
  await clock.step(MINUTE);
  await expect.poll(() => keeper.fault()).toMatchObject({ kind: 'doubtful', since: T0 + MINUTE });
  keeper.apply({ heartbeat: { ...heartbeat }, files });
  expect(keeper.fault()).toMatchObject({ kind: 'doubtful' });
  keeper.apply({ heartbeat: { ...heartbeat, url: `${sink.origin}/other` }, files });
  expect(keeper.fault()).toBeNull();

  const caFile = join(import.meta.dirname, 'no-such.pem');
  keeper.apply({ heartbeat: { ...heartbeat, caFile }, files });
  expect(keeper.fault()).toMatchObject({
    kind: 'unsent',
    detail: expect.stringContaining(caFile),
    since: T0 + MINUTE,
  });
  keeper.apply({ heartbeat: null, files });
  expect(keeper.fault()).toBeNull();
});
