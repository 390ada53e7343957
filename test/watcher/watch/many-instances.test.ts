import { beforeEach, expect, it, vi } from 'vitest';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { createWatchLoop } from '../../../src/watcher/watch/loop.ts';
import type { WatchLoop } from '../../../src/watcher/watch/watch-loop.ts';
import { openForTest } from '../../store/support.ts';
import { aWatch, T0 } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { createFakeSource, type FakeSource } from '../../support/fake-source.ts';
import { createManualClock, type ManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const COUNT = 1_000;

let store: Store;
let source: FakeSource;
let clock: ManualClock;

beforeEach(async () => {
  store = await openForTest({ path: ':memory:' });
  source = createFakeSource();
  source.listInstances = async () =>
    Array.from({ length: COUNT }, (_, index) => ({
      instanceName: `orders-${index}`,
      name: `orders-${index}`,
      tags: {},
    }));
  clock = createManualClock(T0);
});

/** As a process that has just started. */
function aLoop(): WatchLoop {
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const recorder = aRecorder({ store, clock, signals, logger });
  const faultLog = createFaultLog(logger, clock);
  const watch = aWatch({ instanceName: '*', kind: 'cluster' });
  return createWatchLoop(
    { store, source, recorder, clock, logger, signals, faultLog, random: () => 0 },
    { watch, gapMs: () => 30_000 },
  );
}

it('takes many instances over with a few statements and commits, also after a restart', async () => {
  const transactions = countTransactions();
  const looks = vi.spyOn(store, 'lastLooksAt');
  await aLoop().pollNow();
  // Their baselines are as many commits as polls end together: eight at once at least.
  expect(transactions()).toBeLessThan(COUNT / 4);
  expect(looks.mock.calls.length).toBeLessThanOrEqual(COUNT / 100);
  const found = await store.readAudit(0, 10 * COUNT);
  expect(found.filter(({ kind }) => kind === 'instance.found')).toHaveLength(COUNT);

  clock.advance(3_600_000);
  const before = transactions();
  const baselines = vi.spyOn(store, 'targetsWithBaseline');
  await aLoop().pollNow();
  expect(transactions() - before).toBeLessThanOrEqual(COUNT / 100);
  expect(baselines.mock.calls.length).toBeLessThanOrEqual(COUNT / 100);
});
