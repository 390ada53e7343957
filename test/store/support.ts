import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuditDraft } from '../../src/domain/audit.ts';
import { type EventName, eventId } from '../../src/domain/event/event.ts';
import type { PlannedEvent } from '../../src/domain/event/plan.ts';
import type { PollCommit } from '../../src/store/ports/jobs.ts';
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { aJob, anEvent, type EventFacts, jobId, T0 } from '../support/builders.ts';
import { openEmbeddedStore } from '../support/test-store.ts';

export const TARGET = 'orders/serverless/g/orders';

/** A directory of this test's own, gone with it. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'watcher-store-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a store that is closed with the test. */
export async function openForTest(options: SqliteStoreOptions): Promise<Store> {
  const store = await (options.path === ':memory:' ? openEmbeddedStore() : openSqliteStore(options));
  onTestFinished(() => store.close());
  return store;
}

export function aCommit(over: Partial<PollCommit> = {}): PollCommit {
  return {
    targetKey: TARGET,
    watch: 'orders',
    at: T0,
    takesBaseline: false,
    observations: [],
    events: [],
    audit: [],
    ...over,
  };
}

/** Event number `number` of a job: `failed` of job 1 unless said otherwise. */
export function plan(
  number: number,
  {
    job = 1,
    name = 'failed',
    channels = ['oncall'],
    ...over
  }: { job?: number; name?: EventName; channels?: string[] } & Partial<Omit<EventFacts, 'job'>> = {},
): PlannedEvent {
  const detectedAt = over.detectedAt ?? T0 + number;
  const event = anEvent(name, {
    id: eventId(detectedAt, ['test', String(number)]),
    job: aJob(['failed'], { id: jobId(job) }),
    detectedAt,
    ...over,
  });
  return { event, channels, suppressed: channels.length === 0 ? 'no_route' : null };
}

export function aDraft(number = 1, over: Partial<AuditDraft> = {}): AuditDraft {
  return { at: T0 + number, kind: 'decision', data: { number }, ...over };
}

/** What JSON cannot hold: a commit with it fails after everything else was written. */
export function anImpossibleDraft(): AuditDraft {
  return aDraft(1, { data: { number: 1n } });
}
