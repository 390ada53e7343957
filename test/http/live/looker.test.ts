import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { createLooker } from '../../../src/http/live/looker.ts';

const EVERY_MS = 1_000;

/** By the clock of the test, which the one of the program does not go by when it sleeps. */
const sleep = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));

/** A looker whose looks take so long, and when each of them began. */
function aLooker({ takesMs = 0, isWanted = (): boolean => true } = {}) {
  const began: number[] = [];
  const start = performance.now();
  const looker = createLooker({
    look: async () => {
      began.push(performance.now() - start);
      if (takesMs > 0) await sleep(takesMs);
    },
    ...{ everyMs: EVERY_MS, isWanted, clock: systemClock },
  });
  return { looker, began };
}

describe('a looker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('looks every so often from the first wish on', async () => {
    const { looker, began } = aLooker();
    looker.within(0);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(began).toEqual([0, 1_000, 2_000]);
  });

  it('is put off by no number of wishes', async () => {
    const { looker, began } = aLooker();
    for (let passed = 0; passed < 1_000; passed += 5) {
      looker.within(20);
      await vi.advanceTimersByTimeAsync(5);
    }
    // Each crowd of wishes is met 20 ms after its first.
    expect(began.length).toBeGreaterThanOrEqual(39);
    expect(began.slice(0, 3)).toEqual([20, 40, 60]);
  });

  it('meets a wish that comes during a look right after it', async () => {
    const { looker, began } = aLooker({ takesMs: 100 });
    looker.within(0);
    await vi.advanceTimersByTimeAsync(50);
    looker.within(20);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(began).toEqual([0, 101]);
    await vi.advanceTimersByTimeAsync(300);
    expect(began).toEqual([0, 101, 1_201]);
  });

  it('holds one look at a time', async () => {
    let looking = 0;
    let most = 0;
    const looker = createLooker({
      look: async () => {
        most = Math.max(most, ++looking);
        await sleep(500);
        looking -= 1;
      },
      ...{ everyMs: EVERY_MS, isWanted: () => true, clock: systemClock },
    });
    for (let asked = 0; asked < 20; asked += 1) {
      looker.within(0);
      await vi.advanceTimersByTimeAsync(60);
    }
    expect(most).toBe(1);
  });

  it('has no timer while nobody wants a look, nor after it was told to rest', async () => {
    let isWanted = true;
    const { looker, began } = aLooker({ isWanted: () => isWanted });
    looker.within(0);
    await vi.advanceTimersByTimeAsync(1);
    looker.rest();
    expect(vi.getTimerCount()).toBe(0);
    isWanted = false;
    looker.within(0);
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(began).toEqual([0]);
  });
});
