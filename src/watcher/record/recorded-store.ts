import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AuditRecorder } from '../../store/ports/audit.ts';
import type { FeedStore } from '../../store/ports/feeds.ts';
import type { JobStore } from '../../store/ports/jobs.ts';
import type { KeepingStore } from '../../store/ports/keeping.ts';
import type { MuteReader } from '../../store/ports/mutes.ts';
import type { Outbox } from '../../store/ports/outbox.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { WitnessStore } from '../../store/ports/witness.ts';

/** What a recorder asks of the store. */
export interface RecordedStore
  extends JobStore,
    Outbox,
    AlertStore,
    AuditRecorder,
    MuteReader,
    FeedStore,
    Pick<WitnessStore, 'noteCosigned'>,
    Pick<KeepingStore, 'notePruned' | 'cutAudit'> {
  /** See `LeaseStore`. */
  under(lease: Lease): RecordedStore;
}
