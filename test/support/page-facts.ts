import type { Observation } from '../../src/domain/job/observation.ts';
import type { AuditReader } from '../../src/store/ports/audit.ts';
import type { PageFacts, RecordFacts, RunningFacts } from '../../src/views/page/facts.ts';
import { NO_COVERAGE } from '../../src/views/page/gaps.ts';
import type { RecordNow } from '../../src/views/page/record/read-record.ts';
import type { ChannelReport, StatusReport, WatchReport } from '../../src/views/status/report.ts';
import { MINUTE, T0 } from './builders.ts';
import { aWatcherStatus } from './statuses.ts';

/** Ten minutes after the jobs of the builders began. */
export const PAGE_NOW = T0 + 10 * MINUTE;

/** What a page is made of: one watch that sees, and nothing on record. */
export function pageFacts(over: Partial<PageFacts> = {}): PageFacts {
  return {
    now: PAGE_NOW,
    version: '1.2.3',
    query: { range: '24h', watch: null, event: null },
    viewer: 'anybody',
    status: aWatcherStatus(),
    others: { problems: [], warnings: [] },
    runbookUrl: null,
    rtos: new Map(),
    drills: [],
    record: aRecord(),
    storeFault: null,
    ...over,
  };
}

export function aRecord(over: Partial<RecordFacts> = {}): RecordFacts {
  return {
    readAt: PAGE_NOW,
    report: aReport(),
    running: [],
    jobs: [],
    hasAllJobs: true,
    events: [],
    lastFinish: null,
    lastFinishes: new Map(),
    ...{
      log: { entries: 0, checkpoint: null, verified: null },
      coverage: NO_COVERAGE,
      drillStanding: new Map(),
      plots: [],
    },
    ...over,
  };
}

/** A restore that runs, where so many before it took each of these spans in milliseconds. */
export function aRunning(
  observation: Observation,
  durationsMs: readonly number[] = [],
  over: Partial<RunningFacts> = {},
): RunningFacts {
  const deliveryType = observation.job?.deliveryType ?? 'automated';
  return {
    observation,
    eta: null,
    events: [],
    durations: durationsMs.map((durationMs) => ({ deliveryType, durationMs })),
    ...over,
  };
}

/** What the record of a page asks for, where nothing but the log counts. */
export function recordNow(store: Pick<AuditReader, 'auditHead'>): RecordNow {
  return { entries: async () => (await store.auditHead()).seq, report: async () => aReport() };
}

export function aReport(over: Partial<StatusReport> = {}): StatusReport {
  return {
    asOf: new Date(PAGE_NOW).toISOString(),
    from: 'daemon',
    ok: true,
    problems: [],
    warnings: [],
    daemon: { state: 'running', version: '1.2.3', startedAt: null, pid: 1 },
    watches: [],
    channels: [],
    ...{ drills: [], elsewhere: [] },
    mutes: [],
    testAlert: null,
    config: { file: '/w.json', sha256: null, loadedAt: null, lastReload: null },
    store: { where: '/w.db', isRead: true, lastWrittenAt: null, oldestEventAt: null },
    replicas: [],
    ...over,
  };
}

export function aWatchReport(over: Partial<WatchReport> = {}): WatchReport {
  return {
    ...{ watch: 'orders', sight: 'sees', why: null, schedule: null, scheduledMs: null, periodMs: null },
    ...{
      throttled: null,
      hint: null,
      lastSuccessAt: null,
      nextPollAt: null,
      running: 0,
      jobs: {},
      polledBy: null,
      share: null,
    },
    ...over,
  };
}

export function aChannelReport(over: Partial<ChannelReport> = {}): ChannelReport {
  return {
    ...{ channel: 'oncall', state: 'accepts', since: null, detail: null, owed: 0, nextTryAt: null, held: 0 },
    ...{ givenUp: 0, lastAcceptedAt: null, nextDigestAt: null, sentBy: null },
    ...over,
  };
}
