import type { Kysely, Transaction } from 'kysely';
import type { StoreAddress } from '../ports/address.ts';
import type { Joining, Membership } from '../ports/leases.ts';
import type { Lease } from '../ports/replicas/lease.ts';
import type { WakeStore } from '../ports/replicas/wake.ts';
import type { Database } from '../queries/schema.ts';
import type { Store } from '../store.ts';
import { createAlertStore } from './alerts.ts';
import { createAuditStore } from './audit.ts';
import { createAttestationStore } from './evidence/attestations.ts';
import { createCoverageStore } from './evidence/coverage.ts';
import { createDrillStore } from './evidence/drills.ts';
import { createVerifiedStore } from './evidence/verified.ts';
import { createFeedStore } from './feeds.ts';
import { createJobStore } from './jobs.ts';
import { createKeepingStore } from './keeping.ts';
import { createMethodGuard, type Guarded, type MethodGuard } from './method-guard.ts';
import { createMuteStore } from './mutes.ts';
import { createOutbox } from './outbox.ts';
import { createRecordStore } from './records.ts';
import { createSpanStore } from './spans.ts';
import { createTurns, fencedTurns, type Turns } from './turns.ts';
import { createWitnessStore } from './witness.ts';

/** What one database engine brings along. */
export interface SqlEngine {
  /** Its transactions see at least what is committed (READ COMMITTED), and need lock no more than the rows they change. */
  db: Kysely<Database>;
  /** See `LeaseStore`. */
  join(process: Joining): Promise<Membership>;
  /**
   * Throws a StoreError, reason `fenced`, unless the lease holds, and keeps it from being taken over until the transaction ends. `null`:
   * every lease is for good.
   */
  fence: ((trx: Transaction<Database>, lease: Lease) => Promise<void>) | null;
  /** See `WakeStore`. Absent: it has no way to tell. */
  listen?: WakeStore['listen'];
  close(): Promise<void>;
  /** See `StoreLife`. */
  useLogin?(address: StoreAddress): void;
  /** Turns a fault of the engine into a StoreError; `doing` completes "cannot …". What is no fault of the engine comes back as it is. */
  toStoreError(thrown: unknown, doing: string): unknown;
  /** True when a commit on which this was thrown may have happened: its answer was lost. Absent: none is ever lost. */
  mayHaveCommitted?(thrown: unknown): boolean;
}

/**
 * Builds the whole store over SQL. What is peculiar to one engine comes in as its parts. Closing waits for what is in hand.
 * @param ownMethods makes the methods that the engine has by itself, in place of those that every engine has.
 */
export function createSqlStore(
  engine: SqlEngine,
  ownMethods: (guarded: Guarded) => Partial<Store> = () => ({}),
): Store {
  const guard = createMethodGuard(engine);
  return storeOver(engine, guard, {
    turns: createTurns(engine.db, engine.mayHaveCommitted),
    own: ownMethods(guard.guarded),
  });
}

function storeOver(
  engine: SqlEngine,
  guard: MethodGuard,
  { turns, own }: { turns: Turns; own: Partial<Store> },
): Store {
  const { db, fence } = engine;
  const { guarded, close } = guard;
  const store: Store = {
    ...createJobStore(db, turns, guarded),
    ...createOutbox(db, turns, guarded),
    ...createAlertStore(db, turns, guarded),
    ...createAuditStore(db, turns, guarded),
    ...createRecordStore(db, turns, guarded),
    ...createMuteStore(db, turns, guarded),
    ...createAttestationStore(db, turns, guarded),
    ...createDrillStore(db, turns, guarded),
    ...createSpanStore(db, turns, guarded),
    ...createKeepingStore(db, turns, guarded),
    ...createFeedStore(db, turns, guarded),
    ...createWitnessStore(db, turns, guarded),
    ...createVerifiedStore(db, turns, guarded),
    ...createCoverageStore(db, turns, guarded),
    join: guarded('claim the store', engine.join),
    listen: (listener) => engine.listen?.(listener) ?? (async () => {}),
    under: (lease) =>
      fence === null
        ? store
        : storeOver(engine, guard, { turns: fencedTurns(turns, (trx) => fence(trx, lease)), own }),
    checkWritable: guarded('write', () => checkWritable(db)),
    useLogin: (address) => engine.useLogin?.(address),
    close,
    ...own,
  };
  return store;
}

/** Commits a row and its removal: a rollback would prove that the lock is free, but not that the disk takes anything. */
async function checkWritable(db: Kysely<Database>): Promise<void> {
  const key = '(write check)';
  await db.transaction().execute(async (trx) => {
    await trx.insertInto('target').values({ key, watch: key, baseline_at: 0 }).execute();
    await trx.deleteFrom('target').where('key', '=', key).execute();
  });
}
