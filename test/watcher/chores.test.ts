import { expect, it, onTestFinished } from 'vitest';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import { createSignals } from '../../src/signals.ts';
import { Chores } from '../../src/watcher/chores.ts';
import { MINUTE, T0 } from '../support/builders.ts';
import { createManualClock, NO_STEPS } from '../support/manual-clock.ts';
import { aRecorder } from '../support/recorder.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { openNewStore } from '../support/test-store.ts';

const SECOND = 1_000;

it('end at once, though signing has not even begun, and the log is signed when it has', async () => {
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const whole = await openNewStore();
  onTestFinished(() => whole.close());
  let pruned = 0;
  const store: typeof whole = {
    ...whole,
    prune: (step) => {
      pruned += 1;
      return whole.prune(step);
    },
  };
  const begin = Promise.withResolvers<() => Promise<void>>();
  const ends: string[] = [];
  const chores = new Chores({
    ...{ store, clock, logger, signals, faultLog: createFaultLog(logger, clock) },
    recorder: aRecorder({ store, clock, signals }, { routes: [] }),
    steps: NO_STEPS,
    isRunning: () => false,
    surelyNow: () => clock.now(),
    onChannelClosed: () => {},
    areAgreed: () => true,
    prepareVisibility: async () => {},
    visibilityOf: () => ({ kind: 'blind' }),
    signing: () => begin.promise,
  });
  chores.apply({
    ...{ fallbacks: [], drills: [], testAlert: null, keepMs: MINUTE, watches: [], notifiers: [] },
    configured: { watches: [], channels: [] },
  });
  const beat = async (): Promise<void> => {
    clock.advance(SECOND);
    chores.beat();
    await new Promise(setImmediate);
  };
  const stopping = chores.stop().then(() => ends.push('stopped'));
  for (let second = 0; second < 10 * 60; second += 1) await beat();
  expect({ pruned, ends }).toEqual({ pruned: 0, ends: [] });
  begin.resolve(async () => void ends.push('signed'));
  await stopping;
  expect(ends).toEqual(['signed', 'stopped']);
});
