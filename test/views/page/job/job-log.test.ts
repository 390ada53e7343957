import { describe, expect, it } from 'vitest';
import type { AuditDraft } from '../../../../src/domain/audit.ts';
import { EMPTY_FRONTIER } from '../../../../src/domain/evidence/audit-tree.ts';
import { type JobLogStore, readJobLog } from '../../../../src/views/page/job/job-log.ts';
import { aJob, anEvent, anObservation, jobId, MINUTE, T0 } from '../../../support/builders.ts';
import { recorded } from '../../../support/reading-store.ts';

const JOB = jobId(1);

/** A log with an entry about something else every `everyMs`, and these among them, in a store that counts what is read of it. */
function aLog(about: readonly AuditDraft[], { everyMs = 1_000, spanMs = 24 * 60 * MINUTE, pruned = 0 } = {}) {
  const length = spanMs / everyMs + about.length;
  const other = (at: number): AuditDraft => ({ at, kind: 'poll.failed', data: { watch: 'orders' } });
  const others = Array.from({ length: spanMs / everyMs }, (_, index) =>
    other(T0 - spanMs / 2 + index * everyMs),
  );
  const drafts = [...others, ...about].toSorted((a, b) => a.at - b.at);
  // Nobody looks at the hashes, and so many would take long to make.
  const lineOf = ({ at, kind, data }: AuditDraft, index: number) => ({
    seq: index + 1,
    body: JSON.stringify({
      at: new Date(at).toISOString(),
      data,
      hash: '',
      kind,
      prev: '',
      seq: index + 1,
      v: 1,
    }),
  });
  const read = { lines: 0 };
  const last = { seq: pruned, hash: '' };
  const store: JobLogStore = {
    auditHead: async () => ({ seq: length, hash: '' }),
    auditStart: async () =>
      pruned === 0 ? null : { last, frontier: EMPTY_FRONTIER, checkpoint: '', key: '' },
    lastCheckpoint: async () => ({ key: null, last: null }),
    readAuditLines: async (after, limit) => {
      const from = Math.max(after, pruned);
      const page = drafts.slice(from, from + limit).map((draft, index) => lineOf(draft, from + index));
      read.lines += page.length;
      return page;
    },
  };
  return { store, read, length };
}

const attempt = (at: number, eventId: string): AuditDraft => ({
  at,
  kind: 'delivery.attempted',
  data: { eventId, channel: 'oncall' },
});

/** A restore that was seen at `T0`, failed after a quarter of an hour, and of which somebody was told an hour later. */
function aFailedJob() {
  const job = aJob(['failed'], { id: JOB });
  const event = anEvent('failed', { job, detectedAt: T0 + 15 * MINUTE });
  const told = { channel: 'oncall', firstAttemptAt: event.detectedAt, lastAttemptAt: T0 + 75 * MINUTE };
  const facts = {
    observation: anObservation(job, { firstSeenAt: T0, changedAt: T0 + 15 * MINUTE }),
    events: [recorded(event, [{ ...told, endedAt: T0 + 75 * MINUTE }])],
    attestations: [],
  };
  const about: AuditDraft[] = [
    { at: T0, kind: 'observation.changed', data: { jobId: JOB, state: 'in_progress' } },
    { at: T0 + 15 * MINUTE, kind: 'transition', data: { jobId: JOB, eventId: event.id, event: 'failed' } },
    { at: T0 + 15 * MINUTE, kind: 'decision', data: { eventId: event.id, decision: 'deliver' } },
    attempt(T0 + 15 * MINUTE, event.id),
    attempt(T0 + 40 * MINUTE, event.id),
    attempt(T0 + 75 * MINUTE, event.id),
  ];
  return { facts, about };
}

const kinds = ({ entries }: Awaited<ReturnType<typeof readJobLog>>) => entries.map(({ kind }) => kind);

describe('the entries of a restore in a long log', () => {
  const { facts, about } = aFailedJob();
  const ALL = [
    ...['observation.changed', 'transition', 'decision'],
    ...['delivery.attempted', 'delivery.attempted', 'delivery.attempted'],
  ];

  it('are all found where little was written in its life, and hardly more than that is read', async () => {
    const { store, read, length } = aLog(about, { everyMs: 5_000 });
    const log = await readJobLog(store, facts);
    expect(log.isWhole).toBe(true);
    expect(kinds(log)).toEqual(ALL);
    expect(length).toBeGreaterThan(17_000);
    expect(read.lines).toBeLessThan(1_100);
  });

  it('are found around the times that are known of it where much was written, in bounded work', async () => {
    const { store, read, length } = aLog(about, { everyMs: 200 });
    const log = await readJobLog(store, facts);
    // The attempt in between stands at a time that nobody knows.
    expect(kinds(log)).toEqual(ALL.slice(0, -1));
    expect(length).toBeGreaterThan(400_000);
    expect(read.lines).toBeLessThan(4_300);
  });

  it('are said not to be all when a page may not look through more', async () => {
    const { store, read } = aLog(about, { everyMs: 20, spanMs: 4 * 60 * MINUTE });
    const log = await readJobLog(store, facts);
    expect(log.isWhole).toBe(false);
    expect(read.lines).toBeLessThan(4_300);
  });

  it('are those that are left of a log that was cut', async () => {
    const { store } = aLog(about, { everyMs: 5_000, pruned: 8_700 });
    const log = await readJobLog(store, facts);
    // The cut lies behind the first sight, before the failure.
    expect(kinds(log)).toEqual(ALL.slice(1));
    const { store: gone } = aLog(about, { everyMs: 5_000, pruned: 17_000 });
    expect(kinds(await readJobLog(gone, facts))).toEqual([]);
  });

  it('are none in a log without entries', async () => {
    const { store } = aLog([], { spanMs: 0 });
    expect(await readJobLog(store, facts)).toEqual({ entries: [], isWhole: true, checkpoint: null });
  });
});
