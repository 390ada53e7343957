import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openPostgresStore } from '../../../src/store/postgres/postgres-store.ts';

export interface StoreAddressOfTest {
  url: string;
  schema: string;
}

/** New stores in a PostgreSQL, each in a database of its own: its tables stand there already, so that opening one makes none. */
export interface PreparedStores {
  create(): Promise<StoreAddressOfTest>;
  /** Takes away the database of that name, whoever is connected to it. */
  drop(database: string): Promise<void>;
  end(): Promise<void>;
}

const TEMPLATE = 'prepared';
const SCHEMA = 'restore_watcher';
/** From this version on a database is copied row by row unless told otherwise, which takes five times as long. */
const COPIES_ROWS_FROM = 150_000;

/** Makes the tables once, in a database that the others are copies of. */
export async function preparedStores(url: string): Promise<PreparedStores> {
  const urlOf = (database: string): string => Object.assign(new URL(url), { pathname: `/${database}` }).href;
  const pool = new pg.Pool({ connectionString: url, max: 2 });
  await pool.query(`create database ${TEMPLATE}`);
  await (await openPostgresStore({ url: urlOf(TEMPLATE), schema: SCHEMA })).close();
  const { rows } = await pool.query<{ server_version_num: string }>('show server_version_num');
  const strategy = Number(rows[0]?.server_version_num) >= COPIES_ROWS_FROM ? 'strategy file_copy' : '';
  return {
    create: async () => {
      const name = `store_${randomBytes(8).toString('hex')}`;
      await pool.query(`create database ${name} template ${TEMPLATE} ${strategy}`);
      return { url: urlOf(name), schema: SCHEMA };
    },
    drop: async (database) => {
      await pool.query(`drop database ${pg.escapeIdentifier(database)} with (force)`);
    },
    end: () => pool.end(),
  };
}
