import type { Kysely } from 'kysely';
import { type Database, PENDING } from '../schema.ts';

/** Ends every lease. What was begun under them stays counted. For the one daemon, at its start. */
export async function freeLeases(db: Kysely<Database>): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ lease_owner: null, lease_until: 0 })
    // Only what is owed is ever under a lease; a database need not keep an index of leases for this.
    .where('status', '=', PENDING)
    .where('lease_owner', 'is not', null)
    .execute();
}

/** Ends every lease on what is owed to the channel. What was begun under them stays counted. For whoever has just taken the channel over. */
export async function freeLeasesOf(db: Kysely<Database>, channel: string): Promise<void> {
  await db
    .updateTable('delivery')
    .set({ lease_owner: null, lease_until: 0 })
    .where('channel', '=', channel)
    .where('status', '=', PENDING)
    .where('lease_owner', 'is not', null)
    .execute();
}
