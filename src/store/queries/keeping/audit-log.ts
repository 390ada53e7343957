import type { Kysely, Transaction } from 'kysely';
import { type AuditStub, parseStub, stubLine } from '../../../domain/evidence/audit-stub.ts';
import { StoreError } from '../../../errors.ts';
import type { Database } from '../schema.ts';
import { HEAD_ROW } from '../tables/audit.ts';

/** What stands in place of the entries that are pruned; `null`: the log begins with its first entry. */
export async function auditStart(db: Kysely<Database>): Promise<AuditStub | null> {
  const row = await db.selectFrom('audit_head').select('stub').where('id', '=', HEAD_ROW).executeTakeFirst();
  const text = row?.stub ?? '';
  const stub = parseStub(text);
  if (stub === null && text !== '')
    throw new StoreError('damaged', 'The store does not know where its audit log begins', {
      hint: 'Restore the database from a backup.',
    });
  return stub;
}

/**
 * Puts the stub in place of the entries that it stands for, within a transaction that has locked the end of the log. From then on nobody
 * reads them any more.
 * @returns false when as much was cut off before.
 */
export async function putStub(trx: Transaction<Database>, stub: AuditStub): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('audit_head')
    .set({ stub: stubLine(stub), pruned_seq: stub.last.seq })
    .where('id', '=', HEAD_ROW)
    .where('pruned_seq', '<', stub.last.seq)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Deletes so many rows of pruned entries, the oldest first. @returns how many there were. */
export async function deletePruned(trx: Transaction<Database>, limit: number): Promise<number> {
  const { numDeletedRows } = await trx
    .deleteFrom('audit_entry')
    .where('seq', 'in', ({ selectFrom }) =>
      selectFrom('audit_entry')
        .select('seq')
        .where('seq', '<=', (eb) =>
          eb.selectFrom('audit_head').select('pruned_seq').where('id', '=', HEAD_ROW),
        )
        .orderBy('seq')
        .limit(limit),
    )
    .executeTakeFirst();
  return Number(numDeletedRows);
}
