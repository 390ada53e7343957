import { describe, expect, it } from 'vitest';
import { type BucketReport, createRateGate } from '../../../src/source/budget/rate-gate.ts';
import { createManualClock } from '../../support/manual-clock.ts';

function aGate(spacingMs = 600) {
  const clock = createManualClock(0);
  const gate = createRateGate({ spacingMs, clock });
  /** One goes and comes back with this. */
  const hear = (told: BucketReport): void => {
    const slot = gate.enter();
    slot.sent();
    slot.ended(told);
  };
  /** How many may go one after the other, each at once and without a reply. */
  const goAtOnce = (isUrgent: boolean): number => {
    let count = 0;
    for (; gate.waitMs(isUrgent) === 0 && count < 10_000; count += 1) gate.enter().sent();
    return count;
  };
  return { clock, gate, hear, goAtOnce };
}

describe('while nothing is known', () => {
  it('one goes at a time, urgent or not: the next when it has ended, or after the spacing', () => {
    const { clock, gate } = aGate();
    const first = gate.enter();
    expect([gate.waitMs(false), gate.waitMs(true)]).toEqual([600, 600]);
    clock.advance(200);
    first.sent();
    expect(gate.waitMs(false)).toBe(400);
    clock.advance(400);
    expect(gate.waitMs(false)).toBe(0);
    gate.enter();
    expect(gate.waitMs(false)).toBe(600);
    first.ended('none');
    expect(gate.waitMs(false)).toBe(600);
  });

  it('one that was never sent makes room at once, and only once', () => {
    const { gate } = aGate();
    const slot = gate.enter();
    slot.ended('unknown');
    slot.ended('unknown');
    expect(gate.waitMs(false)).toBe(0);
    expect(gate.limits()).toBeNull();
  });
});

describe('once the server has told', () => {
  it.each([
    [60, 60, 25, 32],
    [60, 29, 1, 26],
    [60, 12, 1, 9],
    [60, 11, 0, 9],
    [60, 2, 0, 0],
    [1_200, 1_200, 500, 640],
    [5, 5, 2, 2],
    [2, 2, 0, 1],
    [1, 1, 0, 1],
  ])(
    'of %i, with %i left, %i idle ones go at once and %i urgent ones after them',
    (limit, remaining, idle, urgent) => {
      const { clock, gate, hear, goAtOnce } = aGate();
      hear({ limit, remaining });
      clock.advance(2_400); // of 60, one is filled up by then
      expect(goAtOnce(false)).toBe(idle);
      expect(goAtOnce(true)).toBe(urgent);
      expect(gate.limits()).toEqual({ limit, remaining });
    },
  );

  it('idle ones go no faster than the bucket fills up, once it is no longer nearly full', () => {
    const { clock, gate, hear } = aGate();
    let gone = 0;
    for (let second = 0; second < 60; second += 1) {
      while (gate.waitMs(false) === 0) {
        hear({ limit: 60, remaining: 30 });
        gone += 1;
      }
      clock.advance(1_000);
    }
    expect(gone).toBeLessThanOrEqual(25);
    expect(gone).toBeGreaterThanOrEqual(20);
  });

  it('an idle one asks again when the bucket should have filled up, however long nobody hears anything', () => {
    const { clock, gate, hear } = aGate();
    hear({ limit: 60, remaining: 0 });
    const wait = gate.waitMs(false);
    expect(wait).toBeCloseTo((13 * 60_000) / 25);
    clock.advance(Math.ceil(wait));
    expect(gate.waitMs(false)).toBe(0);
  });

  it('those on their way count as gone until they have ended', () => {
    const { gate, hear } = aGate();
    hear({ limit: 60, remaining: 6 });
    const passages = [gate.enter(), gate.enter(), gate.enter()];
    expect(gate.waitMs(true)).toBeGreaterThan(0);
    passages[0]?.sent();
    passages[0]?.ended({ limit: 60, remaining: 30 });
    expect(gate.waitMs(true)).toBe(0);
  });

  it('a permit is no longer good when others have taken what was left meanwhile', () => {
    const { gate, hear } = aGate();
    hear({ limit: 60, remaining: 40 });
    const slot = gate.enter();
    expect([slot.isOpen(false), slot.isOpen(true)]).toEqual([true, true]);
    hear({ limit: 60, remaining: 10 });
    expect([slot.isOpen(false), slot.isOpen(true)]).toEqual([false, true]);
    hear({ limit: 60, remaining: 3 });
    expect([slot.isOpen(false), slot.isOpen(true), gate.mayFollow()]).toEqual([false, false, false]);
  });

  it('replies that overtake one another do not raise the account, and the next one in order does', () => {
    const { clock, gate, hear } = aGate();
    hear({ limit: 60, remaining: 40 });
    clock.advance(10);
    const [early, late] = [gate.enter(), gate.enter()];
    early.sent();
    late.sent();
    clock.advance(10);
    late.ended({ limit: 60, remaining: 5 });
    early.ended({ limit: 60, remaining: 39 });
    expect(gate.waitMs(false)).toBeGreaterThan(0);
    clock.advance(10);
    hear({ limit: 60, remaining: 39 });
    expect(gate.waitMs(true)).toBe(0);
    expect(gate.enter().isOpen(false)).toBe(true);
  });

  it('a login challenge costs nothing, so that its answer may follow', () => {
    const { gate, hear } = aGate();
    hear({ limit: 60, remaining: 4 });
    expect(gate.waitMs(true)).toBe(0);
    hear('uncounted');
    expect(gate.mayFollow()).toBe(true);
  });

  it('a reply that says nothing costs one, and five minutes of such replies make the server one that tells nothing', () => {
    const { clock, gate, hear } = aGate();
    hear({ limit: 60, remaining: 4 });
    expect(gate.waitMs(true)).toBe(0);
    hear('none');
    expect(gate.waitMs(true)).toBeGreaterThan(0);
    clock.advance(299_000);
    hear('none');
    expect(gate.limits()).not.toBeNull();
    clock.advance(2_000);
    hear('unknown');
    expect(gate.limits()).not.toBeNull();
    hear('none');
    expect(gate.limits()).toBeNull();
  });
});

describe('a bucket that is full again sooner than one of Atlas’s', () => {
  it.each([
    { limit: 300, fullInMs: 2_000 },
    { limit: 10, fullInMs: 1_000 },
    { limit: 5, windowMs: 1_000 },
    { limit: 1, fullInMs: 1_000 },
  ])('lets on as soon as it is: %o', ({ limit, ...told }) => {
    const { clock, gate, hear, goAtOnce } = aGate();
    hear({ limit, remaining: 0, ...told });
    const soon = told.fullInMs ?? 1_000;
    expect([gate.waitMs(false), gate.waitMs(true)]).toEqual([
      soon,
      limit === 300 ? expect.any(Number) : soon,
    ]);
    clock.advance(soon - 1);
    expect(gate.waitMs(false)).toBe(1);
    clock.advance(1);
    expect(goAtOnce(false)).toBeGreaterThan(0);
  });

  it('is used: behind five a second, idle ones go more than once a second for two minutes', () => {
    const { clock, gate, hear } = aGate();
    let gone = 0;
    let left = 5;
    for (let tenth = 0; tenth < 1_200; tenth += 1) {
      if (tenth % 10 === 0) left = 5;
      while (gate.waitMs(false) === 0) {
        left -= 1;
        hear({ limit: 5, remaining: left, fullInMs: 1_000 - (tenth % 10) * 100 });
        gone += 1;
      }
      expect(left).toBeGreaterThanOrEqual(0);
      clock.advance(100);
    }
    expect(gone).toBeGreaterThan(120);
  });

  it('is left in peace until then, also by replies that say nothing', () => {
    const { clock, gate, hear } = aGate();
    hear({ limit: 10, remaining: 0, fullInMs: 2_000 });
    clock.advance(1_000);
    hear('none');
    expect(gate.waitMs(true)).toBe(1_000);
    clock.advance(1_000);
    expect(gate.waitMs(true)).toBe(0);
  });

  it('sets the pace: of a hundred a minute, idle ones go a hundred a minute', () => {
    const { clock, gate, hear } = aGate();
    let gone = 0;
    for (let tenth = 0; tenth < 600; tenth += 1) {
      while (gate.waitMs(false) === 0) {
        hear({ limit: 100, remaining: 40, fullInMs: 30_000, windowMs: 60_000 });
        gone += 1;
      }
      clock.advance(100);
    }
    expect(gone).toBeGreaterThan(90);
    expect(gone).toBeLessThanOrEqual(100);
  });

  it('is not one that takes longer: of that, Atlas’s estimate is used as before', () => {
    const { gate, hear } = aGate();
    hear({ limit: 60, remaining: 0, fullInMs: 3_600_000, windowMs: 3_600_000 });
    expect(gate.waitMs(false)).toBeCloseTo((13 * 60_000) / 25);
  });
});
