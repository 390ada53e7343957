import type { Kysely } from 'kysely';
import type { AuditHead } from '../../../domain/audit.ts';
import { FAULT_WORDS, type WrongEntry } from '../../../domain/evidence/wrong-entry.ts';
import type { VerifiedLog, VerifiedStore } from '../../ports/evidence/verified.ts';
import type { Database } from '../../queries/schema.ts';
import { HEAD_ROW } from '../../queries/tables/audit.ts';
import type { Guarded } from '../method-guard.ts';
import type { Turns } from '../turns.ts';

/** Builds the port of what was verified last over SQL. */
export function createVerifiedStore(db: Kysely<Database>, turns: Turns, guarded: Guarded): VerifiedStore {
  return {
    lastVerified: guarded('read when the audit log was verified', () => lastVerified(db)),
    noteVerified: guarded('note what was verified', (verified) =>
      turns.single((one) => noteVerified(one, verified)),
    ),
  };
}

async function lastVerified(db: Kysely<Database>): Promise<VerifiedLog | null> {
  const row = await db
    .selectFrom('audit_verified')
    .select('body')
    .where('id', '=', HEAD_ROW)
    .executeTakeFirst();
  return row === undefined ? null : readVerified(row.body);
}

async function noteVerified(db: Kysely<Database>, verified: VerifiedLog): Promise<void> {
  const body = JSON.stringify(verified);
  await db
    .insertInto('audit_verified')
    .values({ id: HEAD_ROW, body })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ body }))
    .execute();
}

/** What is kept is our own; what somebody else has put there counts as nothing on record. */
function readVerified(text: string): VerifiedLog | null {
  try {
    const found = JSON.parse(text) as Partial<Record<keyof VerifiedLog, unknown>>;
    const { at, by, head, problems, first, isKeyGiven } = found;
    const isWhole =
      Number.isSafeInteger(at) &&
      typeof by === 'string' &&
      Number.isSafeInteger(problems) &&
      typeof isKeyGiven === 'boolean' &&
      (head === null || isHead(head)) &&
      (first === null || isWrong(first));
    return isWhole ? (found as unknown as VerifiedLog) : null;
  } catch {
    return null;
  }
}

function isHead(value: unknown): value is AuditHead {
  const { seq, hash } = (value ?? {}) as Partial<Record<keyof AuditHead, unknown>>;
  return Number.isSafeInteger(seq) && typeof hash === 'string';
}

function isWrong(value: unknown): value is WrongEntry {
  const { entry, how } = (value ?? {}) as Partial<Record<keyof WrongEntry, unknown>>;
  return Number.isSafeInteger(entry) && typeof how === 'string' && Object.hasOwn(FAULT_WORDS, how);
}
