import { describe, expect, it } from 'vitest';
import { createReceiverLimiter } from '../../src/channels/receiver-limiter.ts';
import { DeliveryError } from '../../src/errors.ts';
import { createSteppingClock } from '../support/stepping-clock.ts';

const never = new AbortController().signal;

function setUp() {
  const clock = createSteppingClock();
  const limiter = createReceiverLimiter(clock);
  const turns: string[] = [];
  const take = (name: string, url = 'a', signal = never) =>
    limiter.turn(url, 1_000, signal).then(() => {
      turns.push(`${name} at ${clock.monotonic()}`);
    });
  return { clock, limiter, turns, take };
}

describe('turns at a receiver', () => {
  it('come one interval after the other, in the order in which they were asked for', async () => {
    const { clock, turns, take } = setUp();

    const all = Promise.all([take('first'), take('second'), take('third')]);
    await clock.step(2_000);
    await all;

    expect(turns).toEqual(['first at 0', 'second at 1000', 'third at 2000']);
  });

  it('come at once when it was left alone for an interval', async () => {
    const { clock, turns, take } = setUp();
    await take('first');
    await clock.step(1_000);

    await take('second');

    expect(turns).toEqual(['first at 0', 'second at 1000']);
  });

  it('are counted apart for each receiver', async () => {
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

describe('the silence of a receiver', () => {
  const asksFor = (retryAfterMs: number) =>
    new DeliveryError('rate_limited', 'HTTP 429', { retryable: true, retryAfterMs });

  it('runs out by the clock that cannot step', async () => {
    const { clock, limiter } = setUp();
    limiter.note('a', asksFor(5_000), clock.monotonic());
    expect(limiter.pausedMs('a')).toBe(5_000);
    expect(limiter.pausedMs('b')).toBe(0);

    await clock.step(3_000);
    expect(limiter.pausedMs('a')).toBe(2_000);

    await clock.step(3_000);
    expect(limiter.pausedMs('a')).toBe(0);
  });

  it('is not cut short by a shorter one, nor by what was sent before it began', async () => {
    const { clock, limiter } = setUp();
    const sentBefore = clock.monotonic();
    await clock.step(100);
    limiter.note('a', asksFor(5_000), clock.monotonic());
    limiter.note('a', asksFor(1_000), clock.monotonic());
    limiter.note('a', null, sentBefore);
    expect(limiter.pausedMs('a')).toBe(5_000);

    await clock.step(100);
    limiter.note('a', null, clock.monotonic());
    expect(limiter.pausedMs('a')).toBe(0);
  });
});
