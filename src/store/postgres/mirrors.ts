import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { sql } from 'kysely';
import type { Guarded } from '../sql/method-guard.ts';
import type { SqlEngine } from '../sql/sql-store.ts';
import type { Store } from '../store.ts';
import { POSTGRES_LEASES } from './leases.ts';

/** What is not noted of for so long is gone, with its machine: in a cluster each update makes others. An audit log that is written to has an entry a day. */
const FORGET_AFTER_MS = 30 * 86_400_000;

/**
 * Makes the methods that know of each mirror of the audit log by itself how far that has got: each replica has a file of its own, on a
 * machine of its own. A file that is not known yet is none that was cut.
 * @param mirror the file of this process.
 */
export function mirrorsApart(
  { db }: Pick<SqlEngine, 'db'>,
  guarded: Guarded,
  mirror: string | undefined,
): Pick<Store, 'mirroredSeq' | 'noteMirrored'> {
  const { now } = POSTGRES_LEASES;
  let hasForgotten = false;
  const place = `${hostname()}:${mirror === undefined ? '' : resolve(mirror)}`;
  return {
    mirroredSeq: guarded('read the audit log', async () => {
      const row = await db
        .selectFrom('audit_mirror')
        .select('seq')
        .where('place', '=', place)
        .executeTakeFirst();
      return row?.seq ?? 0;
    }),
    noteMirrored: guarded('write the audit log', async (seq) => {
      await db
        .insertInto('audit_mirror')
        .values({ place, seq, noted_at: now })
        .onConflict((conflict) =>
          conflict.column('place').doUpdateSet({ seq, noted_at: now }).where('audit_mirror.seq', '<', seq),
        )
        .execute();
      if (hasForgotten) return;
      hasForgotten = true;
      await db
        .deleteFrom('audit_mirror')
        .where('noted_at', '<', sql<number>`${now} - ${sql.lit(FORGET_AFTER_MS)}`)
        .execute();
    }),
  };
}
