import type { Kysely, Transaction } from 'kysely';
import type { AuditDraft } from '../../domain/audit.ts';
import { toIso } from '../../domain/instant.ts';
import type { AuditStore, CheckpointRequest, LastCheckpoint, MadeCheckpoint } from '../ports/audit.ts';
import {
  auditHead,
  auditTree,
  checkpointRow,
  keepCheckpointRow,
  mirroredSeq,
  noteMirrored,
  readAudit,
  readAuditLines,
  readAuditText,
} from '../queries/audit-log.ts';
import { auditStart } from '../queries/keeping/audit-log.ts';
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
    auditStart: guarded('read the audit log', () => auditStart(db)),
    mirroredSeq: guarded('read the audit log', () => mirroredSeq(db)),
    lastCheckpoint: guarded('read the audit log', () => lastCheckpoint(db)),
    recordCheckpoint: guarded('write the audit log', (request) => recordCheckpoint(turns, request)),
    recordAudit: guarded('write the audit log', (drafts) => recordAudit(turns, drafts)),
    noteMirrored: guarded('write the audit log', (seq) => turns.single((one) => noteMirrored(one, seq))),
  };
}

async function recordAudit({ inTurn }: Turns, drafts: readonly AuditDraft[]): Promise<void> {
  if (drafts.length === 0) return;
  await inTurn((_trx, record) => record(drafts));
}

async function lastCheckpoint(db: Kysely<Database> | Transaction<Database>): Promise<LastCheckpoint> {
  const { verifier_key, checkpoint } = await checkpointRow(db);
  return { key: verifier_key || null, last: readMade(checkpoint) };
}

/** What is kept is our own; what somebody else has put there counts as none, and the next checkpoint takes its place. */
export function readMade(text: string): MadeCheckpoint | null {
  try {
    const { at, size, note } = JSON.parse(text) as Partial<Record<keyof MadeCheckpoint, unknown>>;
    return typeof at === 'string' && typeof size === 'number' && typeof note === 'string'
      ? { at, size, note }
      : null;
  } catch {
    return null;
  }
}

function recordCheckpoint({ inTurn }: Turns, request: CheckpointRequest): Promise<MadeCheckpoint | null> {
  const { at, key, sign } = request;
  return inTurn(async (trx, record, end) => {
    const before = await lastCheckpoint(trx);
    if (end().seq === 0) return null;
    const isNewKey = key !== before.key;
    if (isNewKey) {
      await record([{ at, kind: 'checkpoint.key', data: { key, before: before.key } }]);
      await keepCheckpointRow(trx, { verifier_key: key });
    }
    const { tree } = end();
    const note = sign(tree, isNewKey ? null : before.last);
    if (note === null) return null;
    const made = { at: toIso(at), size: tree.size, note };
    await record([{ at, kind: 'checkpoint.made', data: { note } }]);
    await keepCheckpointRow(trx, { checkpoint: JSON.stringify(made) });
    return made;
  });
}
