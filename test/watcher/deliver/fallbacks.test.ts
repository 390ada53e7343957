import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DeliveryError } from '../../../src/errors.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import type { Store } from '../../../src/store/store.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { createFallbacks, type Fallbacks } from '../../../src/watcher/deliver/fallbacks.ts';
import type { Recorder } from '../../../src/watcher/record/recorder.ts';
import { aJob, anEvent, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { createManualClock, type ManualClock, NO_STEPS } from '../../support/manual-clock.ts';
import { quietStore } from '../../support/quiet-store.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

const SECOND = 1_000;
/** The notifiers, from the first one to the last resort. */
const NAMES = ['pager', 'oncall', 'dba'] as const;

let store: Store;
let clock: ManualClock;
let signals: Signals;
let logger: ReturnType<typeof createRecordingLogger>;
let notifiers: Record<(typeof NAMES)[number], FakeNotifier>;
let fallbacks: Fallbacks;
/** Waits until the fallbacks ask nothing of the store any more. */
let quiet: () => Promise<void>;

beforeEach(async () => {
  store = await openNewStore();
  clock = createManualClock(T0);
  notifiers = {
    pager: createFakeNotifier({ channel: 'pager' }),
    oncall: createFakeNotifier({ channel: 'oncall' }),
    dba: createFakeNotifier({ channel: 'dba' }),
  };
  begin();
});
afterEach(async () => {
  await fallbacks.stop();
  await store.close();
});

/** As at the start of a process. */
function begin(): void {
  logger = createRecordingLogger();
  signals = createSignals(logger);
  const watched = quietStore(store);
  quiet = watched.quiet;
  fallbacks = createFallbacks({
    recorder: recorder(watched.store),
    clock,
    logger,
    faultLog: createFaultLog(logger, clock),
    signals,
    steps: NO_STEPS,
  });
  fallbacks.apply([
    { channel: 'pager', fallback: 'oncall', afterMs: 10 * MINUTE },
    { channel: 'oncall', fallback: 'dba', afterMs: 10 * MINUTE },
  ]);
}

function recorder(of = store): Recorder {
  return aRecorder({ store: of, clock, signals, logger });
}

/** Owes the events of one restore to the pager alone. */
async function owe(job: number, ...names: Array<'started' | 'failed'>): Promise<void> {
  const events = names.map((name) =>
    anEvent(name, {
      id: `0198-${job}-${name}`,
      job: aJob([], { id: jobId(job) }),
      detectedAt: clock.now(),
    }),
  );
  await store.commitPoll({
    targetKey: 'orders',
    watch: 'orders',
    at: clock.now(),
    takesBaseline: false,
    observations: [],
    events: events.map((event) => ({ event, channels: ['pager'], suppressed: null })),
    audit: [],
  });
}

/** Lets time go on step by step, with a beat and a pass of every channel in each. */
async function live(ms: number, stepMs = SECOND): Promise<void> {
  for (let gone = 0; gone < ms; gone += stepMs) {
    clock.advance(stepMs);
    fallbacks.beat();
    await quiet();
    await passes();
  }
}

async function passes(): Promise<void> {
  for (const name of NAMES) {
    const deps = { store, recorder: recorder(), clock, logger, owner: 'me', random: () => 0 };
    const faultLog = createFaultLog(logger, clock);
    const signal = new AbortController().signal;
    while (
      (
        await dispatchOnce(
          { ...deps, faultLog, confidence: aConfidence(clock), notifier: notifiers[name] },
          signal,
        )
      ).mayHaveMore
    );
  }
}

function told(name: (typeof NAMES)[number]): string[] {
  return notifiers[name].accepted.flat().map((notice) => notice.name);
}

function down(retryable: boolean): () => never {
  return () => {
    throw new DeliveryError(retryable ? 'unavailable' : 'refused', 'HTTP 503', { retryable });
  };
}

describe('a fallback', () => {
  it('gets its copy after ten minutes, in order, and the channel gets it all the same once it is back', async () => {
    notifiers.pager.answer = down(true);
    await owe(1, 'started', 'failed');
    await live(10 * MINUTE - SECOND);
    expect(told('oncall')).toEqual([]);
    await live(6 * SECOND);
    expect(told('oncall')).toEqual(['started', 'failed']);

    notifiers.pager.answer = () => undefined;
    await live(10 * MINUTE);
    expect(told('pager')).toEqual(['started', 'failed']);
    expect(told('oncall')).toEqual(['started', 'failed']);
    expect(told('dba')).toEqual([]);
  });

  it('is called in while the channel hangs, and once across restarts', async () => {
    await owe(1, 'started');
    // A claim that is renewed and never ends.
    await store.claimDeliveries({
      channel: 'pager',
      owner: 'another',
      now: clock.now(),
      leaseMs: 24 * HOUR,
      limit: 1,
      perKey: 'head',
    });
    await live(10 * MINUTE + 5 * SECOND);
    expect(told('oncall')).toEqual(['started']);
    await fallbacks.stop();
    begin();
    await live(MINUTE);
    expect(told('oncall')).toEqual(['started']);
  });

  it('gets one copy of everything while the channel is down for 26 hours, with restarts in between', async () => {
    notifiers.pager.answer = down(true);
    for (let hour = 0; hour < 26; hour += 1) {
      if (hour % 6 === 0) await owe(hour, 'started', 'failed');
      await live(HOUR, MINUTE);
      await fallbacks.stop();
      begin();
    }
    const all = Array.from({ length: 5 }, () => ['started', 'failed']).flat();
    expect(told('oncall')).toEqual(all);
    expect(told('dba')).toEqual([]);

    notifiers.pager.answer = () => undefined;
    await store.redrive('given_up', clock.now());
    await live(4 * HOUR, MINUTE);
    const arrived = notifiers.pager.accepted.flat();
    expect(arrived).toHaveLength(all.length);
    for (const [jobId, ofJob] of Map.groupBy(arrived, (notice) => notice.jobId)) {
      expect(
        ofJob.map(({ name }) => name),
        jobId ?? '',
      ).toEqual(['started', 'failed']);
    }
    expect(told('oncall')).toEqual(all);
  });

  it('is called in at once when the channel gives up', async () => {
    notifiers.pager.answer = down(false);
    await owe(1, 'started');
    await passes();
    await expect
      .poll(async () => {
        await passes();
        return told('oncall');
      })
      .toEqual(['started']);
    expect(clock.now()).toBe(T0);
    expect(
      logger.lines.find(({ message }) => message === 'oncall stands in for pager')?.fields,
    ).toMatchObject({
      channel: 'oncall',
      about: 'pager',
    });
  });

  it('has one of its own', async () => {
    notifiers.pager.answer = down(true);
    notifiers.oncall.answer = down(true);
    await owe(1, 'failed');
    await live(20 * MINUTE - SECOND);
    expect(told('dba')).toEqual([]);
    await live(12 * SECOND);
    expect(told('dba')).toEqual(['failed']);
  });

  it('is not called in for what the channel accepts, nor before the channel was tried after a restart', async () => {
    await owe(1, 'started');
    // The process was away in between.
    clock.advance(HOUR);
    begin();
    await live(MINUTE);
    expect(told('pager')).toEqual(['started']);
    expect(told('oncall')).toEqual([]);
  });

  it('is looked at once more, and not once for each, for all that is given up while it is looked at', async () => {
    await fallbacks.stop();
    const looks: string[] = [];
    const gate = Promise.withResolvers<void>();
    fallbacks = createFallbacks({
      recorder: {
        recordFallback: async ({ channel }) => {
          looks.push(channel);
          await gate.promise;
          return 0;
        },
      },
      ...{ clock, logger, signals, faultLog: createFaultLog(logger, clock), steps: NO_STEPS },
    });
    fallbacks.apply([
      { channel: 'pager', fallback: 'oncall', afterMs: 10 * MINUTE },
      { channel: 'oncall', fallback: 'dba', afterMs: 10 * MINUTE },
    ]);
    const giveUp = (channel: string): void => signals.emit('deliveries:given_up', { channels: [channel] });
    giveUp('pager');
    await expect.poll(() => looks).toEqual(['pager']);
    for (let number = 0; number < 500; number += 1) giveUp(number % 2 === 0 ? 'pager' : 'oncall');
    const stopped = fallbacks.stop();
    gate.resolve();
    await stopped;
    expect(looks).toEqual(['pager', 'pager', 'oncall']);
  });

  it('is asked about again when the store fails, which is told once', async () => {
    notifiers.pager.answer = down(true);
    await owe(1, 'started');
    const { oweFallbacks } = store;
    store.oweFallbacks = () => Promise.reject(new Error('disk full'));
    await live(11 * MINUTE);
    const faults = logger.lines.filter(({ message }) => message.includes('cannot be looked after'));
    expect(faults).toHaveLength(2);
    store.oweFallbacks = oweFallbacks;
    await live(6 * SECOND);
    expect(told('oncall')).toEqual(['started']);
  });
});
