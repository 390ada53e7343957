import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { sharingBudgets } from '../../../src/app/shared-budgets.ts';
import { SourceError } from '../../../src/errors.ts';
import { createRateGate } from '../../../src/source/budget/rate-gate.ts';
import { createRequestBudget } from '../../../src/source/budget/request-budget.ts';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import { aJoining } from '../../support/joining.ts';
import { openReplicaStores, type ReplicaStores } from '../../support/replica-stores.ts';
import { createSteppingClock, type SteppingClock } from '../../support/stepping-clock.ts';

const NAME = 'atlas/64b0c1d2e3f4a5b6c7d8e9f0';
const CEILING = 90;
/** What a replica is granted ahead: a sixth of the ceiling. */
const ADVANCE = 15;
const LEASE_MS = 15_000;
const WISH = { wanted: [], configuration: aJoining().configuration };

let clock: SteppingClock;
let stores: ReplicaStores;
/** When a request went out, whoever sent it. */
let sent: number[];

beforeEach(() => {
  clock = createSteppingClock();
  stores = openReplicaStores(() => clock.now());
  sent = [];
});

interface Replica {
  /** Sends as many as it may, as long as it works and is not killed. */
  work(isWorking: boolean): void;
  /** It neither sends nor shows a sign of life any more; or does so again, with all that it remembers. */
  freeze(isFrozen: boolean): void;
  leave(): Promise<void>;
  /** Atlas asks it for silence. */
  silence(ms: number): void;
  /** Sends just one. */
  send(signal?: AbortSignal): Promise<void>;
}

async function startReplica(name: string, perMinute = CEILING): Promise<Replica> {
  const joined = await stores.open().join(aJoining({ name }));
  let isFrozen = false;
  let isGone = false;
  const { membership, shareBudget } = sharingBudgets(
    frozenWhile(joined as SharedMembership, () => isFrozen),
    clock,
  );
  if (membership.kind !== 'shared') throw new Error('alone');
  const share = shareBudget(NAME, perMinute);
  const budget = createRequestBudget({ requestsPerMinute: perMinute, longestPauseMs: 30_000, share, clock });
  const gate = createRateGate({ spacingMs: 0, clock });
  let isWorking = false;
  const never = new AbortController().signal;
  const send = async (signal = never): Promise<void> => {
    const spent = (await budget.take(signal, { gate })).spend();
    if (spent === null) return;
    sent.push(clock.monotonic());
    spent.ended('none');
  };
  void (async () => {
    for (;;) {
      if (isWorking && !isFrozen) await send().catch(() => clock.sleep(1_000));
      else await clock.sleep(500);
    }
  })();
  const beat = async (): Promise<void> => {
    for (;;) {
      if (!isFrozen && !isGone) await membership.beat(WISH);
      await clock.sleep(1_000);
    }
  };
  beat().catch(() => {});
  await clock.step(0);
  return {
    work: (works) => {
      isWorking = works;
    },
    freeze: (freezes) => {
      isFrozen = freezes;
    },
    leave: async () => {
      isWorking = false;
      isGone = true;
      await membership.end();
    },
    silence: (ms) => budget.pause(clock.monotonic() + ms),
    send,
  };
}

/** A process that stands still asks nobody for anything; what it does when it goes on is what it would have done. */
function frozenWhile(membership: SharedMembership, isFrozen: () => boolean): SharedMembership {
  return new Proxy(membership, {
    get: (target, key: keyof SharedMembership) => {
      const method = target[key];
      if (typeof method !== 'function') return method;
      if (key !== 'book') return (method as () => unknown).bind(target);
      return (...args: Parameters<SharedMembership['book']>) =>
        isFrozen() ? Promise.reject(new Error('frozen')) : target.book(...args);
    },
  });
}

/** Has it send so many, and waits for a second and a half: so they are booked. */
async function sendSome({ send }: Replica, count: number): Promise<void> {
  const all = Promise.all(Array.from({ length: count }, () => send()));
  await clock.step(1_500);
  await all;
}

/** The most that went out in any minute. */
function mostInAMinute(): number {
  return Math.max(0, ...sent.map((from) => sent.filter((at) => at >= from && at < from + 60_000).length));
}

const since = (at: number): number => sent.filter((time) => time >= at).length;

describe('a request budget that replicas share', () => {
  it('gives one that works alone all of the ceiling, and never more in any minute', async () => {
    const a = await startReplica('a');
    a.work(true);
    await clock.step(60_000);
    expect(sent).toHaveLength(CEILING);
    await clock.step(240_000);
    expect(mostInAMinute()).toBe(CEILING);
    expect(sent.length).toBeGreaterThan(4 * CEILING);
  });

  it('is not spent twice by who takes a project over from one that let it go', async () => {
    const [a, b] = [await startReplica('a'), await startReplica('b')];
    a.work(true);
    await clock.step(20_000);
    a.work(false);
    b.work(true);
    await clock.step(200_000);
    expect(mostInAMinute()).toBe(CEILING);
  });

  it('is whole for the others as soon as one has left in order', async () => {
    const [a, b] = [await startReplica('a'), await startReplica('b')];
    await sendSome(a, 30);
    await a.leave();
    const at = clock.monotonic();
    b.work(true);
    await clock.step(30_000);
    expect(since(at)).toBe(CEILING - 30);
  });

  it('is less by what a killed one may have spent, for a minute from its death on', async () => {
    const [a, b] = [await startReplica('a'), await startReplica('b')];
    await sendSome(a, 30);
    a.freeze(true);
    const killedAt = clock.monotonic();
    await clock.step(LEASE_MS);
    b.work(true);
    await clock.step(10_000);
    expect(since(killedAt)).toBe(CEILING - 30 - ADVANCE);
    await clock.step(LEASE_MS + 60_000);
    expect(mostInAMinute()).toBeLessThanOrEqual(CEILING);
    expect(since(killedAt + LEASE_MS)).toBeGreaterThanOrEqual(CEILING);
  });

  it('is kept by a ceiling of one a minute, too', async () => {
    const [a, b] = [await startReplica('a', 1), await startReplica('b', 1)];
    a.work(true);
    await clock.step(90_000);
    a.work(false);
    b.work(true);
    await clock.step(300_000);
    expect(mostInAMinute()).toBe(1);
    expect(sent.length).toBeGreaterThanOrEqual(5);
  });

  it('lets one that stood still beyond its lease spend nothing that others have by now', async () => {
    const [a, b] = [await startReplica('a'), await startReplica('b')];
    a.work(true);
    await clock.step(100);
    a.freeze(true);
    await clock.step(LEASE_MS + 80_000);
    b.work(true);
    await clock.step(10_000);
    a.freeze(false);
    await clock.step(120_000);
    expect(mostInAMinute()).toBe(CEILING);
  });

  it('has all be silent when Atlas has asked one of them', async () => {
    const [a, b] = [await startReplica('a'), await startReplica('b')];
    await sendSome(a, 1);
    a.silence(20_000);
    await clock.step(1_000);
    const at = clock.monotonic();
    b.work(true);
    await clock.step(18_000);
    expect(since(at)).toBe(0);
    await clock.step(10_000);
    expect(since(at)).toBeGreaterThan(0);
    a.silence(300_000);
    await clock.step(70_000);
    await expect(b.send()).rejects.toBeInstanceOf(SourceError);
  });

  it('is kept whatever replicas do', async () => {
    const step = fc.record({
      replica: fc.nat(2),
      does: fc.constantFrom('work', 'rest', 'freeze', 'thaw'),
      forMs: fc.oneof(fc.nat(3_000), fc.nat(40_000)),
    });
    const world = fc.record({
      ceiling: fc.constantFrom(1, 2, 7, 90),
      steps: fc.array(step, { minLength: 4, maxLength: 15 }),
    });
    await fc.assert(
      fc.asyncProperty(world, async ({ ceiling, steps }) => {
        clock = createSteppingClock();
        stores = openReplicaStores(() => clock.now());
        sent = [];
        const replicas: Replica[] = [];
        for (const name of ['a', 'b', 'c']) replicas.push(await startReplica(name, ceiling));
        for (const { replica, does, forMs } of steps) {
          const one = replicas[replica];
          if (does === 'work' || does === 'rest') one?.work(does === 'work');
          else one?.freeze(does === 'freeze');
          await clock.step(forMs);
        }
        expect(mostInAMinute()).toBeLessThanOrEqual(ceiling);
      }),
      { numRuns: 25 },
    );
  });
});

it('hands on that the lease is renewed as soon as it is, though the rest of the sign of life takes long', async () => {
  const joined = (await stores.open().join(aJoining({ name: 'a' }))) as SharedMembership;
  const slow = Promise.withResolvers<void>();
  const beatSlowly: SharedMembership['beat'] = async (wish, onRenewed) => {
    onRenewed?.();
    await slow.promise;
    return joined.beat(wish);
  };
  const { membership } = sharingBudgets(
    new Proxy(joined, {
      get: (target, key: keyof SharedMembership) => {
        const method = key === 'beat' ? beatSlowly : target[key];
        return typeof method === 'function' ? (method as () => unknown).bind(target) : method;
      },
    }),
    clock,
  );
  if (membership.kind !== 'shared') throw new Error('alone');
  let renewed = 0;
  const beat = membership.beat(WISH, () => {
    renewed += 1;
  });
  expect(renewed).toBe(1);
  slow.resolve();
  await beat;
  await membership.end();
});
