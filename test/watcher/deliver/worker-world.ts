import { onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { createChannelSet } from '../../../src/watcher/deliver/channel-set.ts';
import { leasesAlone } from '../../../src/watcher/leases/leases.ts';
import { aRoute, HOUR } from '../../support/builders.ts';
import type { FakeNotifier } from '../../support/fake-notifier.ts';
import { NO_STEPS } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';
import { oweJobs } from './owe-jobs.ts';

/** A worker that is idle, over a real store. */
export async function aWorker(notifier: FakeNotifier, clock: Clock = systemClock) {
  const store = await openNewStore();
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const recorder = aRecorder({ store, clock, signals, logger }, { routes: [aRoute()] });
  const set = createChannelSet({
    ...{ store, signals, recorder, clock, logger },
    faultLog: createFaultLog(logger),
    leases: leasesAlone(),
    owner: 'me',
    random: () => 0,
    steps: NO_STEPS,
    lookEveryMs: HOUR,
  });
  onTestFinished(async () => {
    await set.stop();
    await store.close();
  });
  let recorded = 0;
  const all = { count: 0, done: () => {} };
  signals.on('delivery:recorded', () => {
    recorded += 1;
    if (recorded === all.count) all.done();
  });
  await set.apply([notifier]);
  // It has looked, and waits.
  await new Promise(setImmediate);
  return {
    store,
    signals,
    recorder,
    /** Owes one event about each of these jobs, and says so. */
    owe: (...jobs: number[]): Promise<void> => oweJobs({ store, signals }, jobs),
    /** Resolves when so many have ended since the beginning. */
    untilRecorded: (count: number) =>
      new Promise<void>((resolve) => {
        Object.assign(all, { count, done: resolve });
        if (recorded >= count) resolve();
      }),
  };
}
