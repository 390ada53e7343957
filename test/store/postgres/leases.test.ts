import { describe, expect, it, onTestFinished } from 'vitest';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { createPool } from '../../../src/store/postgres/pool.ts';
import { aJoining } from '../../support/joining.ts';
import { openPostgresReplicas } from '../../support/postgres/replica-stores.ts';
import { hasPostgres } from '../../support/postgres/shared.ts';
import { bookingContract } from '../ports/booking-contract.ts';
import { estatesContract } from '../ports/estates-contract.ts';
import { leasesContract } from '../ports/leases-contract.ts';
import { tokensContract } from '../ports/tokens-contract.ts';

describe.skipIf(!hasPostgres())('in a PostgreSQL', () => {
  estatesContract(openPostgresReplicas);
  leasesContract(openPostgresReplicas);
  bookingContract(openPostgresReplicas);
  tokensContract(openPostgresReplicas);

  it('what is being committed under a lease is committed before another takes that over', async () => {
    const world = await openPostgresReplicas();
    const wish = { wanted: ['keeper', 'channel:oncall'], configuration: 'c0ffee' };
    const join = async (name: string) => {
      const membership = await world.open().join(aJoining({ name }));
      if (membership.kind !== 'shared') throw new Error('alone');
      return membership;
    };
    const a = await join('a');
    await a.beat(wish);
    const pool = await createPool(readPlace(world.address), { mayWrite: true });
    onTestFinished(() => pool.end());
    const writer = await pool.connect();
    // As the fence of a write of `a` does it.
    await writer.query(`begin; select from lease where unit = 'keeper' for share`);
    world.advance(15_001);
    const b = await join('b');
    await b.beat(wish);
    expect((await b.beat(wish)).held).toMatchObject([{ unit: 'channel:oncall' }]);
    await writer.query('commit');
    writer.release();
    await b.beat(wish);
    expect((await b.beat(wish)).held).toHaveLength(2);
  });
});
