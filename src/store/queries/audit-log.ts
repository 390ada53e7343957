import { setImmediate } from 'node:timers/promises';
import { type Kysely, sql, type Transaction } from 'kysely';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  type AuditLine,
  type AuditText,
  writeEntries,
} from '../../domain/audit.ts';
import {
  EMPTY_FRONTIER,
  type Frontier,
  frontierText,
  growFrontier,
  leafHash,
  parseFrontier,
} from '../../domain/evidence/audit-tree.ts';
import { StoreError } from '../../errors.ts';
import { keepQuery } from './kept/kept-query.ts';
import { keepRows } from './kept/kept-rows.ts';
import { toAuditEntry } from './rows.ts';
import type { Database } from './schema.ts';
import { HEAD_ROW } from './tables/audit.ts';

/** Entries read at a time to build the tree over those that are there. */
const TREE_PAGE = 500;

/** The end of the audit log, and the tree over all of its lines. */
export interface AuditEnd extends AuditHead {
  tree: Frontier;
}

/**
 * Takes the end of the audit log for this transaction and reads it. Whoever else wants it waits until the transaction is over.
 * A log that has no tree yet, because an older version wrote it, gets it here: once, 0.3 s for 100,000 entries, in slices.
 *
 * The update changes nothing: it makes every database lock the row, and read it as the last commit left it. SQLite holds the lock of
 * the whole file by then.
 * @throws {StoreError} reason `damaged` when the row is gone.
 */
export async function lockAuditEnd(trx: Transaction<Database>): Promise<AuditEnd> {
  const [row] = await touchHead(trx, {});
  const { seq, hash, tree } = rowOrDamage(row);
  return { seq, hash, tree: parseFrontier(seq, tree) ?? (await treeOver(trx, seq)) };
}

const touchHead = keepQuery((db) =>
  db
    .updateTable('audit_head')
    .set(({ ref }) => ({ seq: ref('seq') }))
    .where('id', '=', HEAD_ROW)
    .returning(['seq', 'hash', 'tree']),
);

const moveHead = keepQuery((db, { seq, hash, tree }: { seq: number; hash: string; tree: string }) =>
  db.updateTable('audit_head').set({ seq, hash, tree }).where('id', '=', HEAD_ROW),
);

/** Builds the tree over the entries up to `last`. One that is gone counts as an empty line: verifying the log tells of it. */
async function treeOver(trx: Transaction<Database>, last: number): Promise<Frontier> {
  let tree = EMPTY_FRONTIER;
  while (tree.size < last) {
    const lines = await readAuditLines(trx, tree.size, TREE_PAGE);
    const bodies = new Map(lines.map(({ seq, body }) => [seq, body]));
    const end = Math.min(last, lines.length === 0 ? last : (lines.at(-1)?.seq ?? last));
    const leaves = Array.from({ length: end - tree.size }, (_, index) =>
      leafHash(bodies.get(tree.size + index + 1) ?? ''),
    );
    tree = growFrontier(tree, leaves);
    // Whoever asks whether the process lives is answered in between.
    await setImmediate();
  }
  return tree;
}

const insertEntries = keepRows((db, rows: AuditLine[]) => db.insertInto('audit_entry').values(rows));

/** Appends to the chain and the tree behind `end`, which the transaction must have locked; returns where the chain ends then. */
export async function appendAudit(
  trx: Transaction<Database>,
  end: AuditEnd,
  drafts: readonly AuditDraft[],
): Promise<AuditEnd> {
  const entries = writeEntries(end, drafts);
  const last = entries.at(-1);
  if (last === undefined) return end;
  await insertEntries(
    trx,
    entries.map(({ seq, line }) => ({ seq, body: line })),
  );
  const { seq, hash } = last;
  const tree = growFrontier(
    end.tree,
    entries.map(({ line }) => leafHash(line)),
  );
  await moveHead(trx, { seq, hash, tree: frontierText(tree) });
  return { seq, hash, tree };
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
  return (
    db
      .selectFrom('audit_entry')
      .select(['seq', 'body'])
      // One bound, so that the index serves whichever is the later one.
      .where(
        'seq',
        '>',
        sql<number>`coalesce((select case when pruned_seq > ${afterSeq} then pruned_seq else ${afterSeq} end from audit_head where id = ${sql.lit(HEAD_ROW)}), ${afterSeq})`,
      )
      .orderBy('seq')
      .limit(limit)
  );
}

/** The last entry, without a lock: another process may have gone on by now. */
export async function auditHead(db: Kysely<Database>): Promise<AuditHead> {
  const row = await db
    .selectFrom('audit_head')
    .select(['seq', 'hash'])
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  const { seq, hash } = rowOrDamage(row);
  return { seq, hash };
}

/** The last entry and the tree, without a lock; the tree is `null` where none is kept that could be over so many entries. */
export async function auditTree(db: Kysely<Database>): Promise<{ seq: number; tree: Frontier | null }> {
  const row = await db
    .selectFrom('audit_head')
    .select(['seq', 'tree'])
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  const { seq, tree } = rowOrDamage(row);
  return { seq, tree: parseFrontier(seq, tree) };
}

function rowOrDamage<Row>(row: Row | undefined): Row {
  if (!row)
    throw new StoreError('damaged', 'The store does not know where its audit log ends', {
      hint: 'Restore the database from a backup.',
    });
  return row;
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

/** The key by which checkpoints are signed, and the last checkpoint, as they are kept; each may be empty. */
export async function checkpointRow(
  db: Kysely<Database>,
): Promise<{ verifier_key: string; checkpoint: string }> {
  const row = await db
    .selectFrom('audit_head')
    .select(['verifier_key', 'checkpoint'])
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  return rowOrDamage(row);
}

/** Keeps either of them, within a transaction that has locked the end of the log. */
export async function keepCheckpointRow(
  trx: Transaction<Database>,
  values: { verifier_key: string } | { checkpoint: string },
): Promise<void> {
  await trx.updateTable('audit_head').set(values).where('id', '=', HEAD_ROW).execute();
}
