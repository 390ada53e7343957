import type { AuditEntry } from '../../domain/audit.ts';
import type { CheckpointStore } from '../../store/ports/audit.ts';

/** Many channels may be told of a checkpoint, and some may need several attempts. */
const MOST = 100;

/**
 * Counts the entries right behind the last checkpoint that are about nothing else: that it was made, and who was told of it. A log in
 * which nothing else was written is quiet.
 */
export async function toldOfLast(store: CheckpointStore): Promise<number> {
  const { last } = await store.lastCheckpoint();
  if (last === null) return 0;
  const entries = await store.readAudit(last.size, MOST);
  const other = entries.findIndex((entry) => !isAboutCheckpoint(entry));
  return other === -1 ? entries.length : other;
}

function isAboutCheckpoint({ kind, data }: AuditEntry): boolean {
  return kind === 'checkpoint.made' || kind === 'checkpoint.cosigned' || data.event === 'checkpoint';
}
