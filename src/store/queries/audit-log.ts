import type { Kysely } from 'kysely';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  auditLine,
  chainEntries,
} from '../../domain/audit.ts';
import { StoreError } from '../../errors.ts';
import { chunks } from './chunks.ts';
import { toAuditEntry } from './rows.ts';
import type { Database } from './schema.ts';

const HEAD_ROW = 1;

/**
 * Appends to the chain. The end of the chain is read and moved within the caller's transaction, which holds the write lock from its
 * start: two processes never continue the same entry.
 */
export async function appendAudit(trx: Kysely<Database>, drafts: readonly AuditDraft[]): Promise<void> {
  const entries = chainEntries(await auditHead(trx), drafts);
  const last = entries.at(-1);
  if (last === undefined) return;
  for (const chunk of chunks(entries)) {
    const rows = chunk.map((entry) => ({ seq: entry.seq, body: auditLine(entry) }));
    await trx.insertInto('audit_entry').values(rows).execute();
  }
  await trx
    .updateTable('audit_head')
    .set({ seq: last.seq, hash: last.hash })
    .where('id', '=', HEAD_ROW)
    .execute();
}

/** Entries after `afterSeq`, in order. */
export async function readAudit(
  db: Kysely<Database>,
  afterSeq: number,
  limit: number,
): Promise<AuditEntry[]> {
  const rows = await db
    .selectFrom('audit_entry')
    .select(['seq', 'body'])
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit)
    .execute();
  return rows.map(toAuditEntry);
}

export async function auditHead(db: Kysely<Database>): Promise<AuditHead> {
  const head = await db
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  if (!head)
    throw new StoreError('damaged', 'The store does not know where its audit log ends', {
      hint: 'Restore the database from a backup.',
    });
  return { seq: head.seq, hash: head.hash };
}

/** Only grows: a file that is written anew gets back to where it was. */
export async function noteMirrored(db: Kysely<Database>, seq: number): Promise<void> {
  await db
    .updateTable('audit_head')
    .set({ mirrored_seq: seq })
    .where('id', '=', HEAD_ROW)
    .where('mirrored_seq', '<', seq)
    .execute();
}

export async function mirroredSeq(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('audit_head')
    .select('mirrored_seq')
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  return row?.mirrored_seq ?? 0;
}
