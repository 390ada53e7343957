import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClaimedDelivery, DeliveryOutcome } from '../../../src/store/ports/outbox.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { openEmbeddedStore } from '../../support/test-store.ts';
import { aCommit, plan } from '../support.ts';

const LEASE_MS = 15_000;

type Step =
  | { do: 'owe'; job: number }
  | { do: 'claim'; owner: string; limit: number; perKey: 'head' | 'run' }
  | { do: 'end'; which: number; kind: DeliveryOutcome['kind']; delayMs: number }
  | { do: 'renew'; which: number }
  | { do: 'wait'; ms: number }
  | { do: 'restart' };

const owner = fc.constantFrom('a', 'b', 'c');
const which = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('owe'), job: fc.nat(2) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('claim'),
      owner,
      limit: fc.integer({ min: 1, max: 4 }),
      perKey: fc.constantFrom('head', 'run'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('end'),
      which,
      kind: fc.constantFrom('delivered', 'retry', 'given_up', 'released'),
      delayMs: fc.nat(20_000),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('renew'), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.nat(20_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart') }) },
);

/** What should be true of a delivery, worked out beside the store. */
interface Modelled {
  id: string;
  job: number;
  status: 'pending' | 'delivered' | 'given_up';
  leaseUntil: number;
  leaseOwner: string | null;
}

/** A claim somebody believes to have. It may have been lost meanwhile. */
interface Held {
  id: string;
  owner: string;
}

/** Plays steps against a store and checks every claim against the model. */
class World {
  readonly store: Store;
  now = T0 + 1_000;
  readonly deliveries: Modelled[] = [];
  readonly held: Held[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async play(step: Step): Promise<void> {
    switch (step.do) {
      case 'owe':
        return this.owe(step.job);
      case 'claim':
        await this.claim(step.owner, step.limit, step.perKey);
        return;
      case 'end':
        return this.end(step.which, step.kind, step.delayMs);
      case 'renew':
        return this.renew(step.which);
      case 'wait':
        this.now += step.ms;
        return;
      case 'restart':
        for (const delivery of this.deliveries) endLease(delivery);
        await this.store.join(aJoining());
        return;
    }
  }

  async owe(job: number): Promise<void> {
    const planned = plan(this.deliveries.length, { job });
    await this.store.commitPoll(aCommit({ at: this.now, events: [planned] }));
    this.deliveries.push({
      id: `${planned.event.id}:oncall`,
      job,
      status: 'pending',
      leaseUntil: 0,
      leaseOwner: null,
    });
  }

  async claim(owner: string, limit: number, perKey: 'head' | 'run'): Promise<ClaimedDelivery[]> {
    const { now } = this;
    const claimed = await this.store.claimDeliveries({
      channel: 'oncall',
      owner,
      now,
      leaseMs: LEASE_MS,
      limit,
      perKey,
    });
    const ids = claimed.map(({ id }) => id);
    for (const { id } of claimed) {
      const delivery = this.the(id);
      expect(delivery.status, 'only what is owed is claimed').toBe('pending');
      expect(delivery.leaseUntil, 'nobody else holds it').toBeLessThanOrEqual(now);
      const before = this.waitingBefore(delivery);
      if (perKey === 'head') expect(before, 'nothing is overtaken').toEqual([]);
      else
        expect(ids.slice(0, ids.indexOf(id)), 'nothing is overtaken').toEqual(expect.arrayContaining(before));
    }
    for (const id of ids) {
      Object.assign(this.the(id), { leaseUntil: now + LEASE_MS, leaseOwner: owner });
      this.held.push({ id, owner });
    }
    return claimed;
  }

  async end(which: number, kind: DeliveryOutcome['kind'], delayMs: number): Promise<void> {
    const held = this.held.splice(which % Math.max(1, this.held.length), 1)[0];
    if (!held) return;
    const { id } = held;
    const at = this.now;
    const outcome: DeliveryOutcome =
      kind === 'released'
        ? { id, kind, at }
        : kind === 'retry'
          ? { id, kind, at, nextAttemptAt: at + delayMs, detail: '503' }
          : { id, kind, at, detail: kind };
    await this.store.recordOutcomes([outcome], [], held.owner);
    this.modelEnd(held, kind);
  }

  private modelEnd({ id, owner }: Held, kind: DeliveryOutcome['kind']): void {
    const delivery = this.the(id);
    const isLost = delivery.leaseOwner !== null && delivery.leaseOwner !== owner;
    if (kind !== 'delivered' && (delivery.status !== 'pending' || isLost)) return;
    if (kind === 'delivered' || kind === 'given_up') delivery.status = kind;
    endLease(delivery);
  }

  async renew(which: number): Promise<void> {
    const held = this.held[which % Math.max(1, this.held.length)];
    if (!held) return;
    await this.store.renewLeases([held.id], held.owner, this.now + LEASE_MS);
    const delivery = this.the(held.id);
    if (delivery.leaseOwner === held.owner) delivery.leaseUntil = this.now + LEASE_MS;
  }

  /** Time passes, and whoever comes delivers what is left. */
  async drain(): Promise<void> {
    for (let round = 0; round < 200; round += 1) {
      const due = await this.store.nextDueAt('oncall');
      if (due === null) return;
      this.now = Math.max(this.now, due);
      const claimed = await this.claim('last', 3, 'head');
      expect(claimed.length, 'what is said to be due can be claimed').toBeGreaterThan(0);
      const outcomes = claimed.map(({ id }) => ({
        id,
        kind: 'delivered' as const,
        at: this.now,
        detail: 'ok',
      }));
      await this.store.recordOutcomes(outcomes, [], 'last');
      for (const { id } of claimed) this.the(id).status = 'delivered';
    }
  }

  private the(id: string): Modelled {
    const found = this.deliveries.find((delivery) => delivery.id === id);
    if (!found) throw new Error(`${id} was never owed`);
    return found;
  }

  private waitingBefore(delivery: Modelled): string[] {
    return this.deliveries
      .slice(0, this.deliveries.indexOf(delivery))
      .filter(({ job, status }) => job === delivery.job && status === 'pending')
      .map(({ id }) => id);
  }
}

function endLease(delivery: Modelled): void {
  Object.assign(delivery, { leaseUntil: 0, leaseOwner: null });
}

describe('claims, whatever happens in whatever order', () => {
  it('never have two holders, keep the order of each job, and lose nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const store = await openEmbeddedStore();
        try {
          const world = new World(store);
          for (const one of steps) await world.play(one);
          await world.drain();
          const { items } = await store.listDeliveries({ limit: 1_000 });
          const ended = items.map(({ id, status }) => [id, status]).reverse();
          expect(ended).toEqual(world.deliveries.map(({ id, status }) => [id, status]));
        } finally {
          await store.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});
