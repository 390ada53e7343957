import { describe, expect, it } from 'vitest';
import { createServerClock } from '../../../src/source/reply/server-clock.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

function aWorld() {
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const atlas = createServerClock({ connection: 'atlas', clock, logger });
  const answer = (at: number, more: Record<string, string> = {}) =>
    atlas.note(new Headers({ date: new Date(at).toUTCString(), ...more }));
  const now = () => clock.now() + atlas.aheadMs();
  return {
    clock,
    atlas,
    now,
    answer,
    said: () => logger.lines.map(({ level, message }) => [level, message]),
  };
}

describe('the time where the jobs are', () => {
  it('is by our clock as long as that is about right, or nothing else is known', () => {
    const { atlas, now, answer, said } = aWorld();
    expect(now()).toBe(T0);
    answer(T0 + 4 * MINUTE);
    expect(now()).toBe(T0);
    atlas.note(new Headers());
    atlas.note(new Headers({ date: 'yesterday' }));
    expect(now()).toBe(T0);
    expect(said()).toEqual([]);
  });

  it('is by the clock of Atlas once ours has stepped, and by ours when it is back; each is said once', () => {
    const { clock, now, answer, said } = aWorld();
    clock.set(T0 + 24 * HOUR);
    answer(T0);
    answer(T0);
    expect(now()).toBe(T0);
    clock.advance(MINUTE);
    expect(now()).toBe(T0 + MINUTE);
    clock.set(T0 - 2 * HOUR);
    answer(T0 + 2 * MINUTE);
    expect(now()).toBe(T0 + 2 * MINUTE);
    clock.set(T0 + 3 * MINUTE);
    answer(T0 + 3 * MINUTE);
    expect(now()).toBe(T0 + 3 * MINUTE);
    expect(said()).toEqual([
      ['warn', 'The clock of this machine is 1 d ahead of Atlas'],
      ['info', 'The clock of this machine agrees with Atlas again'],
    ]);
  });

  it('is not taken from an answer that a cache has kept', () => {
    const { now, answer } = aWorld();
    answer(T0 - HOUR, { age: '3600' });
    expect(now()).toBe(T0);
  });
});
