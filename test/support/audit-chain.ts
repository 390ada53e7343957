import {
  type AuditDraft,
  type AuditEntry,
  type AuditHead,
  parseAuditEntry,
  writeEntries,
} from '../../src/domain/audit.ts';

/** The entries that readers find where these drafts were appended to the chain that ends at `head`. */
export function chainEntries(head: AuditHead, drafts: readonly AuditDraft[]): AuditEntry[] {
  return writeEntries(head, drafts).map(({ line }) => {
    const entry = parseAuditEntry(line);
    if (entry === null) throw new Error(`this is no audit entry: ${line}`);
    return entry;
  });
}
