import type { Kysely } from 'kysely';
import type { SealedToken, TokenStore } from '../../ports/replicas/tokens.ts';
import type { Database } from '../schema.ts';
import type { LeaseDialect } from './replicas.ts';

/** Keeps the access tokens that replicas share. */
export function createTokenStore(db: Kysely<Database>, { hasRowLocks }: LeaseDialect): TokenStore {
  return {
    readToken: async (key) => {
      const row = await db.selectFrom('token').selectAll().where('key', '=', key).executeTakeFirst();
      return tokenOf(row);
    },
    keepToken: async (key, { sealed, expiresAt }) => {
      await db
        .insertInto('token')
        .values({ key, sealed, expires_at: expiresAt })
        .onConflict((conflict) =>
          conflict
            .column('key')
            .doUpdateSet({ sealed, expires_at: expiresAt })
            .where('token.expires_at', '<=', expiresAt),
        )
        .execute();
    },
    renewToken: async (key, make) => {
      await db.transaction().execute(async (trx) => {
        // There has to be a row to be locked.
        await trx
          .insertInto('token')
          .values({ key, sealed: '', expires_at: 0 })
          .onConflict((conflict) => conflict.column('key').doNothing())
          .execute();
        const row = await trx
          .selectFrom('token')
          .selectAll()
          .where('key', '=', key)
          .$if(hasRowLocks, (query) => query.forUpdate())
          .executeTakeFirst();
        const made = await make(tokenOf(row));
        if (made === null) return;
        const { sealed, expiresAt } = made;
        await trx
          .updateTable('token')
          .set({ sealed, expires_at: expiresAt })
          .where('key', '=', key)
          .execute();
      });
    },
  };
}

function tokenOf(row: Database['token'] | undefined): SealedToken | null {
  return row === undefined || row.sealed === '' ? null : { sealed: row.sealed, expiresAt: row.expires_at };
}
