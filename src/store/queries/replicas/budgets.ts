import type { Kysely, Transaction } from 'kysely';
import {
  type Booking,
  type BookingScene,
  type BudgetAccount,
  EMPTY_ACCOUNT,
  type Grant,
  settle,
} from '../../../domain/polling/shared-budget.ts';
import { REPLICA_LEASE_MS } from '../../ports/leases.ts';
import type { Database } from '../schema.ts';
import { type LeaseDialect, readReplicas } from './replicas.ts';

/** Books requests of one replica, and grants it more. All replicas lock budgets in one order, and so never wait for each other in a ring. */
export async function bookRequests(
  db: Kysely<Database>,
  dialect: LeaseDialect,
  replica: string,
  bookings: readonly Booking[],
): Promise<Grant[]> {
  const sorted = bookings.toSorted((a, b) => (a.budget < b.budget ? -1 : 1));
  return db.transaction().execute(async (trx) => {
    const accounts = await lockAccounts(
      trx,
      dialect,
      sorted.map(({ budget }) => budget),
    );
    // Only now is the time that others have to reckon with.
    const { now, replicas } = await readReplicas(trx, dialect);
    const livesUntil = new Map(replicas.map(({ id, until }) => [id, until]));
    const scene: BookingScene = {
      replica,
      now,
      livesUntil: (id) => livesUntil.get(id) ?? null,
      leaseMs: REPLICA_LEASE_MS,
    };
    const settled = sorted.map((booking) => {
      const { account, grant } = settle(accounts.get(booking.budget) ?? EMPTY_ACCOUNT, booking, scene);
      return { budget: booking.budget, account, grant };
    });
    await trx
      .insertInto('request_budget')
      .values(
        settled.map(({ budget, account }) => ({
          budget,
          account: JSON.stringify(account),
          booked_at: now,
        })),
      )
      .onConflict((conflict) =>
        conflict.column('budget').doUpdateSet((eb) => ({
          account: eb.ref('excluded.account'),
          booked_at: eb.ref('excluded.booked_at'),
        })),
      )
      .execute();
    return settled.map(({ budget, grant }) => ({ budget, ...grant }));
  });
}

/** Reads accounts, and keeps them from everybody else until the transaction ends; also those that are new. */
async function lockAccounts(
  trx: Transaction<Database>,
  { hasRowLocks }: LeaseDialect,
  budgets: readonly string[],
): Promise<Map<string, BudgetAccount>> {
  const read = async (): Promise<Map<string, BudgetAccount>> => {
    const rows = await trx
      .selectFrom('request_budget')
      .select(['budget', 'account'])
      .where('budget', 'in', budgets)
      .orderBy('budget')
      .$if(hasRowLocks, (query) => query.forUpdate())
      .execute();
    return new Map(rows.map(({ budget, account }) => [budget, JSON.parse(account) as BudgetAccount]));
  };
  const known = await read();
  const missing = budgets.filter((budget) => !known.has(budget));
  if (missing.length === 0) return known;
  const account = JSON.stringify(EMPTY_ACCOUNT);
  await trx
    .insertInto('request_budget')
    .values(missing.map((budget) => ({ budget, account, booked_at: 0 })))
    .onConflict((conflict) => conflict.column('budget').doNothing())
    .execute();
  return read();
}
