import { expect, it } from 'vitest';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import { openForTest } from '../../store/support.ts';
import { aWatch, T0 } from '../../support/builders.ts';
import { createFakeSource } from '../../support/fake-source.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

let nextTickAt: number | null = null;

it('a watch says when it is polled next: when its schedule comes round, else a period after the last poll has begun, and nothing before the first', async () => {
  const store = await openForTest({ path: ':memory:' });
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const loop = createWatchLoop(
    {
      ...{ store, source: createFakeSource(), clock, logger, signals, random: () => 0 },
      recorder: aRecorder({ store, clock, signals, logger }),
      faultLog: createFaultLog(logger, clock),
    },
    { watch: aWatch(), gapMs: () => 30_000, nextTickAt: () => nextTickAt },
  );
  expect(loop.status().nextPollAt).toBeNull();
  await loop.pollNow();
  clock.advance(12_000);
  expect(loop.status().nextPollAt).toBe(T0 + 30_000);
  clock.advance(20_000);
  expect(loop.status().nextPollAt).toBe(T0 + 32_000);
  nextTickAt = T0 + 9 * 3_600_000;
  expect(loop.status().nextPollAt).toBe(nextTickAt);
});
