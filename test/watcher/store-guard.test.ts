import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../src/errors.ts';
import { createFaultLog } from '../../src/logging/fault-log.ts';
import type { Store } from '../../src/store/store.ts';
import { createStoreGuard, type StoreGuard } from '../../src/watcher/store-guard.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { readingStore } from '../support/reading-store.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';
import { settled } from '../support/stepping-clock.ts';

const FULL = new StoreError('unavailable', 'w.db: cannot commit a poll: the disk is full', {
  hint: 'Make room.',
});
const LOCKED = new StoreError('unavailable', 'w.db: cannot write: it is locked', { hint: 'Try again.' });
const TORN = new StoreError('damaged', 'w.db is damaged: pages are torn');

let clock: ManualClock;
let logger: ReturnType<typeof createRecordingLogger>;
let store: Store;
let guard: StoreGuard<Store>;
let probes: number;
/** What the next writes meet. */
let fault: Error | null;

beforeEach(() => {
  clock = createManualClock(T0);
  logger = createRecordingLogger();
  probes = 0;
  fault = null;
  const write = async (): Promise<void> => {
    if (fault) throw fault;
  };
  store = {
    ...readingStore(),
    commitPoll: () => write().then(() => true),
    checkWritable: () => {
      probes += 1;
      return write();
    },
  };
  guard = createStoreGuard(store, { clock, faultLog: createFaultLog(logger, clock) });
});

const commit = () =>
  guard.store.commitPoll({
    targetKey: 'k',
    watch: 'w',
    at: T0,
    takesBaseline: true,
    observations: [],
    events: [],
    audit: [],
  });

async function live(ms: number): Promise<void> {
  for (let gone = 0; gone < ms; gone += 1_000) {
    clock.advance(1_000);
    guard.beat();
    await settled();
  }
}
const told = () => logger.lines.map(({ level, message }) => `${level} ${message}`);

describe('a store that cannot be written', () => {
  it('is found out within 15 s although nothing changes, and is told once', async () => {
    fault = FULL;
    await live(14_000);
    expect(guard.fault()).toBeNull();
    await live(1_000);
    expect(guard.fault()).toEqual({ message: FULL.message, hint: 'Make room.', since: T0 + 15_000 });
    await live(60_000);
    expect(told()).toEqual([`error The store fails: ${FULL.message}`]);
  });

  it('is known at once from whoever meets the fault, who gets it as before', async () => {
    fault = FULL;
    await expect(commit()).rejects.toBe(FULL);
    expect(guard.fault()?.message).toBe(FULL.message);
  });

  it('stays so while things can be read, and until a write has succeeded', async () => {
    fault = FULL;
    await expect(commit()).rejects.toBe(FULL);
    await guard.store.listMutes({});
    await live(60_000);
    expect(guard.fault()).not.toBeNull();
    fault = null;
    await live(5_000);
    expect(guard.fault()).toBeNull();
    expect(told()).toEqual([`error The store fails: ${FULL.message}`, 'info The store can be written again']);
  });

  it('is told of again when the reason changes, and keeps its beginning', async () => {
    fault = LOCKED;
    await live(15_000);
    fault = FULL;
    await live(10_000);
    expect(told()).toEqual([
      `error The store fails: ${LOCKED.message}`,
      `error The store fails: ${FULL.message}`,
    ]);
    expect(guard.fault()).toMatchObject({ message: FULL.message, since: T0 + 15_000 });
  });

  it('is one that does not answer, too', async () => {
    const answer = Promise.withResolvers<void>();
    store.checkWritable = () => answer.promise;
    await live(44_000);
    expect(guard.fault()).toBeNull();
    await live(2_000);
    expect(guard.fault()?.message).toBe('no answer for more than 30 s');
    answer.resolve();
    await settled();
    expect(guard.fault()).toBeNull();
  });
});

describe('a store that works', () => {
  it('is tried every 15 s, and nothing is said', async () => {
    await live(60_000);
    await commit();
    expect({ probes, fault: guard.fault(), told: told() }).toEqual({ probes: 4, fault: null, told: [] });
  });

  it('is not blamed for a fault of somebody else', async () => {
    fault = new Error('a mistake of ours');
    await expect(commit()).rejects.toBe(fault);
    expect(guard.fault()).toBeNull();
  });
});

it('does not take a damaged store for whole because some page of it can be written', async () => {
  fault = TORN;
  await expect(commit()).rejects.toBe(TORN);
  fault = null;
  await live(60_000);
  expect(guard.fault()).toMatchObject({ message: TORN.message, hint: null });
});
