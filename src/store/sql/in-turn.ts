import type { Kysely, Transaction } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import { appendAudit, lockAuditHead } from '../queries/audit-log.ts';
import type { Database } from '../queries/schema.ts';

/** Appends audit entries to the log, within the transaction whose turn it is. */
export type RecordInTurn = (drafts: readonly AuditDraft[]) => Promise<void>;

/**
 * Runs `work` in one transaction that first locks the end of the audit log, so that all who record something take turns.
 *
 * What `work` reads is therefore as the last of them left it, the audit log stays one chain, and rows are numbered in the order in
 * which they are committed. Every write that adds events, deliveries, reminders or audit entries goes through here, whatever the
 * database locks by itself.
 */
export async function inTurn<Result>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>, record: RecordInTurn) => Promise<Result>,
): Promise<Result> {
  return db.transaction().execute(async (trx) => {
    let head = await lockAuditHead(trx);
    return work(trx, async (drafts) => {
      head = await appendAudit(trx, head, drafts);
    });
  });
}
