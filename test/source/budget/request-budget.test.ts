import { describe, expect, it } from 'vitest';
import { WHOLE_BUDGET } from '../../../src/source/budget/budget-share.ts';
import type { Permit } from '../../../src/source/budget/permit.ts';
import { createRateGate, type RateGate } from '../../../src/source/budget/rate-gate.ts';
import { createRequestBudget, type RequestBudget } from '../../../src/source/budget/request-budget.ts';
import { growthOf } from '../../support/growth.ts';
import { createSteppingClock, type SteppingClock } from '../../support/stepping-clock.ts';

const never = new AbortController().signal;

interface World {
  budget: RequestBudget;
  gate: RateGate;
  clock: SteppingClock;
  /** For who can wait, without a spare. */
  take(signal?: AbortSignal): Promise<Permit>;
}

/** Behind a server that tells nothing of its limits, and answers at once. */
function aBudget(requestsPerMinute: number): World {
  const clock = createSteppingClock();
  const gate = createRateGate({ spacingMs: 0, clock });
  const budget = createRequestBudget({
    requestsPerMinute,
    longestPauseMs: 30_000,
    share: WHOLE_BUDGET,
    clock,
  });
  return { clock, gate, budget, take: (signal = never) => budget.take(signal, { gate }) };
}

function spend(permit: Permit): void {
  permit.spend()?.ended('none');
}

/** Takes and spends `count` times at once, and notes when each was granted. */
function takeMany({ budget, gate, clock }: World, count: number, spare = 0): number[] {
  const grantedAt: number[] = [];
  for (let index = 0; index < count; index += 1) {
    budget.take(never, { gate, spare }).then((permit) => {
      spend(permit);
      grantedAt.push(clock.monotonic());
    });
  }
  return grantedAt;
}

describe('the rate', () => {
  it('lets a minute’s worth go at once, and each of the rest 60 s after the one whose place it takes', async () => {
    const world = aBudget(3);
    const first = takeMany(world, 2);
    await world.clock.step(20_000);
    const second = takeMany(world, 3);
    await world.clock.step(120_000);
    expect(first).toEqual([0, 0]);
    expect(second).toEqual([20_000, 60_000, 60_000]);
  });

  it('never lets more than its number go in any minute, whatever the rhythm of the callers', async () => {
    const world = aBudget(7);
    const grants: number[][] = [];
    for (let round = 0; round < 60; round += 1) {
      grants.push(takeMany(world, (round * 5) % 4));
      await world.clock.step(1 + ((round * 7_919) % 9_000));
    }
    await world.clock.step(900_000);
    const times = grants.flat().sort((a, b) => a - b);
    expect(times).toHaveLength(90);
    const crowded = times.filter((at, index) => (times[index + 7] ?? Number.POSITIVE_INFINITY) - at < 60_000);
    expect(crowded).toEqual([]);
  });

  it('says what the minute has left: less what is spent or promised, and more again a minute later', async () => {
    const world = aBudget(3);
    const { budget, take, clock } = world;
    expect(budget.left()).toBe(3);
    spend(await take());
    await clock.step(20_000);
    const promised = await take();
    expect(budget.left()).toBe(1);
    spend(promised);
    takeMany(world, 2);
    await clock.step(0);
    expect(budget.left()).toBe(0);
    await clock.step(99_999);
    expect(budget.left()).toBe(2);
  });

  it('serves in the order of asking', async () => {
    const { take, clock } = aBudget(1);
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      take().then((permit) => {
        spend(permit);
        order.push(name);
      });
    }
    await clock.step(180_000);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('serves the urgent ones first, and those in their order', async () => {
    const { take, budget, gate, clock } = aBudget(1);
    spend(await take());
    const order: string[] = [];
    for (const name of ['a', 'B', 'c', 'D']) {
      budget.take(never, { gate, isUrgent: name < 'a' }).then((permit) => {
        spend(permit);
        order.push(name);
      });
    }
    await clock.step(240_000);
    expect(order).toEqual(['B', 'D', 'a', 'c']);
  });

  it('keeps a spare one free for a request that may need a second', async () => {
    const world = aBudget(2);
    const granted = takeMany(world, 2, 1);
    await world.clock.step(1_000);
    expect(granted).toEqual([0]);
    expect(world.budget.tryTake(world.gate)).not.toBeNull();
    expect(world.budget.tryTake(world.gate)).toBeNull();
    await world.clock.step(60_000);
    expect(granted).toEqual([0, 61_000]);
  });

  it('lets one a minute go on credit, which the next one waits for', async () => {
    const world = aBudget(1);
    const granted = takeMany(world, 2, 1);
    await world.clock.step(30_000);
    expect(world.budget.tryTake(world.gate)).not.toBeNull();
    await world.clock.step(60_000);
    expect(granted).toEqual([0, 90_000]);
  });

  it('counts a request from when it leaves, not from when it was given permit', async () => {
    const world = aBudget(1);
    const permit = await world.take();
    const granted = takeMany(world, 1);
    await world.clock.step(5_000);
    permit.spend();
    await world.clock.step(59_999);
    expect(granted).toEqual([]);
    await world.clock.step(1);
    expect(granted).toEqual([65_000]);
  });

  it('gives a permit that was not used to the next one, and only once', async () => {
    const world = aBudget(1);
    const permit = await world.take();
    const granted = takeMany(world, 3);
    await world.clock.step(1_000);
    permit.giveBack();
    await world.clock.step(59_999);
    expect(granted).toEqual([1_000]);
    permit.giveBack();
    permit.spend();
    await world.clock.step(60_001);
    expect(granted).toEqual([1_000, 61_000, 121_000]);
  });

  it('is cheap with a limit of 100,000', async () => {
    const fourMinutesOf = async (limit: number): Promise<void> => {
      const world = aBudget(limit);
      for (let round = 0; round < 4; round += 1) {
        for (let index = 0; index < limit; index += 1) spend(await world.take());
        await world.clock.step(60_000);
      }
    };
    expect(await growthOf(fourMinutesOf, 5_000)).toBeLessThan(40);
  });
});

describe('a waiting caller', () => {
  it('leaves with the reason of its signal, and the next one moves up', async () => {
    const { take, clock } = aBudget(1);
    spend(await take());
    const leaver = new AbortController();
    const left = take(leaver.signal);
    const next = take();
    const stays = expect(left).rejects.toThrow('shutting down');
    leaver.abort(new Error('shutting down'));
    await stays;
    await clock.step(60_000);
    await expect(next).resolves.toBeDefined();
  });

  it('lets one move up that could go earlier than itself', async () => {
    const { take, budget, gate, clock } = aBudget(2);
    spend(await take());
    await clock.step(30_000);
    spend(await take());
    const wantsTwo = new AbortController();
    const left = expect(budget.take(wantsTwo.signal, { gate, spare: 1 })).rejects.toThrow('changed my mind');
    const next = take().then(() => clock.monotonic());
    await clock.step(10_000);
    wantsTwo.abort(new Error('changed my mind'));
    await left;
    await clock.step(80_000);
    expect(await next).toBe(60_000);
  });

  it('leaves no timer behind when it was the last', async () => {
    const { take, clock } = aBudget(1);
    spend(await take());
    const leaver = new AbortController();
    const left = take(leaver.signal);
    expect(clock.sleepers()).toBe(1);
    leaver.abort(new Error('shutting down'));
    await expect(left).rejects.toThrow('shutting down');
    expect(clock.sleepers()).toBe(0);
  });

  it('is refused at once when its signal has aborted before', async () => {
    const { take, budget, gate } = aBudget(1);
    await expect(take(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
    expect(budget.tryTake(gate)).not.toBeNull();
  });
});

describe('a pause', () => {
  it('silences everybody until it is over', async () => {
    const world = aBudget(100);
    world.budget.pause(3_000);
    const granted = takeMany(world, 3);
    await world.clock.step(2_999);
    expect(granted).toEqual([]);
    expect(world.budget.isPaused()).toBe(true);
    expect(world.budget.tryTake(world.gate)).toBeNull();
    await world.clock.step(1);
    expect(granted).toEqual([3_000, 3_000, 3_000]);
    expect(world.budget.isPaused()).toBe(false);
  });

  it('holds those who wait for their turn already, and is not shortened by a shorter one', async () => {
    const world = aBudget(1);
    const granted = takeMany(world, 2);
    await world.clock.step(50_000);
    world.budget.pause(75_000);
    world.budget.pause(65_000);
    await world.clock.step(50_000);
    expect(granted).toEqual([0, 75_000]);
  });

  it('sends callers away when it is longer than a poll will wait, and says how long it lasts', async () => {
    const { take, budget, clock } = aBudget(1);
    spend(await take());
    const waiting = take();
    const refused = { reason: 'rate_limited', retryable: false, retryAfterMs: 55_000 };
    const stays = expect(waiting).rejects.toMatchObject(refused);
    budget.pause(55_000);
    await stays;
    await expect(take()).rejects.toMatchObject(refused);
    await clock.step(30_000);
    const patient = take();
    await clock.step(30_000);
    await expect(patient).resolves.toBeDefined();
  });
});

describe('a gate that is closed to who can wait', () => {
  function aShortage() {
    const world = aBudget(100);
    const empty = createRateGate({ spacingMs: 0, clock: world.clock });
    const slot = empty.enter();
    slot.sent();
    slot.ended({ limit: 60, remaining: 8 });
    return { ...world, empty };
  }

  it('holds up neither the urgent ones nor those who want through another', async () => {
    const { budget, empty, take } = aShortage();
    budget.take(never, { gate: empty });
    await expect(budget.take(never, { gate: empty, isUrgent: true })).resolves.toBeDefined();
    await expect(take()).resolves.toBeDefined();
    expect(budget.waiting(empty)).toBe(1);
  });

  it('opens when the server says that more is left', async () => {
    const { budget, empty } = aShortage();
    const waiting = budget.take(never, { gate: empty });
    const urgent = await budget.take(never, { gate: empty, isUrgent: true });
    urgent.spend()?.ended({ limit: 60, remaining: 50 });
    await expect(waiting).resolves.toBeDefined();
  });

  it('lets one go that has waited for five minutes, down to what is left to the urgent ones', async () => {
    const { budget, clock, empty } = aShortage();
    let goneAt: number | null = null;
    budget.take(never, { gate: empty }).then(() => {
      goneAt = clock.monotonic();
    });
    while (clock.monotonic() < 400_000) {
      const urgent = await budget.take(never, { gate: empty, isUrgent: true });
      urgent.spend()?.ended({ limit: 60, remaining: 8 });
      await clock.step(5_000);
    }
    expect(goneAt).toBe(300_000);
  });

  it('makes a permit void when others have taken what was left before it was used', async () => {
    const { budget, empty } = aShortage();
    const held = await budget.take(never, { gate: empty, isUrgent: true });
    const quick = await budget.take(never, { gate: empty, isUrgent: true });
    quick.spend()?.ended({ limit: 60, remaining: 1 });
    expect(held.spend()).toBeNull();
    expect(held.spend()).toBeNull();
  });
});
