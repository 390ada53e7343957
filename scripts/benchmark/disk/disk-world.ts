import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAuditMirror } from '../../../src/audit/mirror.ts';
import { targetOf } from '../../../src/domain/job/watch.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { createConfidence } from '../../../src/watcher/deliver/confidence.ts';
import { dispatchOnce } from '../../../src/watcher/deliver/dispatch.ts';
import { createSendTimes } from '../../../src/watcher/deliver/send-times.ts';
import { PruneWalk } from '../../../src/watcher/keep/walk.ts';
import { Places } from '../../../src/watcher/poll/places.ts';
import { type PollInput, pollTarget } from '../../../src/watcher/poll/poll.ts';
import { aRoute, aWatch, MINUTE } from '../../../test/support/builders.ts';
import { createFakeNotifier } from '../../../test/support/fake-notifier.ts';
import { createFakeSource } from '../../../test/support/fake-source.ts';
import { createManualClock } from '../../../test/support/manual-clock.ts';
import { aRecorder } from '../../../test/support/recorder.ts';
import { createRecordingLogger } from '../../../test/support/silent-logger.ts';

/** What stands on the disk, in bytes. */
export interface OnDisk {
  store: number;
  mirror: number;
}

/** A watch and its channels with the real polls, deliveries, store file and mirror, a clock that is set, and an Atlas and receiver in memory. */
export async function createDiskWorld(startAt: number, channels: readonly string[] = ['oncall']) {
  const directory = mkdtempSync(join(tmpdir(), 'disk-growth-'));
  const path = join(directory, 'watcher.db');
  const file = join(directory, 'audit.jsonl');
  const store = await openSqliteStore({ path });
  const clock = createManualClock(startAt);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const source = createFakeSource();
  const notifiers = channels.map((channel) => createFakeNotifier({ channel }));
  const recorder = aRecorder(
    { store, clock, signals, logger },
    { routes: [aRoute({ channels: [...channels] })] },
  );
  const mirror = createAuditMirror({ file, store, logger });
  const watch = aWatch();
  const input: PollInput = {
    watch,
    target: targetOf(watch),
    lateAfterMs: 2 * MINUTE,
    signal: new AbortController().signal,
    isUrgent: false,
    depth: 'whole',
    newSince: null,
    notes: { pages: new Map(), jobs: new Map() },
    places: new Places(),
    timePolicyFor: () => ({ stalled: null, expiringWithinMs: null }),
  };
  const faultLog = createFaultLog(logger, clock);
  const dispatchers = notifiers.map((notifier) => {
    const confidence = createConfidence(clock, createSendTimes(clock));
    const common = { store, recorder, clock, logger, faultLog, owner: 'me', random: () => 0.5 };
    return { ...common, notifier, confidence };
  });
  const deliver = async (): Promise<void> => {
    for (const deps of dispatchers)
      while ((await dispatchOnce(deps, new AbortController().signal)).mayHaveMore);
  };
  const nextDueAt = async (): Promise<number | null> => {
    const dues = await Promise.all(channels.map((channel) => store.nextDueAt(channel)));
    const known = dues.filter((due) => due !== null);
    return known.length === 0 ? null : Math.min(...known);
  };

  return {
    clock,
    source,
    notifiers,
    poll: () => pollTarget({ source, store, recorder, clock }, input),
    deliver,
    /** Tries what is owed whenever it is due, for so long. */
    live: async (ms: number): Promise<void> => {
      const until = clock.now() + ms;
      for (;;) {
        await deliver();
        const due = await nextDueAt();
        if (due === null || due > until) break;
        clock.advance(Math.max(1, due - clock.now()));
      }
      clock.advance(Math.max(0, until - clock.now()));
    },
    /** Prunes everything that has ended. */
    pruneAll: async (): Promise<void> => {
      const walk = new PruneWalk({ store, clock }, clock.now() + 1, 200);
      while (!walk.hasEnded) await walk.step();
    },
    /** What is used of both files, free pages of the database left out. */
    measure: async (): Promise<OnDisk> => {
      await mirror.catchUp();
      return { store: usedBytes(path), mirror: statSync(file).size };
    },
    close: async (): Promise<void> => {
      await mirror.close();
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}

function usedBytes(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    const read = (name: string): number => Number(Object.values(db.prepare(`pragma ${name}`).get() ?? {})[0]);
    return (read('page_count') - read('freelist_count')) * read('page_size');
  } finally {
    db.close();
  }
}
