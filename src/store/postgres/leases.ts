import { sql } from 'kysely';
import type { Client } from 'pg';
import type { LeaseDialect } from '../queries/replicas/replicas.ts';

/** Leases go by the server's clock as it is, not as it was when the transaction began: it may have waited for a lock since. */
export const POSTGRES_LEASES: LeaseDialect = {
  now: sql<number>`(extract(epoch from clock_timestamp()) * 1000)::bigint`,
  hasRowLocks: true,
};

/** Tells whether any replica lives. A layout of before the leases knows of none. */
export async function isAnyReplicaAlive(client: Pick<Client, 'query'>): Promise<boolean> {
  const { rows: tables } = await client.query<{ has: boolean }>(
    `select to_regclass('replica') is not null as has`,
  );
  if (tables[0]?.has !== true) return false;
  const { rows } = await client.query<{ lives: boolean }>(
    `select exists (select from replica where until > extract(epoch from clock_timestamp()) * 1000) as lives`,
  );
  return rows[0]?.lives === true;
}
