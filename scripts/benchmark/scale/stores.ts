import { join } from 'node:path';
import { Kysely, sql } from 'kysely';
import type { Clock } from '../../../src/clock.ts';
import type { Membership } from '../../../src/store/ports/leases.ts';
import { createDialect } from '../../../src/store/postgres/dialect.ts';
import { toStoreError } from '../../../src/store/postgres/errors.ts';
import { POSTGRES_LEASES } from '../../../src/store/postgres/leases.ts';
import { readPlace } from '../../../src/store/postgres/place.ts';
import { createPool } from '../../../src/store/postgres/pool.ts';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';
import type { Database } from '../../../src/store/queries/schema.ts';
import { createSqlLeases } from '../../../src/store/sql/leases.ts';
import { createSqlStore } from '../../../src/store/sql/sql-store.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../../src/store/store.ts';
import type { ScaleCase } from './case.ts';

/** One replica's way to the store. */
export interface ReplicaStore {
  store: Store;
  membership: Membership;
}

/** Whether anything is being asked of a store: time must not pass meanwhile, since a server answers by real time. */
export interface StoreWork {
  /** Resolves when no answer is awaited. `null`: none is. */
  idle(): Promise<void> | null;
}

/** Opens the store of a case, once for each replica. A PostgreSQL goes by the simulated clock, as far as leases are concerned. */
export async function openStores(
  { store: engine, database, replicas }: ScaleCase,
  { clock, folder }: { clock: Clock; folder: string },
): Promise<{ stores: ReplicaStore[]; work: StoreWork }> {
  if (engine === 'sqlite') {
    const store = await openSqliteStore({ path: join(folder, 'watcher.db') });
    const membership = await store.join({ name: 'benchmark', version: '0', configuration: '' });
    return { stores: [{ store, membership }], work: { idle: () => null } };
  }
  if (database === null) throw new Error('there is no database');
  await (await openPostgresStore(database)).close();
  const work = new Counting();
  const stores: ReplicaStore[] = [];
  for (let index = 0; index < replicas; index += 1) {
    const store = work.counted(await openReplica(database, clock));
    const membership = await store.join({ name: `replica-${index}`, version: '0', configuration: '' });
    stores.push({ store, membership });
  }
  return { stores, work };
}

async function openReplica(database: NonNullable<ScaleCase['database']>, clock: Clock): Promise<Store> {
  const pool = await createPool(readPlace(database), { mayWrite: true });
  const db = new Kysely<Database>({ dialect: createDialect(pool) });
  const leases = createSqlLeases(db, {
    ...POSTGRES_LEASES,
    get now() {
      return sql<number>`${sql.lit(clock.now())}::bigint`;
    },
  });
  const toError = (thrown: unknown, doing: string): unknown => toStoreError(thrown, doing, 'the benchmark');
  return createSqlStore({ db, ...leases, toStoreError: toError, close: async () => {} });
}

/** Counts what is asked of a store, of its leases, and of the same store under a lease. */
class Counting implements StoreWork {
  #open = 0;
  #idle: PromiseWithResolvers<void> | null = null;

  idle(): Promise<void> | null {
    if (this.#open === 0) return null;
    this.#idle ??= Promise.withResolvers();
    return this.#idle.promise;
  }

  counted<Asked extends object>(asked: Asked): Asked {
    return new Proxy(asked, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== 'function') return method;
        return (...args: unknown[]): unknown => {
          const result: unknown = method.apply(target, args);
          if (name === 'under') return this.counted(result as object);
          if (!(result instanceof Promise)) return result;
          this.#open += 1;
          const settled = result.finally(() => this.#close());
          return name === 'join' ? settled.then((joined: object) => this.counted(joined)) : settled;
        };
      },
    });
  }

  #close(): void {
    this.#open -= 1;
    if (this.#open > 0) return;
    this.#idle?.resolve();
    this.#idle = null;
  }
}
