import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Day, liveThrough, PERIOD_MS, SWEEP_MS } from './hint-day.ts';

const HOUR_MS = 3_600_000;
const HOURS = 24;
const FULL_PER_HOUR = (25 * HOUR_MS) / PERIOD_MS;
/** A look at the feed at every tick, and a sweep over 25 targets every ten minutes. */
const DESIGN_PER_HOUR = HOUR_MS / PERIOD_MS + (25 * HOUR_MS) / SWEEP_MS;

const restores = (count: number) =>
  fc.array(
    fc.record({
      target: fc.integer({ min: 0, max: 24 }),
      at: fc.integer({ min: HOUR_MS, max: (HOURS - 2) * HOUR_MS }),
      tookMs: fc.integer({ min: 1_000, max: 900_000 }),
      listedAfterMs: fc.integer({ min: 0, max: 10_000 }),
    }),
    { minLength: 1, maxLength: count },
  );

function aDay(over: Partial<Day> & Pick<Day, 'restores'>): Day {
  return {
    hours: HOURS,
    targets: 25,
    kind: 'cluster',
    feedLagMs: (index) => index % 4,
    feed: () => 'answers',
    ...over,
  };
}

const RUNS = { numRuns: 15 };

describe('a day of restores in a project of 25 clusters', () => {
  it('is seen within a period where the feed is honest, for a fourteenth of the requests', () => {
    fc.assert(
      fc.property(restores(5), (all) => {
        const { delays, requests, trust } = liveThrough(aDay({ restores: all }));
        expect(trust.standing).toBe('trusted');
        for (const delay of delays) expect(delay).toBeLessThanOrEqual(PERIOD_MS + 3_000 + 15_000);
        const [first = 0, ...others] = requests;
        expect(first).toBeLessThanOrEqual(FULL_PER_HOUR * 1.1);
        const perHour = others.reduce((sum, count) => sum + count, 0) / others.length;
        expect(perHour).toBeLessThanOrEqual(DESIGN_PER_HOUR * 1.15);
        expect(perHour).toBeGreaterThanOrEqual(DESIGN_PER_HOUR * 0.98);
      }),
      RUNS,
    );
  });

  it('is seen within a sweep and a period, whatever the feed does', () => {
    const moods = fc.array(fc.constantFrom('answers' as const, 'refuses' as const, 'hangs' as const), {
      minLength: HOURS,
      maxLength: HOURS,
    });
    const lags = fc.array(fc.option(fc.integer({ min: 0, max: 1_200_000 })), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(restores(20), lags, moods, (all, lag, mood) => {
        const { delays } = liveThrough(
          aDay({
            restores: all,
            feedLagMs: (index) => lag[index % lag.length] ?? null,
            feed: (at) => mood[Math.floor(at / HOUR_MS)] ?? 'answers',
          }),
        );
        for (const delay of delays) expect(delay).toBeLessThanOrEqual(SWEEP_MS + PERIOD_MS);
      }),
      RUNS,
    );
  });

  it.each([
    ['loses', () => null],
    ['tells ten minutes late of', () => 600_000],
  ])('is polled as without a feed from the first job on that the feed %s', (_, feedLagMs) => {
    fc.assert(
      fc.property(restores(5), (all) => {
        const day = aDay({ restores: all, feedLagMs });
        const { delays, requests, trust } = liveThrough(day);
        expect(trust).toMatchObject({ standing: 'distrusted', reason: 'missed' });
        const firstAt = Math.min(...all.map(({ at }) => at));
        const later = all.flatMap(({ at }, index) =>
          at > firstAt + SWEEP_MS + 120_000 ? [delays[index]] : [],
        );
        for (const delay of later) expect(delay).toBeLessThanOrEqual(PERIOD_MS);
        expect(requests.at(-1)).toBe(FULL_PER_HOUR);
      }),
      RUNS,
    );
  });

  it('is polled as without a feed while that hangs, and by it again as soon as it answers', () => {
    const hangs = (at: number) => at >= 4 * HOUR_MS && at < 6 * HOUR_MS;
    const { requests } = liveThrough(aDay({ restores: [], feed: (at) => (hangs(at) ? 'hangs' : 'answers') }));
    expect(requests[3]).toBe(DESIGN_PER_HOUR);
    expect(requests[5]).toBe(FULL_PER_HOUR + HOUR_MS / PERIOD_MS);
    expect(requests[7]).toBe(DESIGN_PER_HOUR);
  });

  it('is polled as without a feed for a day when that is refused, and then tried again', () => {
    const { requests } = liveThrough(
      aDay({ restores: [], hours: 29, feed: (at) => (at === 2 * HOUR_MS ? 'refuses' : 'answers') }),
    );
    expect(requests[1]).toBe(DESIGN_PER_HOUR);
    expect(requests.slice(3, 25)).toEqual(Array.from({ length: 22 }, () => FULL_PER_HOUR));
    expect(requests[28]).toBe(DESIGN_PER_HOUR);
  });

  it('of collections is polled as without a feed until that has told of three jobs in a row', () => {
    const at = [2, 4, 6].map((hour) => hour * HOUR_MS);
    const restoresAt = at.map((each) => ({ target: 1, at: each, tookMs: 60_000, listedAfterMs: 0 }));
    const day = aDay({ kind: 'collection', restores: restoresAt });
    const told = liveThrough(day);
    expect(told.requests[5]).toBe(FULL_PER_HOUR + HOUR_MS / PERIOD_MS);
    expect(told.trust.standing).toBe('trusted');
    expect(told.requests[9]).toBe(DESIGN_PER_HOUR);
    const untold = liveThrough({ ...day, feedLagMs: () => null });
    expect(untold.trust).toMatchObject({ standing: 'distrusted', reason: 'missed' });
    expect(untold.requests[9]).toBe(FULL_PER_HOUR);
  });
});
