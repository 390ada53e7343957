import type { AlertStore } from '../store/ports/alerts.ts';
import type { AuditRecorder, CheckpointStore } from '../store/ports/audit.ts';
import type { DrillStore } from '../store/ports/drills.ts';
import type { CoverageStore } from '../store/ports/evidence/coverage.ts';
import type { FeedStore } from '../store/ports/feeds.ts';
import type { JobStore } from '../store/ports/jobs.ts';
import type { KeepingStore } from '../store/ports/keeping.ts';
import type { StoreProbe } from '../store/ports/life.ts';
import type { MuteReader } from '../store/ports/mutes.ts';
import type { Outbox } from '../store/ports/outbox.ts';
import type { RecordReader } from '../store/ports/records.ts';
import type { Lease } from '../store/ports/replicas/lease.ts';
import type { SpanStore } from '../store/ports/spans.ts';
import type { WitnessStore } from '../store/ports/witness.ts';

/** What the watcher asks of the store. It lists no jobs or events, and neither mutes nor redrives: that is for people. */
export interface WatcherStore
  extends JobStore,
    Outbox,
    AlertStore,
    DrillStore,
    AuditRecorder,
    CheckpointStore,
    WitnessStore,
    MuteReader,
    SpanStore,
    FeedStore,
    Pick<CoverageStore, 'noteCoverage' | 'readCoverage' | 'pruneCoverage'>,
    StoreProbe,
    Pick<KeepingStore, 'prune' | 'notePruned' | 'cutAudit' | 'deleteCut'>,
    Pick<RecordReader, 'lastSuccesses'> {
  /** See `LeaseStore`. */
  under(lease: Lease): WatcherStore;
}
