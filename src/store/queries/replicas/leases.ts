import { type Kysely, type SqlBool, sql, type Transaction } from 'kysely';
import type { Lease } from '../../ports/replicas/lease.ts';
import { chunks } from '../chunks.ts';
import type { Database } from '../schema.ts';
import type { LeaseDialect } from './replicas.ts';

/** A lease as the store has it. */
export interface LeaseRow extends Lease {
  owner: string | null;
  /** Since when nobody has it; where the owner is gone, since its end. */
  freeSince: number;
}

/** All leases. `freeSince` says nothing of one whose owner lives. */
export async function readLeases(db: Kysely<Database>): Promise<LeaseRow[]> {
  const rows = await db
    .selectFrom('lease as l')
    .leftJoin('replica as r', 'r.id', 'l.owner')
    .select(['l.unit', 'l.token', 'l.owner', 'l.free_since', 'r.until'])
    .execute();
  return rows.map(({ unit, token, owner, free_since, until }) => ({
    unit,
    token,
    owner,
    freeSince: Math.max(free_since, owner === null ? 0 : (until ?? 0)),
  }));
}

/** Units in one statement: a replica that comes first takes all of them. */
const UNITS = 1_000;

/** Makes units known that nobody has had yet. All replicas do so in one order: of two that did not, each would wait for a row of the other. */
export async function openUnits(
  db: Kysely<Database>,
  { now }: LeaseDialect,
  units: readonly string[],
): Promise<void> {
  for (const chunk of chunks(units.toSorted(), UNITS)) {
    await db
      .insertInto('lease')
      .values(chunk.map((unit) => ({ unit, owner: null, token: 0, free_since: now })))
      .onConflict((conflict) => conflict.column('unit').doNothing())
      .execute();
  }
}

/**
 * Takes units that nobody who lives has. One that is being written under at this moment is passed over: it is looked at again soon.
 * @returns those that are now ours.
 */
export async function takeUnits(
  db: Kysely<Database>,
  { now, hasRowLocks }: LeaseDialect,
  id: string,
  units: readonly string[],
): Promise<Lease[]> {
  if (units.length === 0) return [];
  const isFree = sql<SqlBool>`(owner is null or not exists (select 1 from replica where replica.id = lease.owner and replica.until > ${now}))`;
  return db
    .updateTable('lease')
    .set(({ eb }) => ({ owner: id, token: eb('token', '+', 1), free_since: 0 }))
    .where('unit', 'in', (eb) =>
      eb
        .selectFrom('lease')
        .select('unit')
        .where('unit', 'in', units)
        .where(isFree)
        .orderBy('unit')
        .$if(hasRowLocks, (query) => query.forUpdate().skipLocked()),
    )
    .where(isFree)
    .returning(['unit', 'token'])
    .execute();
}

/** Gives up units of this replica. */
export async function releaseUnits(
  db: Kysely<Database>,
  { now }: LeaseDialect,
  id: string,
  units: readonly string[],
  to: string | null,
): Promise<void> {
  if (units.length === 0) return;
  await db
    .updateTable('lease')
    .set(({ eb }) => ({
      owner: to,
      token: eb('token', '+', 1),
      free_since: to === null ? now : 0,
    }))
    .where('owner', '=', id)
    .where('unit', 'in', units)
    .execute();
}

/** True while the lease is this replica's; then nobody takes it before the transaction has ended. */
export async function holds(
  trx: Transaction<Database>,
  { now, hasRowLocks }: LeaseDialect,
  id: string,
  { unit, token }: Lease,
): Promise<boolean> {
  const row = await trx
    .selectFrom('lease')
    .select('unit')
    .where('unit', '=', unit)
    .where('owner', '=', id)
    .where('token', '=', token)
    .where(
      sql<SqlBool>`exists (select 1 from replica where replica.id = lease.owner and replica.until > ${now})`,
    )
    .$if(hasRowLocks, (query) => query.forShare())
    .executeTakeFirst();
  return row !== undefined;
}
