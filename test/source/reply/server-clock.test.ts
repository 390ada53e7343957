import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/source/reply/server-clock.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const LIST = '/restoreJobs?pageNum=1';
const POLL = 30_000;

function aWorld() {
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const atlas = createServerClock({ connection: 'atlas', clock, logger });
  const answer = (at: number, more: Record<string, string> = {}, path = LIST) =>
    atlas.note(path, new Headers({ date: new Date(at).toUTCString(), ...more }));
  return {
    clock,
    atlas,
    answer,
    /** One poll later Atlas answers, by a clock that is so far ahead of the time that is right. */
    poll: (aheadMs: number, more?: Record<string, string>) => {
      clock.advance(POLL);
      answer(T0 + clock.monotonic() + aheadMs, more);
    },
    now: () => clock.now() + atlas.aheadMs(),
    surelyNow: () => clock.now() + atlas.surelyAheadMs(),
    said: () => logger.lines.map(({ level, message }) => [level, message]),
  };
}

describe('the time where the jobs are', () => {
  it('is by our clock as long as that is about right, or nothing else is known', () => {
    const { atlas, now, answer, said } = aWorld();
    expect(now()).toBe(T0);
    answer(T0 + 4 * MINUTE);
    expect(now()).toBe(T0);
    atlas.note(LIST, new Headers());
    atlas.note(LIST, new Headers({ date: 'yesterday' }));
    expect(now()).toBe(T0);
    expect(said()).toEqual([]);
  });

  it('is by the clock of Atlas once two polls in a row have shown that ours is wrong, until it is right; each is said once', () => {
    const { clock, now, poll, said } = aWorld();
    clock.set(T0 + 24 * HOUR);
    poll(0);
    expect(now()).toBe(T0 + 24 * HOUR + POLL);
    poll(0);
    poll(0);
    expect(now()).toBe(T0 + 3 * POLL);
    clock.set(T0 + 3 * POLL);
    poll(0);
    expect(now()).toBe(T0 + 4 * POLL);
    expect(said()).toEqual([
      ['warn', expect.stringMatching(/^The clock of this machine is 1 d ahead of Atlas$/)],
      ['info', 'The clock of this machine agrees with Atlas again'],
    ]);
  });

  it.each([24 * HOUR, -2 * HOUR])(
    'is known at once when ours steps by %i ms after an answer that agreed with it',
    (step) => {
      const { clock, now, poll } = aWorld();
      poll(0);
      clock.set(T0 + POLL + step);
      expect(now()).toBe(T0 + POLL);
      poll(0);
      expect(now()).toBe(T0 + 2 * POLL);
    },
  );

  it('is not taken from one answer, nor from several of one poll', () => {
    const { clock, now, answer, poll } = aWorld();
    poll(0);
    poll(6 * HOUR);
    for (const path of ['/restoreJobs/1', '/restoreJobs/2', '/restoreJobs?pageNum=2']) {
      clock.advance(1_000);
      answer(clock.now() + 6 * HOUR, {}, path);
    }
    expect(now()).toBe(clock.now());
    poll(0);
    poll(6 * HOUR);
    expect(now()).toBe(clock.now());
    poll(6 * HOUR);
    expect(now()).toBe(clock.now() + 6 * HOUR);
    poll(0);
    expect(now()).toBe(clock.now());
  });

  it('is not taken from two answers that show two times, nor from one that is given twice', () => {
    const { clock, now, answer, poll } = aWorld();
    poll(6 * HOUR);
    poll(5 * HOUR);
    poll(6 * HOUR);
    expect(now()).toBe(clock.now());
    const kept = clock.now() + 8 * HOUR;
    for (let copy = 0; copy < 5; copy += 1) {
      clock.advance(2_000);
      answer(kept);
    }
    expect(now()).toBe(clock.now());
  });

  it('is, for what cannot be taken back, the earlier one while it is not settled which is right', () => {
    const { clock, surelyNow, poll } = aWorld();
    poll(6 * HOUR);
    expect(surelyNow()).toBe(clock.now());
    poll(0);
    poll(-6 * HOUR);
    expect(surelyNow()).toBe(clock.now() - 6 * HOUR);
    poll(0);
    expect(surelyNow()).toBe(clock.now());
  });

  it.each([
    '0',
    'Thu, 01 Jan 1970 00:00:00 GMT',
    'Sat, 01 Jan 2000 00:00:00 GMT',
    'Tue, 31 Dec 2024 23:59:59 GMT',
    'Sat, 02 Jan 2038 00:00:00 GMT',
    'Fri, 31 Dec 9999 23:59:59 GMT',
  ])('is not one that is beyond belief, however often it is told: %s', (date) => {
    const { clock, atlas, now, surelyNow, said } = aWorld();
    for (let poll = 0; poll < 5; poll += 1) {
      clock.advance(POLL);
      atlas.note(LIST, new Headers({ date }));
    }
    expect([now(), surelyNow()]).toEqual([clock.now(), clock.now()]);
    expect(said()).toEqual([]);
  });

  it('has no fractions of a millisecond, as the monotonic clock has', () => {
    const { clock, atlas, poll } = aWorld();
    clock.monotonic = (
      (whole) => () =>
        whole() + 0.123_456
    )(clock.monotonic);
    poll(6 * HOUR);
    expect(Number.isInteger(atlas.surelyAheadMs())).toBe(true);
    poll(-6 * HOUR);
    expect(Number.isInteger(atlas.surelyAheadMs())).toBe(true);
    poll(-6 * HOUR);
    expect(atlas.aheadMs()).toBe(-6 * HOUR);
  });

  it('is believed of Atlas where our clock was never set', () => {
    const { clock, now, poll } = aWorld();
    clock.set(0);
    poll(0);
    poll(0);
    expect(now()).toBe(T0 + 2 * POLL);
  });

  it('is not taken from an answer that a cache has kept', () => {
    const { clock, now, poll } = aWorld();
    poll(-HOUR, { age: '3600' });
    poll(-HOUR, { age: '3600' });
    expect(now()).toBe(clock.now());
  });
});
