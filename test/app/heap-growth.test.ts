import v8 from 'node:v8';
import { afterEach, describe, expect, it } from 'vitest';
import { boundHeapAfterStart, boundHeapGrowth } from '../../src/app/heap-growth.ts';
import { createSignals, type Signals } from '../../src/signals.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

describe('the growth of the heap', () => {
  let undo = (): void => {};
  afterEach(() => undo());

  it('is bound by a flag that V8 knows, and undone without a trace, so that compiled code stays valid', () => {
    const before = v8.cachedDataVersionTag();
    undo = boundHeapGrowth();
    expect(v8.cachedDataVersionTag()).not.toBe(before);
    undo();
    expect(v8.cachedDataVersionTag()).toBe(before);
  });

  it('is left alone until each watch has been polled, and a moment longer', () => {
    const before = v8.cachedDataVersionTag();
    const { signals, timers, polled, start } = setUp();
    start('orders', 'billing');
    polled('orders');
    polled('orders');
    expect(timers).toEqual([expect.objectContaining({ ms: 60_000 })]);
    polled('billing');
    expect(v8.cachedDataVersionTag()).toBe(before);
    expect(timers.at(-1)).toMatchObject({ ms: 3_000 });
    timers.at(-1)?.work();
    expect(v8.cachedDataVersionTag()).not.toBe(before);
    undo();
    expect(v8.cachedDataVersionTag()).toBe(before);
    expect(signals.listeners).toBe(0);
  });

  it('of the young generation is let loose while pages are open', () => {
    const { timers, start, watched } = setUp();
    start('orders');
    timers[0]?.work();
    const bound = v8.cachedDataVersionTag();
    watched(true);
    expect(v8.cachedDataVersionTag()).not.toBe(bound);
    watched(false);
    expect(v8.cachedDataVersionTag()).toBe(bound);
  });

  it('of the young generation is left alone while a page is open that was there before the start was over', () => {
    const { timers, start, watched } = setUp();
    const free = v8.cachedDataVersionTag();
    start('orders');
    watched(true);
    timers[0]?.work();
    const loose = v8.cachedDataVersionTag();
    expect(loose).not.toBe(free);
    expect(timers).toHaveLength(1);
    watched(false);
    expect(v8.cachedDataVersionTag()).not.toBe(loose);
    watched(true);
    expect(v8.cachedDataVersionTag()).toBe(loose);
  });

  it('is tried again with the young generation until that is small, and given up in the end', () => {
    const { timers, start } = setUp();
    start('orders');
    timers[0]?.work();
    let tries = 0;
    for (let next = timers[1]; next !== undefined; next = timers[tries + 1]) {
      expect(next.ms).toBe(7_300);
      tries += 1;
      next.work();
    }
    const young = v8.getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
    if (tries < 20) expect(young?.space_size).toBeLessThan(2.2e6);
    expect(tries).toBeLessThanOrEqual(20);
  });

  it('is bound after a minute when a watch is not polled', () => {
    const before = v8.cachedDataVersionTag();
    const { timers, start } = setUp();
    start('orders');
    timers[0]?.work();
    expect(v8.cachedDataVersionTag()).not.toBe(before);
  });

  it('is not bound any more once that has been undone', () => {
    const before = v8.cachedDataVersionTag();
    const { signals, polled, start } = setUp();
    start('orders');
    undo();
    polled('orders');
    expect(signals.listeners).toBe(0);
    expect(v8.cachedDataVersionTag()).toBe(before);
  });

  function setUp() {
    const real = createSignals(createRecordingLogger());
    const signals = {
      listeners: 0,
      on: ((name, listener) => {
        signals.listeners += 1;
        const off = real.on(name, listener);
        return () => {
          signals.listeners = 0;
          off();
        };
      }) as Signals['on'],
    };
    const timers: Array<{ work: () => void; ms: number }> = [];
    const setTimer = (work: () => void, ms: number): NodeJS.Timeout => {
      timers.push({ work, ms });
      return setTimeout(() => {}, 0);
    };
    return {
      signals,
      timers,
      watched: (isWatched: boolean) => real.emit('pages:watched', { isWatched }),
      polled: (watch: string) =>
        real.emit('poll:finished', {
          watch,
          outcome: 'ok',
          hasRead: true,
          durationMs: 1,
          jobs: 0,
          changes: 0,
          running: false,
          error: null,
        }),
      start: (...watches: string[]) => {
        undo = boundHeapAfterStart(signals, watches, setTimer);
      },
    };
  }
});
