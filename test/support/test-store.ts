import type { StoreAddress } from '../../src/store/ports/address.ts';
import type { Limits } from '../../src/store/postgres/limits.ts';
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { createMemoryStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { PATIENCE_MS } from './patience.ts';
import { newPostgresAddress } from './postgres/shared.ts';
import { newMemoryDatabase } from './prepared-layout.ts';

/** A machine with other things to do is no fault of a store: whoever is to wait for one waits. */
export const PATIENT: Limits = {
  connectMs: PATIENCE_MS,
  statementMs: PATIENCE_MS,
  lockMs: PATIENCE_MS,
  idleInTransactionMs: PATIENCE_MS,
  answerMs: PATIENCE_MS,
};

/** `TEST_STORE=postgres` has tests that need some store use a PostgreSQL. */
const isPostgres = process.env.TEST_STORE === 'postgres';

/** Where a new store is: the file, or a schema of the PostgreSQL that tests share. */
export async function newStoreAddress(file: string): Promise<StoreAddress> {
  return isPostgres ? newPostgresAddress() : { url: `sqlite:${file}` };
}

/** A new, empty store for a test to which it is all one what it is made of: in memory, unless said otherwise. */
export async function openNewStore(): Promise<Store> {
  return isPostgres
    ? openPostgresStore({ ...(await newPostgresAddress()), limits: PATIENT })
    : openEmbeddedStore();
}

/**
 * The same for a test that `TEST_STORE` must not lead elsewhere: one with fake timers, under which no socket answers, or one about what a
 * process does that has the store alone.
 */
export async function openEmbeddedStore(): Promise<Store> {
  return createMemoryStore(newMemoryDatabase());
}
