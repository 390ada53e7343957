import { beforeEach, describe, expect, it } from 'vitest';
import { channelUnit, KEEPER_UNIT } from '../../../src/domain/replicas/unit.ts';
import type { SharedMembership, Standing } from '../../../src/store/ports/leases.ts';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import type { Store } from '../../../src/store/store.ts';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import type { ReplicaStores } from '../../support/replica-stores.ts';
import { aCommit, aDraft, plan } from '../support.ts';

const UNITS = Array.from({ length: 24 }, (_, index) => `project:atlas/${index}`);

/** A replica, with the store that it works with. */
interface Replica extends SharedMembership {
  store: Store;
  look(over?: { wanted?: readonly string[]; configuration?: string }): Promise<Standing>;
}

/** How every store that several replicas share gives out its leases. */
export function leasesContract(stores: () => Promise<ReplicaStores>): void {
  describe('leases', () => {
    let world: ReplicaStores;
    beforeEach(async () => {
      world = await stores();
    });

    const join = async (name: string): Promise<Replica> => {
      const store = world.open();
      const membership = await store.join(aJoining({ name }));
      if (membership.kind !== 'shared') throw new Error('alone');
      const look: Replica['look'] = (over = {}) =>
        membership.beat({ wanted: UNITS, configuration: aJoining().configuration, ...over });
      return Object.assign(membership, { store, look });
    };
    const unitsOf = ({ held }: Standing): string[] => held.map(({ unit }) => unit).toSorted();
    const leaseOf = ({ held }: Standing, unit: string): Lease => {
      const lease = held.find((one) => one.unit === unit);
      if (!lease) throw new Error(`${unit} is not held`);
      return lease;
    };

    const expectWholeLease = ({ validForMs }: Standing): void => {
      expect(validForMs).toBeGreaterThan(14_000);
      expect(validForMs).toBeLessThanOrEqual(15_000);
    };

    it('are all of the first replica, and each of one replica alone however many there are', async () => {
      const [a, b] = [await join('a'), await join('b')];
      const [first, second] = await Promise.all([a.look(), b.look()]);
      expect([...unitsOf(first), ...unitsOf(second)].length).toBe(
        new Set([...unitsOf(first), ...unitsOf(second)]).size,
      );
      expect([...unitsOf(await a.look()), ...unitsOf(await b.look())].toSorted()).toEqual(UNITS.toSorted());
      expect((await a.look()).replicas.map(({ name }) => name)).toEqual(['a', 'b']);
    });

    it('name their owners to everybody', async () => {
      const a = await join('a');
      await a.look();
      const b = await join('b');
      const { owners } = await b.look();
      expect([...new Set(owners.values())]).toEqual([a.replica]);
      expect(owners.size).toBe(UNITS.length);
    });

    it('end by the clock of the store, and are taken then, with a greater token', async () => {
      const a = await join('a');
      const first = await a.look();
      expectWholeLease(first);
      const b = await join('b');
      world.advance(14_000);
      expect(unitsOf(await b.look())).toEqual([]);
      world.advance(1_001);
      await b.look();
      const second = await b.look();
      expect(unitsOf(second)).toEqual(UNITS.toSorted());
      expect(leaseOf(second, UNITS[0] ?? '').token).toBeGreaterThan(leaseOf(first, UNITS[0] ?? '').token);
    });

    it('are prolonged by each sign of life, all of them', async () => {
      const [a, b] = [await join('a'), await join('b')];
      await a.look();
      for (let second = 0; second < 30; second += 5) {
        world.advance(5_001);
        expectWholeLease(await a.look());
      }
      expect(unitsOf(await b.look({ wanted: [] }))).toEqual([]);
      expect(unitsOf(await a.look())).toEqual(UNITS.toSorted());
    });

    it('are still those of a replica that was away when nobody has taken them', async () => {
      const a = await join('a');
      const before = await a.look();
      world.advance(60_000);
      await expect(under(a, leaseOf(before, UNITS[0] ?? ''))).rejects.toMatchObject({ reason: 'fenced' });
      expect((await a.look()).held).toEqual(before.held);
      await under(a, leaseOf(before, UNITS[0] ?? ''));
    });

    it('refuse what is written under them once another has taken them over', async () => {
      const a = await join('a');
      const old = leaseOf(await a.look(), UNITS[0] ?? '');
      world.advance(15_001);
      const b = await join('b');
      const taken = leaseOf(await b.look(), old.unit);
      await expect(under(a, old)).rejects.toMatchObject({ reason: 'fenced' });
      await a.look();
      await expect(under(a, old)).rejects.toMatchObject({ reason: 'fenced' });
      // Nor does the token of another help.
      await expect(under(a, taken)).rejects.toMatchObject({ reason: 'fenced' });
      await under(b, taken);
      expect((await b.store.auditHead()).seq).toBe(1);
    });

    it('move to a replica that joins once it has settled, one at a time and only when they are let go', async () => {
      const a = await join('a');
      await a.look();
      const b = await join('b');
      expect(unitsOf(await b.look())).toEqual([]);
      world.advance(10_001);
      await a.look();
      await b.look();
      const { due } = await a.look();
      expect(due.length).toBeGreaterThan(3);
      expect(new Set(due.map(({ to }) => to))).toEqual(new Set([b.replica]));
      expect(unitsOf(await b.look())).toEqual([]);
      const [first] = due;
      await a.release([first?.unit ?? ''], b.replica);
      expect(unitsOf(await b.look())).toEqual([first?.unit]);
      expect(unitsOf(await a.look())).not.toContain(first?.unit);
      await a.release(
        due.map(({ unit }) => unit),
        b.replica,
      );
      expect(unitsOf(await b.look())).toEqual(due.map(({ unit }) => unit).toSorted());
      expect((await a.look()).due).toEqual([]);
    });

    it('of a replica that leaves are taken at once by those who stay', async () => {
      const a = await join('a');
      const before = await a.look();
      const b = await join('b');
      await b.look();
      await a.leave();
      await a.release(UNITS, null);
      expect(unitsOf(await a.look())).toEqual([]);
      expect(unitsOf(await b.look())).toEqual(UNITS.toSorted());
      await expect(under(a, leaseOf(before, UNITS[0] ?? ''))).rejects.toMatchObject({ reason: 'fenced' });
      await a.end();
      expect((await b.look()).replicas.map(({ name }) => name)).toEqual(['b']);
    });

    it('that nobody in line takes are taken by the next', async () => {
      const [a, b] = [await join('a'), await join('b')];
      await a.look();
      await b.look({ wanted: [] });
      expect(unitsOf(await a.look()).length).toBeLessThan(UNITS.length);
      world.advance(10_001);
      await a.look();
      expect(unitsOf(await a.look())).toEqual(UNITS.toSorted());
    });

    it('on a channel free what an earlier holder had claimed there, and nothing else', async () => {
      const a = await join('a');
      const wanted = [KEEPER_UNIT, channelUnit('oncall'), channelUnit('dba')];
      await a.look({ wanted });
      const claim = { owner: 'a', now: T0 + 60_000, leaseMs: 3_600_000, limit: 9, perKey: 'head' as const };
      await a.store.commitPoll(
        aCommit({
          events: [plan(1, { channels: ['oncall', 'dba'] }), plan(2, { job: 2, channels: ['oncall'] })],
        }),
      );
      for (const channel of ['oncall', 'dba']) await a.store.claimDeliveries({ ...claim, channel });
      world.advance(15_001);
      const b = await join('b');
      await b.look({ wanted: [channelUnit('oncall')] });
      const again = (channel: string) => b.store.claimDeliveries({ ...claim, channel, owner: 'b' });
      expect(await again('oncall')).toMatchObject([{ wasInterrupted: true }, { wasInterrupted: true }]);
      expect(await again('dba')).toEqual([]);
      await b.look({ wanted: [channelUnit('oncall')] });
      expect(await again('oncall')).toEqual([]);
    });

    it('stay where they are while two configurations are in force, and what is told of the replicas says so', async () => {
      const a = await join('a');
      await a.look();
      const b = await join('b');
      world.advance(10_001);
      await a.look();
      await b.look({ configuration: 'other' });
      const { due, replicas } = await a.look();
      expect(due).toEqual([]);
      expect(replicas.map(({ configuration }) => configuration)).toEqual([aJoining().configuration, 'other']);
      await a.look({ configuration: 'other' });
      await b.look({ configuration: 'other' });
      expect((await a.look({ configuration: 'other' })).due).not.toEqual([]);
    });

    const under = ({ store }: Replica, lease: Lease): Promise<void> =>
      store.under(lease).recordAudit([aDraft(1)]);
  });
}
