import { type Kysely, type RawBuilder, sql } from 'kysely';
import { type Joining, REPLICA_LEASE_MS, type ReplicaFacts } from '../../ports/leases.ts';
import type { Database } from '../schema.ts';

/** What differs from one database to the other. */
export interface LeaseDialect {
  /** The database's own clock at this moment, in milliseconds. */
  now: RawBuilder<number>;
  /** Rows are locked one by one; otherwise a transaction has the whole database. */
  hasRowLocks: boolean;
}

/** A row is written again when so much of its time is over. */
const RENEW_AFTER_MS = 5_000;

/** Writes down that a replica is there. */
export async function enter(
  db: Kysely<Database>,
  { now }: LeaseDialect,
  id: string,
  { name, version, configuration }: Joining,
): Promise<void> {
  await db
    .insertInto('replica')
    .values({
      id,
      name,
      version,
      configuration,
      joined_at: now,
      until: sql<number>`${now} + ${sql.lit(REPLICA_LEASE_MS)}`,
      is_leaving: 0,
      asks: '[]',
    })
    .execute();
}

/**
 * Prolongs a replica's life where that is due, and notes the configuration that it goes by. Writes nothing otherwise.
 * @returns whether it was prolonged: it lives for `REPLICA_LEASE_MS` from the call on, at least.
 */
export async function renew(
  db: Kysely<Database>,
  { now }: LeaseDialect,
  id: string,
  configuration: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('replica')
    .set({ until: sql<number>`${now} + ${sql.lit(REPLICA_LEASE_MS)}`, configuration })
    .where('id', '=', id)
    .where(({ or, eb }) =>
      or([
        eb('until', '<', sql<number>`${now} + ${sql.lit(REPLICA_LEASE_MS - RENEW_AFTER_MS)}`),
        eb('configuration', '!=', configuration),
      ]),
    )
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** A replica as the store has it. */
export interface ReplicaRow extends ReplicaFacts {
  asks: string[];
}

/** The replicas that live, and the time. A replica of which nothing is to be seen any more is left out. */
export async function readReplicas(
  db: Kysely<Database>,
  { now }: LeaseDialect,
): Promise<{ now: number; replicas: ReplicaRow[] }> {
  const rows = await db
    .selectFrom('replica')
    .selectAll()
    .select(now.as('now'))
    .where('until', '>', now)
    .orderBy('joined_at')
    .orderBy('id')
    .execute();
  const replicas = rows.map(({ joined_at, is_leaving, asks, now: _now, ...row }) => ({
    ...row,
    joinedAt: joined_at,
    isLeaving: is_leaving === 1,
    asks: JSON.parse(asks) as string[],
  }));
  return { now: rows[0]?.now ?? 0, replicas };
}

/** Says which units of others a replica would take. */
export async function ask(db: Kysely<Database>, id: string, units: readonly string[]): Promise<void> {
  await db
    .updateTable('replica')
    .set({ asks: JSON.stringify(units) })
    .where('id', '=', id)
    .execute();
}

/** Notes that a replica gives up what it has. */
export async function noteLeaving(db: Kysely<Database>, id: string): Promise<void> {
  await db.updateTable('replica').set({ is_leaving: 1, asks: '[]' }).where('id', '=', id).execute();
}

/** Takes a replica that has nothing left off the list. */
export async function strike(db: Kysely<Database>, id: string): Promise<void> {
  await db.deleteFrom('replica').where('id', '=', id).execute();
}

/** A replica that is dead for so long is not on the list any more, nor is a unit that nobody has wanted for so long. */
const FORGET_AFTER_MS = 86_400_000;

/** Forgets replicas, units, request budgets and access tokens of which nobody has heard for a day. */
export async function forgetOld(db: Kysely<Database>, { now }: LeaseDialect): Promise<void> {
  const old = sql<number>`${now} - ${sql.lit(FORGET_AFTER_MS)}`;
  await db.deleteFrom('replica').where('until', '<', old).execute();
  await db.deleteFrom('lease').where('owner', 'is', null).where('free_since', '<', old).execute();
  await db.deleteFrom('request_budget').where('booked_at', '<', old).execute();
  await db.deleteFrom('token').where('expires_at', '<', old).execute();
}
