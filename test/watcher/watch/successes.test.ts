import { beforeEach, describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import { createSignals, type Signals } from '../../../src/signals.ts';
import { createSuccesses, type Successes } from '../../../src/watcher/watch/successes.ts';
import { MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const POLL = { durationMs: 1, jobs: 0, changes: 0, running: false, error: null };

let clock: ReturnType<typeof createManualClock>;
let signals: Signals;
let noted: Array<ReadonlyMap<string, number>>;
let fault: Error | null;
let successes: Successes;

beforeEach(() => {
  clock = createManualClock(T0);
  signals = createSignals(createRecordingLogger());
  noted = [];
  fault = null;
  const noteSuccesses = async (found: ReadonlyMap<string, number>): Promise<void> => {
    if (fault) throw fault;
    noted.push(found);
  };
  successes = createSuccesses({ store: { noteSuccesses }, clock, signals });
});

describe('when each watch was last polled with success', () => {
  const polled = (watch: string, outcome: 'ok' | 'failed' = 'ok', hasRead = outcome === 'ok') =>
    signals.emit('poll:finished', { ...POLL, watch, outcome, hasRead });

  /** The first success of each is written down at once. */
  async function begin(...watches: string[]): Promise<void> {
    for (const watch of watches) polled(watch);
    clock.advance(1_000);
    successes.beat();
    await new Promise(setImmediate);
    noted.length = 0;
  }

  it('is written down within a second or two the first time', async () => {
    polled('orders');
    clock.advance(1_000);
    successes.beat();
    expect(noted).toEqual([new Map([['orders', T0]])]);
    await new Promise(setImmediate);
    polled('orders');
    clock.advance(1_000);
    successes.beat();
    expect(noted).toHaveLength(1);
    polled('carts');
    clock.advance(1_000);
    successes.beat();
    await new Promise(setImmediate);
    expect(noted).toHaveLength(2);
  });

  it('is not what a poll of just the running jobs shows', () => {
    polled('orders', 'ok', false);
    clock.advance(MINUTE);
    successes.beat();
    expect(noted).toEqual([]);
  });

  it('is written down once a minute, for all watches together', async () => {
    await begin('orders', 'carts');
    polled('orders');
    clock.advance(1_000);
    polled('orders');
    polled('carts');
    polled('users', 'failed');
    successes.beat();
    expect(noted).toEqual([]);
    clock.advance(MINUTE);
    successes.beat();
    successes.beat();
    expect(noted).toEqual([new Map([['orders', T0 + 2_000], ['carts', T0 + 2_000]])]); // biome-ignore format: one map
    clock.advance(MINUTE);
    successes.beat();
    expect(noted).toHaveLength(1);
  });

  it('is written down at the stop', async () => {
    polled('orders');
    await successes.stop();
    polled('orders');
    expect(noted).toEqual([new Map([['orders', T0]])]);
  });

  it('is written down whole when a write is still in hand at the stop', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const slow = createSuccesses({
      ...{ clock, signals },
      store: {
        noteSuccesses: async (successes) => {
          await promise;
          noted.push(successes);
        },
      },
    });
    polled('orders');
    clock.advance(MINUTE);
    slow.beat();
    let hasStopped = false;
    const stopping = slow.stop().then(() => {
      hasStopped = true;
    });
    await new Promise(setImmediate);
    expect(hasStopped).toBe(false);
    resolve();
    await stopping;
    expect(noted).toContainEqual(new Map([['orders', T0]]));
  });

  it('is not lost while the store fails', async () => {
    polled('orders');
    fault = new StoreError('unavailable', 'disk gone');
    clock.advance(MINUTE);
    successes.beat();
    fault = null;
    await new Promise(setImmediate);
    await successes.stop();
    expect(noted).toEqual([new Map([['orders', T0]])]);
  });
});
