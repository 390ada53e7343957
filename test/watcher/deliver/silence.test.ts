import { describe, expect, it } from 'vitest';
import { DeliveryError, StoreError } from '../../../src/errors.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { outboxWorld } from './outbox-world.ts';

const SECOND = 1_000;
const DAY = 24 * HOUR;

function asksFor(retryAfterMs: number, reason: 'rate_limited' | 'unavailable' = 'rate_limited') {
  return (): never => {
    throw new DeliveryError(reason, 'HTTP 429', { retryable: true, retryAfterMs });
  };
}
const isDown = (): never => {
  throw new DeliveryError('unavailable', 'HTTP 503', { retryable: true });
};
const accepts = (): undefined => undefined;

describe('a silence of up to five minutes', () => {
  it('is kept by the whole channel: one request, and the others are not tried, nor counted, nor written down', async () => {
    const world = await outboxWorld();
    const owed = await world.owe(
      ...Array.from({ length: 30 }, (_, job): ['failed', number] => ['failed', job]),
    );
    world.notifier.answer = asksFor(30_000);
    await world.drain();
    world.clock.advance(29_999);
    await world.drain();
    expect(world.notifier.sends).toBe(1);
    expect(await world.delivery(owed[0] ?? '')).toMatchObject({ attemptsStarted: 1, attemptsFinished: 1 });
    for (const id of owed.slice(1))
      expect(await world.delivery(id)).toMatchObject({
        attemptsStarted: 0,
        nextAttemptAt: T0,
        lastDetail: null,
      });
    expect((await world.audit()).map(({ kind }) => kind)).toEqual(['delivery.attempted']);
    expect(await world.store.nextDueAt('oncall')).toBe(T0 + 30_000);

    world.notifier.answer = accepts;
    world.clock.advance(1);
    await world.drain();
    expect(world.accepted()).toEqual(owed);
  });

  it.each([30 * SECOND, 5 * MINUTE])(
    'of %i ms holds across a restart, and is over then',
    async (silenceMs) => {
      const world = await outboxWorld();
      await world.owe(['failed', 1], ['failed', 2]);
      world.notifier.answer = asksFor(silenceMs, 'unavailable');
      await world.drain();
      world.notifier.answer = accepts;
      world.clock.advance(10_000);
      await world.restart();
      await world.drain();
      expect(world.notifier.sends).toBe(1);
      await world.liveUntil(T0 + silenceMs);
      expect(world.accepted()).toHaveLength(2);
    },
  );

  it('does not hold back what is redriven, and ends when that is accepted', async () => {
    const world = await outboxWorld();
    const [refused = '', other = '', waiting = ''] = await world.owe(
      ['failed', 1],
      ['failed', 2],
      ['failed', 3],
    );
    world.notifier.answer = () => {
      throw new DeliveryError('rejected', 'HTTP 422', { retryable: false });
    };
    await world.pass();
    world.notifier.answer = asksFor(5 * MINUTE);
    await world.drain();
    world.notifier.answer = accepts;
    world.clock.advance(1_000);
    await world.drain();
    expect(world.accepted()).toEqual([]);

    expect(await world.store.redrive('given_up', world.clock.now())).toEqual([refused]);
    await world.drain();
    expect(world.accepted()).toEqual([refused, other, waiting]);
    expect(world.clock.now()).toBe(T0 + 1_000);
  });

  it('holds on when what was redriven meets it again', async () => {
    const world = await outboxWorld();
    const [first = '', second = ''] = await world.owe(['failed', 1], ['failed', 2]);
    world.notifier.answer = asksFor(MINUTE);
    await world.drain();
    world.clock.advance(1_000);
    expect(await world.store.redrive([first], world.clock.now())).toEqual([first]);
    await world.drain();
    expect(world.notifier.sends).toBe(2);
    world.clock.advance(MINUTE - 1);
    await world.drain();
    expect(world.notifier.sends).toBe(2);
    expect(await world.delivery(second)).toMatchObject({ attemptsStarted: 0 });
  });

  it('does not hold for ever because the clock is set back', async () => {
    const world = await outboxWorld();
    await world.owe(['failed', 1], ['failed', 2]);
    world.clock.advance(DAY);
    world.notifier.answer = asksFor(MINUTE);
    await world.drain();
    world.notifier.answer = accepts;
    world.clock.set(T0);
    await world.drain();
    expect(world.accepted()).toHaveLength(2);
  });
});

describe('a longer silence', () => {
  it.each([
    ['an hour', HOUR, HOUR],
    ['25 hours', 25 * HOUR, 3 * HOUR],
    ['a week', 7 * DAY, 3 * HOUR],
  ])(
    'of %s is kept by the event that met it, three hours at most; others are tried',
    async (_what, asked, waitMs) => {
      const world = await outboxWorld({ maxBatch: 10, concurrency: 1 });
      const [met = ''] = await world.owe(['failed', 1]);
      world.notifier.answer = asksFor(asked);
      await world.drain();
      expect(await world.delivery(met)).toMatchObject({ status: 'pending', nextAttemptAt: T0 + waitMs });

      const others = await world.owe(['failed', 2], ['failed', 3]);
      await world.pass();
      expect(await world.delivery(others[0] ?? '')).toMatchObject({ attemptsFinished: 1 });
      expect(await world.delivery(others[1] ?? '')).toMatchObject({ attemptsStarted: 0 });
    },
  );

  it('gives nothing up before a day of tries, and then it does', async () => {
    const world = await outboxWorld();
    const [id = ''] = await world.owe(['failed', 1]);
    world.notifier.answer = asksFor(90_000 * SECOND);
    await world.liveUntil(T0 + DAY - 1);
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' });
    expect(world.notifier.sends).toBe(8);
    await world.liveUntil(T0 + DAY);
    expect(await world.delivery(id)).toMatchObject({ status: 'given_up', attemptsFinished: 9 });
  });

  it('ends for all with the first acceptance, in order', async () => {
    const world = await outboxWorld();
    const met = await world.owe(['started', 1], ['started', 2], ['failed', 1]);
    world.notifier.answer = asksFor(25 * HOUR);
    await world.drain();
    world.clock.advance(MINUTE);
    world.notifier.answer = accepts;
    const [fresh = ''] = await world.owe(['failed', 3]);
    await world.drain();
    expect(world.accepted()).toEqual([fresh, ...met]);
  });

  it('is broken by a redrive of the event that waits, and of what must not be overtaken', async () => {
    const world = await outboxWorld();
    const [first = '', second = ''] = await world.owe(['started', 1], ['failed', 1]);
    world.notifier.answer = asksFor(25 * HOUR);
    await world.drain();
    world.notifier.answer = accepts;
    world.clock.advance(MINUTE);
    await world.drain();
    expect(world.accepted()).toEqual([]);
    expect(await world.store.redrive([second], world.clock.now())).toEqual([second]);
    await world.drain();
    expect(world.accepted()).toEqual([first, second]);
  });
});

describe('what was not sent after all', () => {
  it('is no attempt: nothing is counted, written down or signalled, and it goes out later', async () => {
    const world = await outboxWorld();
    const heard: string[] = [];
    world.signals.on('delivery:recorded', ({ outcome }) => heard.push(outcome));
    const [id = ''] = await world.owe(['failed', 1]);
    const before = await world.delivery(id);
    world.notifier.answer = () => {
      throw new DeliveryError('rate_limited', 'silence', {
        retryable: true,
        retryAfterMs: 9_000,
        wasTried: false,
      });
    };
    expect(await world.pass()).toMatchObject({ tried: 0, mayHaveMore: false });
    expect(await world.delivery(id)).toEqual(before);
    expect(await world.audit()).toEqual([]);
    expect(heard).toEqual([]);
    world.notifier.answer = accepts;
    await world.drain();
    expect(await world.delivery(id)).toMatchObject({ status: 'delivered', attemptsStarted: 1 });
  });

  it('is not claimed at all while the receiver is known to want silence, unless it was redriven', async () => {
    const world = await outboxWorld();
    const [given = '', other = ''] = await world.owe(['failed', 1], ['failed', 2]);
    world.notifier.answer = () => {
      throw new DeliveryError('refused', 'HTTP 404', { retryable: false });
    };
    await world.pass();
    world.notifier.answer = accepts;
    // As when another channel with the same receiver has met the silence.
    world.notifier.pausedMs = () => 20_000;
    expect(await world.pass()).toEqual({ tried: 0, mayHaveMore: false, quietMs: 20_000, hasTimedOut: false });
    expect(await world.delivery(other)).toMatchObject({ attemptsStarted: 0 });
    await world.store.redrive([given], world.clock.now());
    await world.drain();
    expect(world.accepted()).toEqual([given]);
  });
});

describe('the first acceptance after a fault', () => {
  it('makes due what waited, so that the end of a job does not wait behind its own beginning', async () => {
    const world = await outboxWorld();
    const ofOne = await world.owe(['started', 1]);
    world.notifier.answer = isDown;
    await world.liveUntil(T0 + 3 * MINUTE);
    ofOne.push(...(await world.owe(['failed', 1])));
    world.notifier.answer = accepts;
    const [ofTwo = ''] = await world.owe(['started', 2]);
    await world.drain();
    expect(world.accepted()).toEqual([ofTwo, ...ofOne]);
    expect(world.clock.now()).toBe(T0 + 3 * MINUTE);
  });

  it('makes due all of it in one go, oldest first, each job in its order', async () => {
    const world = await outboxWorld({ maxBatch: 10, concurrency: 1 });
    const jobs = Array.from({ length: 100 }, (_, job) => job);
    world.notifier.answer = isDown;
    const owed = await world.owe(
      ...jobs.map((job): ['started', number] => ['started', job]),
      ...jobs.map((job): ['failed', number] => ['failed', job]),
    );
    await world.liveUntil(T0 + 20 * MINUTE);
    world.notifier.answer = accepts;
    const [fresh = ''] = await world.owe(['failed', 1_000]);
    await world.drain();
    expect(world.accepted()).toEqual([fresh, ...owed]);
  });

  it('does not have a message with a fault of its own tried after every other one', async () => {
    const world = await outboxWorld();
    const [poison = ''] = await world.owe(['failed', 0]);
    world.notifier.answer = ([notice]) => (notice?.deliveryId === poison ? isDown() : undefined);
    for (let job = 1; job <= 120; job += 1) {
      await world.owe(['failed', job]);
      await world.drain();
      world.clock.advance(3_000);
    }
    const { attemptsFinished } = await world.delivery(poison);
    expect(attemptsFinished).toBeGreaterThan(4);
    expect(attemptsFinished).toBeLessThan(12);
  });

  it('is none when there was nothing to send', async () => {
    const world = await outboxWorld();
    const [waits = ''] = await world.owe(['failed', 1]);
    world.notifier.answer = isDown;
    await world.drain();
    world.notifier.send = async () => ({ detail: 'not for a pager', wasSent: false });
    await world.owe(['started', 2]);
    await world.drain();
    expect(await world.delivery(waits)).toMatchObject({ status: 'pending', nextAttemptAt: T0 + 5_000 });
  });
});

describe('how much goes out at once', () => {
  it('is one until the channel has accepted, again after a fault, and again when it was left alone for long', async () => {
    const world = await outboxWorld({ concurrency: 4 });
    let inFlight = 0;
    let most = 0;
    let isUp = true;
    world.notifier.answer = async () => {
      inFlight += 1;
      most = Math.max(most, inFlight);
      await new Promise(setImmediate);
      inFlight -= 1;
      if (!isUp) isDown();
    };
    const mostOf = async (jobs: number[], passes: number): Promise<number> => {
      await world.owe(...jobs.map((job): ['failed', number] => ['failed', job]));
      most = 0;
      for (let count = 0; count < passes; count += 1) await world.pass();
      return most;
    };
    expect(await mostOf([1, 2, 3, 4, 5], 1)).toBe(1);
    expect(await mostOf([], 1)).toBe(4);
    world.clock.advance(MINUTE);
    expect(await mostOf([6, 7, 8, 9, 10], 1)).toBe(1);
    isUp = false;
    expect(await mostOf([], 1)).toBe(4);
    expect(await mostOf([11, 12, 13], 3)).toBe(1);
  });

  it('grows with all that is accepted quickly, and falls back to what is usual when one takes long', async () => {
    const world = await outboxWorld({ concurrency: 4, concurrencyWhenQuick: 10 });
    let tookMs = 0;
    world.notifier.answer = () => world.clock.advance(tookMs);
    const triedInPasses = async (passes: number): Promise<number[]> => {
      const tried: number[] = [];
      for (let count = 0; count < passes; count += 1) tried.push((await world.pass()).tried);
      return tried;
    };
    await world.owe(...Array.from({ length: 80 }, (_, job): ['failed', number] => ['failed', job]));
    expect(await triedInPasses(5)).toEqual([1, 4, 5, 10, 10]);
    tookMs = 300;
    expect(await triedInPasses(2)).toEqual([10, 4]);
    tookMs = 0;
    expect(await triedInPasses(3)).toEqual([4, 4, 8]);
    world.notifier.answer = isDown;
    expect(await triedInPasses(2)).toEqual([10, 1]);
  });
});

describe('a store that cannot take what was accepted', () => {
  it('lets no more go out at once than is usual until it takes it again', async () => {
    const world = await outboxWorld({ concurrency: 2, concurrencyWhenQuick: 10 });
    const triedInPasses = async (passes: number): Promise<number[]> => {
      const tried: number[] = [];
      for (let count = 0; count < passes; count += 1) tried.push((await world.pass()).tried);
      return tried;
    };
    await world.owe(...Array.from({ length: 80 }, (_, job): ['failed', number] => ['failed', job]));
    expect(await triedInPasses(4)).toEqual([1, 2, 3, 6]);
    const { recordOutcomes } = world.store;
    let faults = 1;
    world.store.recordOutcomes = async (...how) => {
      faults -= 1;
      if (faults >= 0) throw new StoreError('unavailable', 'the disk is full');
      return recordOutcomes(...how);
    };
    expect(await triedInPasses(2)).toEqual([10, 2]);
  });
});

describe('a wall clock that steps', () => {
  it('does not make a delivery old that was owed for 20 s', async () => {
    const world = await outboxWorld();
    const [id = ''] = await world.owe(['failed', 1]);
    world.notifier.answer = isDown;
    await world.liveUntil(T0 + 20 * SECOND);
    world.clock.set(world.clock.now() + 2 * DAY);
    await world.drain();
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' });
    world.clock.set(T0 + 21 * SECOND);
    await world.drain();
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' });
    world.notifier.answer = accepts;
    await world.liveUntil(T0 + 15 * MINUTE);
    expect(world.accepted()).toEqual([id]);
  });

  it('does not count time in which nothing ran as tries, and still gives up after a day of them', async () => {
    const world = await outboxWorld();
    const [id = ''] = await world.owe(['failed', 1]);
    world.notifier.answer = isDown;
    await world.liveUntil(T0 + 20 * MINUTE);
    world.clock.advance(3 * DAY);
    await world.restart();
    await world.drain();
    expect(await world.delivery(id)).toMatchObject({ status: 'pending' });
    await world.liveUntil(T0 + 4 * DAY + HOUR);
    expect(await world.delivery(id)).toMatchObject({ status: 'given_up' });
  });
});
