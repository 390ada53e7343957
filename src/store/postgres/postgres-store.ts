import { statSync } from 'node:fs';
import { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { StoreError } from '../../errors.ts';
import type { CopyEnd } from '../copy/copy-end.ts';
import type { StoreAddress } from '../ports/address.ts';
import type { LayoutUpdate } from '../ports/life.ts';
import type { Database } from '../queries/schema.ts';
import { createSqlLeases } from '../sql/leases.ts';
import { createSqlStore, type SqlEngine } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { createDialect } from './dialect.ts';
import { mayHaveCommitted, toStoreError } from './errors.ts';
import { migrate, readLayout, requireLayout } from './layout/migrate.ts';
import { POSTGRES_LEASES } from './leases.ts';
import type { Limits } from './limits.ts';
import { mirrorsApart } from './mirrors.ts';
import { lastNumbers, numberOnFrom } from './numbering.ts';
import { type PostgresPlace, readPlace } from './place.ts';
import { createPool } from './pool.ts';
import { listenForWakes } from './wake.ts';

export { inspectPostgresStore, isPostgresStoreThere } from './inspect.ts';

/** Which database is opened, and for what. */
export interface PostgresStoreOptions extends StoreAddress {
  /** `readonly`: for looking at what a daemon keeps, also on a standby; nothing is made or changed, and every writing method fails. */
  mode?: 'readwrite' | 'readonly' | undefined;
  /** The mirror of its audit log: a database that is empty while this is not is another one, or has lost what it held. */
  mirror?: string | undefined;
  /** Hears of it when a database of an older layout is brought up to date, which takes a while with a large one. */
  onUpdate?: ((update: LayoutUpdate) => void) | undefined;
  /** What is not said in time counts as a fault; a daemon's own limits unless given. */
  limits?: Limits | undefined;
}

/**
 * Opens the store in a PostgreSQL, and brings its layout up to date.
 * @throws {StoreError} reason `unavailable`; `schema_too_new`; `damaged`, and then the database is as it was.
 */
export async function openPostgresStore(options: PostgresStoreOptions): Promise<Store> {
  const { engine } = await openEngine(options);
  return createSqlStore(engine, (guarded) => mirrorsApart(engine, guarded, options.mirror));
}

/**
 * Opens the database to copy it, or to copy another one into it.
 * @throws {StoreError} as `openPostgresStore`.
 */
export async function openPostgresCopyEnd(address: StoreAddress): Promise<CopyEnd> {
  const { engine, where } = await openEngine(address);
  return { ...engine, where, lastNumbers, numberOnFrom };
}

async function openEngine(options: PostgresStoreOptions): Promise<{ engine: SqlEngine; where: string }> {
  const place = readPlace(options, options.limits);
  const { where } = place;
  const pool = await createPool(place, { mayWrite: options.mode !== 'readonly' });
  try {
    await prepareLayout(pool, place, options);
  } catch (error) {
    await pool.end();
    throw toStoreError(error, 'open the store', where);
  }
  const db = new Kysely<Database>({ dialect: createDialect(pool) });
  const guarded = async <Result>(doing: string, work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (thrown) {
      throw toStoreError(thrown, doing, where);
    }
  };
  const engine: SqlEngine = {
    db,
    ...createSqlLeases(db, POSTGRES_LEASES, guarded),
    toStoreError: (thrown, doing) => toStoreError(thrown, doing, where),
    mayHaveCommitted,
    useLogin: (address) => {
      const { user, password } = readPlace(address);
      Object.assign(place, { user, password });
      // What the pool makes a connection by is read at that moment.
      Object.assign(pool.options, { user, password });
    },
    listen: (listener) => listenForWakes(place, listener),
    close: async () => {
      await db.destroy();
      // Kysely closes only what it has used.
      if (!pool.ended) await pool.end().catch(() => undefined);
    },
  };
  return { engine, where };
}

async function prepareLayout(
  pool: Pool,
  { where, schema }: PostgresPlace,
  { mode, mirror, onUpdate }: PostgresStoreOptions,
): Promise<void> {
  const client = await pool.connect();
  try {
    if (mode === 'readonly') return await requireLayout(client, where);
    if ((await readLayout(client, where)) === null && hasEntries(mirror))
      throw new StoreError(
        'damaged',
        `${where} is empty, but the mirror of its audit log (${mirror}) shows that there was more`,
        {
          hint: 'Do store.url and store.schema lead to the right database? To begin anew, move the mirror away.',
        },
      );
    await migrate(client, where, { schema, onUpdate });
  } finally {
    client.release();
  }
}

function hasEntries(mirror: string | undefined): boolean {
  return mirror !== undefined && (statSync(mirror, { throwIfNoEntry: false })?.size ?? 0) > 0;
}
