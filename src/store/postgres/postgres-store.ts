import { statSync } from 'node:fs';
import { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { StoreError } from '../../errors.ts';
import type { CopyEnd } from '../copy/copy-end.ts';
import type { StoreAddress } from '../ports/address.ts';
import type { LayoutUpdate } from '../ports/life.ts';
import { freeLeases } from '../queries/outbox/outbox.ts';
import type { Database } from '../queries/schema.ts';
import { createSqlStore, type SqlEngine } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { type Claim, takeClaim } from './claim.ts';
import { createDialect } from './dialect.ts';
import { toStoreError } from './errors.ts';
import type { Limits } from './limits.ts';
import { migrate, readLayout, requireLayout } from './migrations.ts';
import { lastNumbers, numberOnFrom } from './numbering.ts';
import { type PostgresPlace, readPlace } from './place.ts';
import { createPool } from './pool.ts';

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
  const { engine, claim } = await openEngine(options);
  const store = createSqlStore(engine);
  return {
    ...store,
    commitPoll: (commit) => (claim.isLost ? claim.retake('commit a poll') : store.commitPoll(commit)),
    commitAlerts: (commit) => (claim.isLost ? claim.retake('commit alerts') : store.commitAlerts(commit)),
  };
}

/**
 * Opens the database to copy it, or to copy another one into it.
 * @throws {StoreError} as `openPostgresStore`.
 */
export async function openPostgresCopyEnd(address: StoreAddress): Promise<CopyEnd> {
  const { engine, where } = await openEngine(address);
  return { ...engine, where, lastNumbers, numberOnFrom };
}

async function openEngine(
  options: PostgresStoreOptions,
): Promise<{ engine: SqlEngine; claim: KeptClaim; where: string }> {
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
  const claim = createKeptClaim(place);
  const engine: SqlEngine = {
    db,
    toStoreError: (thrown, doing) => toStoreError(thrown, doing, where),
    claimDaemon: async () => {
      await claim.take();
      await freeLeases(db);
    },
    close: async () => {
      await claim.release();
      await db.destroy();
      // Kysely closes only what it has used.
      if (!pool.ended) await pool.end().catch(() => undefined);
    },
  };
  return { engine, claim, where };
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

/** A claim that is taken again when it has got lost. */
interface KeptClaim {
  /** It was taken, and has ended with its connection. */
  readonly isLost: boolean;
  take(): Promise<void>;
  /**
   * Takes it again, and refuses all the same: what is to be written was compared while somebody else may have held the store.
   * @throws {StoreError} always.
   */
  retake(doing: string): Promise<never>;
  release(): Promise<void>;
}

function createKeptClaim(place: PostgresPlace): KeptClaim {
  let claim: Claim | null = null;
  let taking: Promise<Claim> | null = null;
  const take = async (): Promise<void> => {
    if (claim?.isHeld) return;
    taking ??= takeClaim(place).finally(() => {
      taking = null;
    });
    try {
      claim = await taking;
    } catch (error) {
      throw toStoreError(error, 'claim the store', place.where);
    }
  };
  return {
    get isLost() {
      return claim !== null && !claim.isHeld;
    },
    take,
    retake: async (doing) => {
      await take();
      throw new StoreError(
        'unavailable',
        `${place.where}: cannot ${doing}: the daemon’s claim on the store was lost with its connection, and is taken again`,
        { hint: 'The next poll goes on.' },
      );
    },
    release: async () => {
      await claim?.release();
    },
  };
}
