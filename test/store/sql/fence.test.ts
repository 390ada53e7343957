import { Kysely, SqliteDialect } from 'kysely';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import { StoreError } from '../../../src/errors.ts';
import type { Lease } from '../../../src/store/ports/replicas/lease.ts';
import { type Database, FOREVER } from '../../../src/store/queries/schema.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import {
  aJob,
  aMuteRequest,
  anAttestationRequest,
  anObservation,
  jobId,
  T0,
} from '../../support/builders.ts';
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

  it('is every writing method of the store but for those that need no lease, and each stands here', () => {
    const all = [...Object.keys(WRITES), ...Object.keys(WITHOUT_LEASE), ...READS];
    expect(Object.keys(store).toSorted()).toEqual(all.toSorted());
  });

  it('is refused once it is not, whatever is written, and changes nothing', async () => {
    await store.commitPoll(
      aCommit({
        observations: [anObservation(aJob(['failed'], { id: jobId(1) }))],
        events: [{ ...plan(1), reminders: [{ channel: 'oncall', everyMs: 1 }] }],
        audit: [aDraft(1)],
      }),
    );
    await store.addMute(aMuteRequest({ until: T0 }));
    // Something was pruned that nobody has been told of.
    await store.prune({ thing: 'mutes', overBefore: T0 + 1, from: null, limit: 9 });
    const before = await everything(store);
    expect(before.alerts).toEqual(new Map());
    held.delete(KEEPER);
    const lost = store.under(KEEPER);
    const writes = Object.values(WRITES).map((write) => write(lost));
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

const at = T0 + 9;

/** Each writes something, or would. */
const STUB_HASH = leafHash('any');
const STUB = {
  last: { seq: 1, hash: 'a'.repeat(64) },
  frontier: { size: 1, hashes: [STUB_HASH] },
  checkpoint: 'a note',
  key: 'a key',
};

const WRITES: Partial<Record<keyof Store, (lost: Store) => Promise<unknown>>> = {
  commitPoll: (lost) => lost.commitPoll(aCommit({ takesBaseline: true })),
  commitAlerts: (lost) =>
    lost.commitAlerts({ at, raise: ['watch_failing/orders'], clear: [], events: [], audit: [] }),
  remind: (lost) =>
    lost.remind({ at, limit: 9 }, ({ due }) => ({
      events: [plan(2)],
      audit: [],
      next: due.map(({ first, channel }) => ({ eventId: first.id, channel, count: 1, waitMs: 1 })),
      ended: [],
    })),
  recordAudit: (lost) => lost.recordAudit([aDraft(2)]),
  cutAudit: (lost) => lost.cutAudit(STUB, at),
  deleteCut: (lost) => lost.deleteCut(9),
  noteCosigned: (lost) => lost.noteCosigned({ witness: 'w', frontier: STUB.frontier, line: 'a line', at }),
  noteWitnessed: (lost) => lost.noteWitnessed('a log', 0, { size: 1, root: STUB_HASH, note: 'a note' }),
  recordCheckpoint: (lost) => lost.recordCheckpoint({ at, key: 'a key', sign: () => 'a note' }),
  recordOutcomes: (lost) => lost.recordOutcomes([{ id: 'none', kind: 'released', at }], []),
  oweFallbacks: (lost) => lost.oweFallbacks({ channel: 'oncall', fallback: 'dba', notAcceptedSince: at, at }),
  claimDeliveries: (lost) =>
    lost.claimDeliveries({
      channel: 'oncall',
      owner: 'me',
      now: at,
      leaseMs: 15_000,
      limit: 10,
      perKey: 'head',
    }),
  renewLeases: (lost) => lost.renewLeases(['none'], 'me', at),
  noteLook: (lost) => lost.noteLook('orders', at),
  noteLooks: (lost) => lost.noteLooks(['orders'], at),
  noteSuccesses: (lost) => lost.noteSuccesses(new Map([['orders', at]]), at),
  noteMirrored: (lost) => lost.noteMirrored(1),
  noteVerified: (lost) =>
    lost.noteVerified({ at, by: 'ann', head: null, problems: 0, first: null, isKeyGiven: false }),
  noteFeedTrust: async (lost) => {
    const trust = { standing: 'trusted', since: at, reason: null, detail: null, proofs: [] } as const;
    const feed = { connection: 'atlas', groupId: 'g', kind: 'cluster', trust } as const;
    // Also what nobody is told of.
    await expect(lost.noteFeedTrust([feed], [])).rejects.toMatchObject({ reason: 'fenced' });
    await lost.noteFeedTrust([feed], [aDraft(3)]);
  },
  moveSpans: (lost) => lost.moveSpans({ byMs: 60_000, at }),
  prune: (lost) => lost.prune({ thing: 'jobs', overBefore: FOREVER, from: null, limit: 9 }),
  notePruned: (lost) => lost.notePruned(at),
  noteCoverage: (lost) =>
    lost.noteCoverage({
      writer: { id: 'me', startedAt: at, aliveAt: at, endedAt: null },
      spans: [],
      firsts: [],
    }),
  pruneCoverage: (lost) => lost.pruneCoverage(at, 9),
  addMute: (lost) => lost.addMute(aMuteRequest()),
  removeMute: (lost) => lost.removeMute(1, at, 'ann'),
  attest: (lost) => lost.attest(anAttestationRequest()),
  forgetDrills: (lost) => lost.forgetDrills(['monthly']),
  redrive: (lost) => lost.redrive('given_up', at),
};

/** Changes the store, or says that it can be, with no lease, and why. */
const WITHOUT_LEASE: Partial<Record<keyof Store, string>> = {
  join: 'comes before any lease',
  under: 'makes the fenced store',
  checkWritable: 'leaves no trace',
  close: 'is the end of this process alone',
  listen: 'only hears',
  useLogin: 'concerns connections of this process',
};

const READS: ReadonlyArray<keyof Store> = [
  ...(['readTarget', 'followedTargets', 'readObservations', 'readElsewhere', 'finishedDurations'] as const),
  ...(['targetKeysOf', 'findPruned'] as const),
  ...(['targetsWithBaseline', 'lastLookAt', 'lastLooksAt', 'nextDueAt', 'failingChannels'] as const),
  ...(['givenUpSince', 'lastAcceptedAt', 'readAlerts', 'alertEvent', 'hasEvent', 'lastFinishedAt'] as const),
  ...(['watchedSince', 'readAudit', 'readAuditLines', 'readAuditText', 'auditHead', 'auditTree'] as const),
  ...(['mirroredSeq', 'lastCheckpoint', 'listObservations', 'listEvents', 'listDeliveries'] as const),
  ...(['findJobIds', 'findDeliveryIds', 'oldestRunning', 'runningSince', 'lastFinishes'] as const),
  ...(['lastSuccesses', 'owedSince', 'countJobs', 'countDeliveries', 'listMutes', 'lastWrittenAt'] as const),
  ...([
    'oldestEventAt',
    'readFeedTrust',
    'eventsAfter',
    'placeOfEvent',
    'lastPlace',
    'readCoverage',
    'attestationsOf',
    'drillMarks',
    'drillPlaces',
  ] as const),
  ...(['auditStart', 'witnessView', 'witnessed', 'lastVerified'] as const),
];

async function everything(store: Store): Promise<Record<string, unknown>> {
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
    checkpoint: await store.lastCheckpoint(),
    verified: await store.lastVerified(),
    trust: await store.readFeedTrust({ connection: 'atlas', kind: 'cluster' }, ['g']),
  };
}
