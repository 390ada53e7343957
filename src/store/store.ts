import type { AlertStore } from './ports/alerts.ts';
import type { AuditReader, AuditStore } from './ports/audit.ts';
import type { DrillStore } from './ports/drills.ts';
import type { AttestationReader, AttestationStore } from './ports/evidence/attestations.ts';
import type { CoverageReader, CoverageStore } from './ports/evidence/coverage.ts';
import type { VerifiedReader, VerifiedStore } from './ports/evidence/verified.ts';
import type { FeedStore } from './ports/feeds.ts';
import type { JobReader, JobStore } from './ports/jobs.ts';
import type { KeepingStore } from './ports/keeping.ts';
import type { LeaseStore } from './ports/leases.ts';
import type { StoreLife } from './ports/life.ts';
import type { MuteReader, MuteStore } from './ports/mutes.ts';
import type { Outbox, OutboxReader } from './ports/outbox.ts';
import type { RecordReader, RecordStore } from './ports/records.ts';
import type { WakeStore } from './ports/replicas/wake.ts';
import type { SpanStore } from './ports/spans.ts';
import type { WitnessedStore, WitnessStore } from './ports/witness.ts';

/**
 * A whole store: every port of `ports/`, for whoever opens one or passes it on. Whoever uses it takes just the ports it needs.
 * Every method is atomic: it happens whole or, with a StoreError, not at all.
 */
export interface Store
  extends JobStore,
    Outbox,
    AlertStore,
    AuditStore,
    RecordStore,
    MuteStore,
    AttestationStore,
    DrillStore,
    SpanStore,
    KeepingStore,
    FeedStore,
    WitnessStore,
    WitnessedStore,
    VerifiedStore,
    CoverageStore,
    LeaseStore<Store>,
    WakeStore,
    StoreLife {}

/** All that can be asked of a store without changing it. */
export interface StoreReader
  extends JobReader,
    OutboxReader,
    AuditReader,
    RecordReader,
    MuteReader,
    CoverageReader,
    AttestationReader,
    VerifiedReader {}
