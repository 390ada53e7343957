import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { Lease } from '../../../src/store/ports/leases.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/migrations.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { aMuteRequest, anAttestationRequest, anObservation, jobId, T0 } from '../../support/builders.ts';
import { countTransactions } from '../../support/count-transactions.ts';
import { aCommit, aDraft, plan } from '../support.ts';

const KEEPER: Lease = { unit: 'keeper', token: 1 };
const ONCALL: Lease = { unit: 'channel:oncall', token: 7 };

describe('what is written under a lease', () => {
  let store: Store;
  let held: Set<Lease>;
  beforeEach(() => {
    held = new Set([KEEPER, ONCALL]);
    const connection = openConnection(':memory:', { readOnly: false });
    migrate(connection, ':memory:');
    const db = new Kysely<Database>({
      dialect: new SqliteDialect({ database: kyselyDatabase(connection) }),
    });
    store = createSqlStore({
      db,
      toStoreError: (thrown) => thrown,
      join: async ({ name }) => ({ kind: 'alone', replica: name }),
      fence: async (_trx, lease) => {
        if (!held.has(lease)) throw new StoreError('fenced', `${lease.unit} is not ours any more`);
      },
      close: () => db.destroy(),
    });
    onTestFinished(() => store.close());
  });

  it('is written while the lease is ours', async () => {
    await store.under(KEEPER).recordAudit([aDraft(1)]);
    expect((await store.auditHead()).seq).toBe(1);
  });

  it('is refused once it is not, whatever is written, and changes nothing', async () => {
    await store.commitPoll(
      aCommit({ observations: [anObservation()], events: [plan(1)], audit: [aDraft(1)] }),
    );
    const before = await everything(store);
    held.delete(KEEPER);
    const lost = store.under(KEEPER);
    const claim = { channel: 'oncall', owner: 'me', now: T0 + 9, leaseMs: 15_000, limit: 10 };
    const at = T0 + 9;
    const writes = [
      lost.commitPoll(aCommit({ takesBaseline: true })),
      lost.commitAlerts({ at, raise: ['watch_failing/orders'], clear: [], events: [], audit: [] }),
      lost.recordAudit([aDraft(2)]),
      lost.recordOutcomes([{ id: 'none', kind: 'released', at }], []),
      lost.claimDeliveries({ ...claim, perKey: 'head' }),
      lost.renewLeases(['none'], 'me', at),
      lost.noteLook('orders', at),
      lost.noteLooks(['orders'], at),
      lost.noteSuccesses(new Map([['orders', at]])),
      lost.noteMirrored(1),
      lost.moveSpans({ byMs: 60_000, at }),
      lost.addMute(aMuteRequest()),
      lost.removeMute(1, at, 'ann'),
      lost.attest(anAttestationRequest()),
      lost.redrive('given_up', at),
    ];
    const ends = await Promise.allSettled(writes);
    expect(ends).toEqual(
      writes.map(() => ({ status: 'rejected', reason: expect.objectContaining({ reason: 'fenced' }) })),
    );
    expect(await everything(store)).toEqual(before);
  });

  it('is read as before, lease or not', async () => {
    held.clear();
    await store.recordAudit([aDraft(1)]);
    expect((await store.under(KEEPER).auditHead()).seq).toBe(1);
  });

  it('is committed with what others write, each under its own lease, and takes nobody along when it is refused', async () => {
    const transactions = countTransactions();
    await Promise.all([
      store.under(KEEPER).recordAudit([aDraft(1)]),
      store.under(ONCALL).recordAudit([aDraft(2)]),
    ]);
    expect(transactions()).toBe(1);
    held.delete(KEEPER);
    const ends = await Promise.allSettled([
      store.under(ONCALL).recordAudit([aDraft(3)]),
      store.under(KEEPER).recordAudit([aDraft(4)]),
      store.recordAudit([aDraft(5)]),
    ]);
    expect(ends.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await store.readAudit(0, 9)).map(({ data }) => data.number)).toEqual([1, 2, 3, 5]);
  });
});

async function everything(store: Store): Promise<unknown> {
  return {
    audit: await store.readAudit(0, 99),
    deliveries: await store.listDeliveries({ limit: 99 }),
    observations: await store.listObservations({ limit: 99 }),
    alerts: await store.readAlerts(),
    mutes: await store.listMutes({}),
    attestations: await store.attestationsOf([jobId(1)]),
    mirrored: await store.mirroredSeq(),
    look: await store.lastLookAt('orders'),
    successes: await store.lastSuccesses(),
  };
}
