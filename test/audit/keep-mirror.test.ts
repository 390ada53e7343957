import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { keepMirror } from '../../src/audit/keep-mirror.ts';
import { createSignals } from '../../src/signals.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

/** A mirror that is in step, whose timers go by the test's clock. */
async function aMirror() {
  const store = await openForTest({ path: ':memory:' });
  const [logger, clock] = [createRecordingLogger(), createManualClock(T0)];
  const signals = createSignals(logger);
  const file = join(temporaryDirectory(), 'audit.jsonl');
  const stop = await keepMirror(file, { store, logger, clock, signals });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  let written = 0;
  return {
    stop,
    write: async (): Promise<void> => {
      written += 1;
      await store.recordAudit([aDraft(written)]);
      signals.emit('audit:written', {});
    },
    pass: (ms: number): void => {
      clock.advance(ms);
      vi.advanceTimersByTime(ms);
    },
    /** An entry waits for its turn; else all are being written, or stand in the file. */
    isWaiting: (): boolean => vi.getTimerCount() > 0,
    lines: (): number => readFileSync(file, 'utf8').split('\n').length - 1,
  };
}

it('writes a burst of entries in one go, once there is a pause', async () => {
  const { write, pass, isWaiting, stop, lines } = await aMirror();
  for (let count = 0; count < 5; count += 1) {
    await write();
    pass(90);
    expect(isWaiting()).toBe(true);
  }
  pass(160);
  expect(isWaiting()).toBe(false);
  vi.useRealTimers();
  await stop();
  expect(lines()).toBe(5);
});

it('lets no entry wait for more than a second where they come without a pause', async () => {
  const { write, pass, isWaiting, stop } = await aMirror();
  await write();
  let waitedMs = 0;
  for (; isWaiting() && waitedMs < 5_000; waitedMs += 50) {
    await write();
    pass(50);
  }
  expect(waitedMs).toBeLessThanOrEqual(1_000);
  vi.useRealTimers();
  await stop();
});
