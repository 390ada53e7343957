import type { AuditEntry } from '../../domain/audit.ts';
import { parseVerifierKey } from '../../domain/evidence/signed-note.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Signals } from '../../signals.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { Recorder } from '../record/recorder.ts';
import { createDueLook } from './due-look.ts';

/** What telling of a store that was rolled back works with. */
export interface RollbackTellingDeps {
  store: Pick<AuditReader, 'auditHead' | 'readAudit' | 'lastCheckpoint'>;
  recorder: Pick<Recorder, 'recordRollback'>;
  signals: Signals;
  faultLog: FaultLog;
}

/** Tells people that the store has lost entries of the audit log, as an entry `store.rolled_back` says. */
export interface RollbackTelling {
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** Begins nothing any more, and lets what is in hand end. */
  stop(): Promise<void>;
}

/** So many of the last entries are looked through: whoever has written the entry ended before it was told, or has just begun. */
const LOOKS_BACK = 1_000;
/** Each replica finds the same with its own file, in milliseconds: what is found so soon after another is told along with that. */
const SAME_INCIDENT_MS = 600_000;

/**
 * Looks when it begins (what is found at a start stands in the log before anything else runs), and whenever this process has written such
 * an entry. Each incident is told once.
 */
export function createRollbackTelling(deps: RollbackTellingDeps): RollbackTelling {
  const { store, recorder, signals, faultLog } = deps;
  return createDueLook({
    look: async () => {
      const { seq } = await store.auditHead();
      const entries = await store.readAudit(Math.max(0, seq - LOOKS_BACK), LOOKS_BACK);
      const found = entries.filter(({ kind }) => kind === 'store.rolled_back');
      const incidents = found.filter((entry, index) => !isAlong(entry, found[index - 1]));
      if (incidents.length === 0) return;
      const { key } = await store.lastCheckpoint();
      const origin = key === null ? null : (parseVerifierKey(key)?.name ?? null);
      for (const entry of incidents) await recorder.recordRollback(entry, origin);
    },
    follow: (changed) => signals.on('audit:rolled_back', changed),
    faultLog,
    key: 'rollback-telling',
    failing: 'Nobody can be told whether the store was rolled back',
    working: 'It can be told again whether the store was rolled back',
  });
}

function isAlong(entry: AuditEntry, before: AuditEntry | undefined): boolean {
  return before !== undefined && Date.parse(entry.at) - Date.parse(before.at) < SAME_INCIDENT_MS;
}
