import type { AuditEntry } from '../../domain/audit.ts';
import { eventId, severityOf, type WatcherEvent } from '../../domain/event/event.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import type { Timestamp } from '../../domain/instant.ts';

/** Stands for the name of a log that nobody has signed yet. */
const UNSIGNED = 'unsigned';

/**
 * Makes the event that tells of a store which has lost entries of the audit log. Its id is always the same for the same entry: it is told
 * once, whoever finds it.
 * @param entry of the kind `store.rolled_back`.
 * @param origin the name of the log; `null`: it has none yet.
 */
export function rollbackEvent(
  { at, hash, data }: AuditEntry,
  origin: string | null,
  now: Timestamp,
): WatcherEvent {
  const witness = 'checkpoint' in data ? 'audit.checkpoints' : 'audit.file';
  const foundAt = Date.parse(at);
  return {
    id: eventId(foundAt, ['audit_forked', hash]),
    name: 'audit_forked',
    severity: severityOf('audit_forked'),
    subject: { kind: 'audit', origin: origin ?? UNSIGNED, witness },
    summary: EVENT_KINDS.audit_forked.summary({ witness }),
    note:
      'checkpoint' in data
        ? `it was signed with ${data.checkpoint} entries, and the log had ${data.entries}`
        : `it had ${data.hadEntries} entries; the end of ${data.keptAside} is the only record of those that are gone`,
    detectedAt: now,
    occurredAt: foundAt,
    reminder: null,
    test: false,
  };
}
