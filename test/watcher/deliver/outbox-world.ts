import { onTestFinished } from 'vitest';
import type { EventName } from '../../../src/domain/event/event.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { aJob, anEvent, jobId, T0 } from '../../support/builders.ts';
import { aConfidence } from '../../support/confidence.ts';
import { createFakeNotifier, type FakeNotifier } from '../../support/fake-notifier.ts';
import { aJoining } from '../../support/joining.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { openNewStore } from '../../support/test-store.ts';

/** One channel over a real store, with the real dispatch, a receiver that the test plays, and a clock that it owns. */
export async function outboxWorld(over: Parameters<typeof createFakeNotifier>[0] = {}) {
  const store = await openNewStore();
  onTestFinished(() => store.close());
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const notifier: FakeNotifier = createFakeNotifier(over);
  let confidence = aConfidence(clock);
  let numbers = 0;

  const pass = () =>
    dispatchOnce(
      {
        store,
        recorder: aRecorder({ store, clock, signals, logger }),
        notifier,
        confidence,
        clock,
        logger,
        faultLog: createFaultLog(logger, clock),
        owner: 'me',
        random: () => 0,
      },
      new AbortController().signal,
    );
  const drain = async (): Promise<void> => {
    for (let round = 0; (await pass()).mayHaveMore; round += 1)
      if (round > 10_000) throw new Error('the outbox is never done');
  };

  return {
    store,
    clock,
    signals,
    notifier,
    pass,
    drain,
    /** Owes events in this order; returns the ids of their deliveries. */
    owe: async (...entries: Array<[name: EventName, job: number]>): Promise<string[]> => {
      const events = entries.map(([name, job]) => {
        numbers += 1;
        const id = `0198-${String(numbers).padStart(6, '0')}`;
        return anEvent(name, { id, job: aJob([], { id: jobId(job) }), detectedAt: clock.now() });
      });
      await store.commitPoll({
        targetKey: 'orders',
        watch: 'orders',
        at: clock.now(),
        takesBaseline: false,
        observations: [],
        events: events.map((event) => ({ event, channels: ['oncall'], suppressed: null })),
        audit: [],
      });
      return events.map(({ id }) => `${id}:oncall`);
    },
    /** Goes on until `until`, from one time at which something may be due to the next. */
    liveUntil: async (until: number): Promise<void> => {
      for (;;) {
        await drain();
        const due = await store.nextDueAt('oncall');
        if (due === null || due > until) break;
        clock.advance(Math.max(1, due - clock.now()));
      }
      clock.advance(Math.max(0, until - clock.now()));
      await drain();
    },
    /** Another process with the same store: what was known in memory is gone. */
    restart: async (): Promise<void> => {
      confidence = aConfidence(clock);
      await store.join(aJoining());
    },
    delivery: async (id: string) => {
      const { items } = await store.listDeliveries({ limit: 20_000 });
      const found = items.find((item) => item.id === id);
      if (!found) throw new Error(`no delivery ${id}`);
      return found;
    },
    /** The ids of what was accepted, in order. */
    accepted: () => notifier.accepted.flat().map(({ eventId }) => `${eventId}:oncall`),
    audit: async () => (await store.readAudit(0, 20_000)).map(({ kind, data }) => ({ kind, data })),
  };
}
