import type { Kysely } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import type { AuditStore } from '../ports/audit.ts';
import {
  auditHead,
  auditTree,
  mirroredSeq,
  noteMirrored,
  readAudit,
  readAuditLines,
  readAuditText,
} from '../queries/audit-log.ts';
import type { Database } from '../queries/schema.ts';
import type { Guarded } from './method-guard.ts';
import type { Turns } from './turns.ts';

/** Builds the port of the audit log over SQL. */
export function createAuditStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): AuditStore {
  return {
    readAudit: guarded('read the audit log', (afterSeq, limit) => readAudit(db, afterSeq, limit)),
    readAuditLines: guarded('read the audit log', (afterSeq, limit) => readAuditLines(db, afterSeq, limit)),
    readAuditText: guarded('read the audit log', (afterSeq, limit) => readAuditText(db, afterSeq, limit)),
    auditHead: guarded('read the audit log', () => auditHead(db)),
    auditTree: guarded('read the audit log', () => auditTree(db)),
    mirroredSeq: guarded('read the audit log', () => mirroredSeq(db)),
    recordAudit: guarded('write the audit log', (drafts) => recordAudit(turns, drafts)),
    noteMirrored: guarded('write the audit log', (seq) => noteMirrored(db, seq)),
  };
}

async function recordAudit({ inTurn }: Turns, drafts: readonly AuditDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  await inTurn((_trx, record) => record(drafts));
}
