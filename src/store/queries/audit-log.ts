import { type Kysely, sql, type Transaction } from 'kysely';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  type AuditLine,
  type AuditText,
  writeEntries,
} from '../../domain/audit.ts';
import { StoreError } from '../../errors.ts';
import { keepQuery } from './kept/kept-query.ts';
import { keepRows } from './kept/kept-rows.ts';
import { toAuditEntry } from './rows.ts';
import type { Database } from './schema.ts';

const HEAD_ROW = 1;

/**
 * Takes the end of the audit log for this transaction and reads it. Whoever else wants it waits until the transaction is over.
 *
 * The update changes nothing: it makes every database lock the row, and read it as the last commit left it. SQLite holds the lock of
 * the whole file by then.
 * @throws {StoreError} reason `damaged` when the row is gone.
 */
export async function lockAuditHead(trx: Transaction<Database>): Promise<AuditHead> {
  const [head] = await touchHead(trx, {});
  return headOrDamage(head);
}

const touchHead = keepQuery((db) =>
  db
    .updateTable('audit_head')
    .set(({ ref }) => ({ seq: ref('seq') }))
    .where('id', '=', HEAD_ROW)
    .returning(['seq', 'hash']),
);

const moveHead = keepQuery((db, { seq, hash }: { seq: number; hash: string }) =>
  db.updateTable('audit_head').set({ seq, hash }).where('id', '=', HEAD_ROW),
);

const insertEntries = keepRows((db, rows: AuditLine[]) => db.insertInto('audit_entry').values(rows));

/** Appends to the chain behind `head`, which the transaction must have locked; returns where the chain ends then. */
export async function appendAudit(
  trx: Transaction<Database>,
  head: AuditHead,
  drafts: readonly AuditDraft[],
): Promise<AuditHead> {
  const entries = writeEntries(head, drafts);
  const last = entries.at(-1);
  if (last === undefined) return head;
  await insertEntries(
    trx,
    entries.map(({ seq, line }) => ({ seq, body: line })),
  );
  const end = { seq: last.seq, hash: last.hash };
  await moveHead(trx, end);
  return end;
}

/** Entries after `afterSeq`, in order. */
export async function readAudit(
  db: Kysely<Database>,
  afterSeq: number,
  limit: number,
): Promise<AuditEntry[]> {
  const rows = await readAuditLines(db, afterSeq, limit);
  return rows.map(toAuditEntry);
}

/** The same as they are stored, unread. */
export function readAuditLines(db: Kysely<Database>, afterSeq: number, limit: number): Promise<AuditLine[]> {
  return linesAfter(db, { afterSeq, limit });
}

const linesAfter = keepQuery((db, page: Page) => pageOf(db, page));

/** The same in one text. */
export async function readAuditText(
  db: Kysely<Database>,
  afterSeq: number,
  limit: number,
): Promise<AuditText | null> {
  const [row] = await textAfter(db, { afterSeq, limit });
  if (!row || row.first === null || row.last === null || row.text === null) return null;
  return { first: row.first, last: row.last, count: row.count, text: row.text };
}

/** The rows come to the function in the order of the page. Whoever reads them looks whether they do. */
const textAfter = keepQuery((db, page: Page) =>
  db
    .selectFrom(pageOf(db, page).as('page'))
    .select(({ fn }) => [
      fn.min<number | null>('seq').as('first'),
      fn.max<number | null>('seq').as('last'),
      fn.countAll<number>().as('count'),
      sql<string | null>`string_agg(body, ${sql.lit('\n')})`.as('text'),
    ]),
);

type Page = Readonly<{ afterSeq: number; limit: number }>;

function pageOf(db: Kysely<Database>, { afterSeq, limit }: Page) {
  return db
    .selectFrom('audit_entry')
    .select(['seq', 'body'])
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .limit(limit);
}

/** The last entry, without a lock: another process may have gone on by now. */
export async function auditHead(db: Kysely<Database>): Promise<AuditHead> {
  const head = await db
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  return headOrDamage(head);
}

function headOrDamage(head: AuditHead | undefined): AuditHead {
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

/** Up to which entry the mirror file holds everything; 0 before the first time. */
export async function mirroredSeq(db: Kysely<Database>): Promise<number> {
  const row = await db
    .selectFrom('audit_head')
    .select('mirrored_seq')
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  return row?.mirrored_seq ?? 0;
}
