import { describe, expect, it } from 'vitest';
import { createUrlLimiter } from '../../src/channels/rate-limiter.ts';
import { createSteppingClock } from '../support/stepping-clock.ts';

const never = new AbortController().signal;

function setUp() {
  const clock = createSteppingClock();
  const limiter = createUrlLimiter({ clock, intervalMs: 1_000 });
  const turns: string[] = [];
  const take = (name: string, url = 'a', signal = never) =>
    limiter.turn(url, signal).then(() => {
      turns.push(`${name} at ${clock.monotonic()}`);
    });
  return { clock, limiter, turns, take };
}

describe('turns at a URL', () => {
  it('come one interval after the other, in the order in which they were asked for', async () => {
    const { clock, turns, take } = setUp();

    const all = Promise.all([take('first'), take('second'), take('third')]);
    await clock.step(2_000);
    await all;

    expect(turns).toEqual(['first at 0', 'second at 1000', 'third at 2000']);
  });

  it('come at once when the URL was left alone for an interval', async () => {
    const { clock, turns, take } = setUp();
    await take('first');
    await clock.step(1_000);

    await take('second');

    expect(turns).toEqual(['first at 0', 'second at 1000']);
  });

  it('are counted apart for each URL', async () => {
    const { turns, take } = setUp();

    await Promise.all([take('a', 'a'), take('b', 'b')]);

    expect(turns).toEqual(['a at 0', 'b at 0']);
  });

  it('are given up when the wait is aborted', async () => {
    const { clock, turns, take } = setUp();
    const stop = new AbortController();
    await take('first');
    const second = take('second', 'a', stop.signal);

    stop.abort(new Error('shutting down'));

    await expect(second).rejects.toThrow('shutting down');
    expect(clock.sleepers()).toBe(0);
    expect(turns).toEqual(['first at 0']);
  });
});

describe('a pause of a URL', () => {
  it('runs out by the clock that cannot step', async () => {
    const { clock, limiter } = setUp();
    limiter.pause('a', 5_000);
    expect(limiter.pausedMs('a')).toBe(5_000);
    expect(limiter.pausedMs('b')).toBe(0);

    await clock.step(3_000);
    expect(limiter.pausedMs('a')).toBe(2_000);

    await clock.step(3_000);
    expect(limiter.pausedMs('a')).toBe(0);
  });

  it('is not cut short by a shorter one', () => {
    const { limiter } = setUp();
    limiter.pause('a', 5_000);
    limiter.pause('a', 1_000);

    expect(limiter.pausedMs('a')).toBe(5_000);
  });
});
