import type { AuditDraft } from '../../domain/audit.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { Recorder } from '../record/recorder.ts';

/** No fault is believed to have lasted longer: most likely the clock has stepped. */
const LONGEST_MS = 31 * 86_400_000;

/** Since when a watch fails, kept in the store: a process that lives for less than `failingAfter` (a crash loop, `once`) tells of it too. */
export interface FailingMemory {
  /**
   * The watch fails, as far as this process knows since `since`. Written down with the audit entries, once.
   * @returns since when it really does, going by earlier processes too.
   * @throws {StoreError}
   */
  begin(since: Timestamp, audit: readonly AuditDraft[]): Promise<Timestamp>;
  /** It fails no more. Writes nothing where there is neither an end nor an audit entry to be written. @throws {StoreError} */
  end(at: Timestamp, audit: readonly AuditDraft[]): Promise<void>;
}

/** What the memory works with. */
export interface FailingMemoryDeps {
  store: Pick<AlertStore, 'readAlerts'>;
  recorder: Pick<Recorder, 'recordAlertState' | 'recordAudit'>;
}

/** Remembers for the watch of this name. */
export function createFailingMemory({ store, recorder }: FailingMemoryDeps, watch: string): FailingMemory {
  const key = `failing_since/${watch}`;
  /** As the store has it; `undefined` until it was asked. */
  let kept: Timestamp | null | undefined;

  const look = async (): Promise<Timestamp | null> => {
    if (kept === undefined) kept = (await store.readAlerts()).get(key) ?? null;
    return kept;
  };
  const forget = async (at: Timestamp, audit: readonly AuditDraft[]): Promise<void> => {
    await recorder.recordAlertState({ clear: key }, at, audit);
    kept = null;
  };

  return {
    begin: async (since, audit) => {
      const earlier = await look();
      if (earlier !== null && credibleMs(earlier, since) !== null) {
        await recorder.recordAudit(...audit);
        return earlier;
      }
      if (earlier !== null) await forget(since, []);
      await recorder.recordAlertState({ raise: key }, since, audit);
      kept = since;
      return since;
    },
    end: async (at, audit) => {
      if ((await look()) === null) await recorder.recordAudit(...audit);
      else await forget(at, audit);
    },
  };
}

/** How long it is from one time to another by the wall clock, which is all that two processes share; `null` when that makes no sense. */
export function credibleMs(from: Timestamp, to: Timestamp): number | null {
  const ms = to - from;
  return ms >= 0 && ms <= LONGEST_MS ? ms : null;
}
