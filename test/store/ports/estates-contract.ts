import { beforeEach, describe, expect, it } from 'vitest';
import { discoveryUnit } from '../../../src/domain/replicas/unit.ts';
import type { SharedMembership } from '../../../src/store/ports/leases.ts';
import type { FoundProject, ShareFault, ShareStanding } from '../../../src/store/ports/replicas/estates.ts';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import { T0 } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import type { ReplicaStores } from '../../support/replica-stores.ts';

const KEY = { watch: 'all', connection: 'atlas' };
const UNIT = discoveryUnit('all');
const FAULT: ShareFault = {
  reason: 'unavailable',
  message: 'cannot connect',
  hint: 'mend it',
  since: T0,
  isBlind: true,
};

const BLIND: ShareStanding = { fault: FAULT, doubted: ['one'] };
const WELL: ShareStanding = { fault: null, doubted: [] };

function aProject(groupId: string, over: Partial<FoundProject> = {}): FoundProject {
  return { groupId, name: `name of ${groupId}`, tags: { env: 'prod' }, isGone: false, ...over };
}

/** How every store that several replicas share keeps what `*` watches have found. */
export function estatesContract(stores: () => Promise<ReplicaStores>): void {
  describe('what watches of all projects have found', () => {
    let world: ReplicaStores;
    beforeEach(async () => {
      world = await stores();
    });

    const join = async (name: string): Promise<SharedMembership> => {
      const membership = await world.open().join(aJoining({ name }));
      if (membership.kind !== 'shared') throw new Error('alone');
      return membership;
    };
    const takeDiscovery = async (of: SharedMembership): Promise<Lease> => {
      const { held } = await of.beat({ wanted: [UNIT], configuration: aJoining().configuration });
      const [lease] = held;
      if (lease === undefined) throw new Error('not held');
      return lease;
    };
    const revisionIn = async (of: SharedMembership): Promise<number | undefined> =>
      (await of.estates()).revisions.get('all')?.revision;

    it('is known to every replica, with a revision that grows with each change', async () => {
      const a = await join('a');
      // Of two it would be the one whose it is by rendezvous.
      const lease = await takeDiscovery(a);
      const b = await join('b');
      expect(await b.estates()).toEqual({ revisions: new Map(), shares: [] });
      await a.noteProjects(lease, KEY, { found: [aProject('two'), aProject('one')], forgotten: [] });
      expect(await b.foundProjects(KEY)).toEqual([aProject('one'), aProject('two')]);
      expect((await b.estates()).revisions).toEqual(new Map([['all', { connection: 'atlas', revision: 1 }]]));
      await a.noteProjects(lease, KEY, { found: [], forgotten: [] });
      expect(await revisionIn(b)).toBe(1);
      const renamed = aProject('one', { name: null, tags: {}, isGone: true });
      await a.noteProjects(lease, KEY, { found: [renamed], forgotten: ['two'] });
      expect(await revisionIn(b)).toBe(2);
      expect(await b.foundProjects(KEY)).toEqual([renamed]);
    });

    it('says that somebody has looked, also where there is nothing', async () => {
      const a = await join('a');
      await a.noteProjects(await takeDiscovery(a), KEY, { found: [], forgotten: [] });
      expect(await revisionIn(a)).toBe(1);
      expect(await a.foundProjects(KEY)).toEqual([]);
    });

    it('is forgotten when the watch is pointed at another connection', async () => {
      const a = await join('a');
      const lease = await takeDiscovery(a);
      await a.noteProjects(lease, KEY, { found: [aProject('one')], forgotten: [] });
      const other = { ...KEY, connection: 'other' };
      expect(await a.foundProjects(other)).toEqual([]);
      await a.noteProjects(lease, other, { found: [aProject('two')], forgotten: [] });
      expect(await a.foundProjects(KEY)).toEqual([]);
      expect(await a.foundProjects(other)).toEqual([aProject('two')]);
    });

    it('is written by nobody who has lost the discovery', async () => {
      const a = await join('a');
      const lease = await takeDiscovery(a);
      world.advance(15_001);
      const b = await join('b');
      await takeDiscovery(b);
      const change = { found: [aProject('one')], forgotten: [] };
      await expect(a.noteProjects(lease, KEY, change)).rejects.toMatchObject({ reason: 'fenced' });
      expect(await b.foundProjects(KEY)).toEqual([]);
    });

    it('comes with how each living replica gets on with its share', async () => {
      const [a, b] = [await join('a'), await join('b')];
      await a.noteShare('all', BLIND);
      await b.noteShare('all', WELL);
      await b.noteShare('others', WELL);
      await b.noteShare('others', null);
      const sharesIn = async (of: SharedMembership) =>
        (await of.estates()).shares.toSorted((x, y) => (x.replica < y.replica ? -1 : 1));
      expect(await sharesIn(b)).toEqual([
        { watch: 'all', replica: a.replica, ...BLIND },
        { watch: 'all', replica: b.replica, ...WELL },
      ]);
      await a.end();
      expect(await sharesIn(b)).toEqual([{ watch: 'all', replica: b.replica, ...WELL }]);
      world.advance(15_001);
      expect(await sharesIn(await join('c'))).toEqual([]);
    });
  });
}
