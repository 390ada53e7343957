import { type AuditEntry, type AuditLine, parseAuditEntry } from '../domain/audit.ts';
import { StoreError } from '../errors.ts';
import type { Records } from '../views/records/records.ts';

const PORTION = 500;

/**
 * The audit log in portions, the oldest first, so that its length does not matter. What is written meanwhile may come along.
 * @throws {StoreError} reason `damaged` at an entry that cannot be read back.
 */
export async function* entriesInPortions(records: Pick<Records, 'readAudit'>): AsyncGenerator<AuditEntry[]> {
  let last = 0;
  for (;;) {
    const { lines } = await records.readAudit(last, PORTION);
    const newest = lines.at(-1);
    if (newest === undefined) return;
    yield lines.map(entryOf);
    last = newest.seq;
  }
}

function entryOf({ seq, body }: AuditLine): AuditEntry {
  const entry = parseAuditEntry(body);
  if (entry?.seq === seq) return entry;
  throw new StoreError('damaged', `audit entry ${seq} cannot be read back`, {
    hint: '"restore-watcher audit verify" says what is wrong.',
  });
}
