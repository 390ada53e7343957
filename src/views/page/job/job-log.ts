import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditEntry } from '../../../domain/audit.ts';
import { createJobEntries } from '../../../domain/evidence/job-entries.ts';
import type { Timestamp } from '../../../domain/instant.ts';
import type { Observation } from '../../../domain/job/observation.ts';
import type { AuditReader, LastCheckpoint } from '../../../store/ports/audit.ts';
import type { RecordedEvent } from '../../../store/ports/records.ts';

/** What the audit log says of one job. */
export interface JobLog {
  /** Those that were found, in order. */
  entries: readonly AuditEntry[];
  /** False: there was more to look through than a page may. */
  isWhole: boolean;
  /** How the log was signed last. */
  checkpoint: LastCheckpoint['last'];
}

/** What the record knows of a job: it says when entries about it were written. */
interface KnownOfJob {
  observation: Observation;
  events: readonly RecordedEvent[];
  attestations: ReadonlyArray<{ at: Timestamp }>;
}

/** What reading it asks of the store. */
export type JobLogStore = Pick<AuditReader, 'readAuditLines' | 'auditHead' | 'auditStart' | 'lastCheckpoint'>;

/** Entries that are looked through for one page at most, and at a time. */
const MOST_LOOKED_AT = 4_000;
const PORTION = 400;
/** Entries that were written together differ in their times by less than this, in milliseconds. */
const TOGETHER_MS = 60_000;
/** So many times apart from one another are looked at. */
const MOST_SPANS = 40;

/** Some entries of the log: those behind `after`, up to `last`. */
interface Stretch {
  after: number;
  last: number;
}

/**
 * Finds the entries about a job without reading the whole log, whose length must not matter to a page: around the times that the record knows
 * of the job. Where little was written between the first and the last of these, all of it is looked through.
 * @throws {StoreError}
 */
export async function readJobLog(store: JobLogStore, known: KnownOfJob): Promise<JobLog> {
  const { last: checkpoint } = await store.lastCheckpoint();
  const spans = spansOf(timesOf(known));
  const { stretches, isWhole } = await stretchesOf(store, spans);
  const job = createJobEntries(
    known.observation.jobId,
    known.events.map(({ event }) => event.id),
  );
  const entries: AuditEntry[] = [];
  let left = MOST_LOOKED_AT;
  for (const { after, last } of stretches) {
    for (let seq = after; seq < last && left > 0; ) {
      const lines = await store.readAuditLines(seq, Math.min(PORTION, left, last - seq));
      for (const { body } of lines) {
        const entry = job.take(body);
        if (entry !== null) entries.push(entry);
      }
      seq = lines.at(-1)?.seq ?? last;
      left -= lines.length;
      await nextTurn();
    }
  }
  return { entries, isWhole: isWhole && left > 0, checkpoint };
}

/** When something of the job was written down, as far as the record says so, in order. */
function timesOf({ observation, events, attestations }: KnownOfJob): Timestamp[] {
  const tries = events.flatMap(({ deliveries }) =>
    deliveries.flatMap(({ createdAt, firstAttemptAt, lastAttemptAt, endedAt }) => [
      ...[createdAt, firstAttemptAt, lastAttemptAt, endedAt],
    ]),
  );
  const times = [
    ...[observation.firstSeenAt, observation.changedAt],
    ...events.map(({ event }) => event.detectedAt),
    ...attestations.map(({ at }) => at),
    ...tries.filter((at) => at !== null),
  ];
  return times.toSorted((a, b) => a - b);
}

/** Spans around these times, those that touch as one. */
function spansOf(times: readonly Timestamp[]): Array<{ from: Timestamp; to: Timestamp }> {
  const spans: Array<{ from: Timestamp; to: Timestamp }> = [];
  for (const at of times) {
    const last = spans.at(-1);
    if (last !== undefined && at - TOGETHER_MS <= last.to) last.to = at + TOGETHER_MS;
    else spans.push({ from: at - TOGETHER_MS, to: at + TOGETHER_MS });
  }
  return spans;
}

async function stretchesOf(
  store: JobLogStore,
  spans: ReadonlyArray<{ from: Timestamp; to: Timestamp }>,
): Promise<{ stretches: Stretch[]; isWhole: boolean }> {
  const { seq: head } = await store.auditHead();
  const [first, end] = [spans[0], spans.at(-1)];
  if (first === undefined || end === undefined) return { stretches: [], isWhole: true };
  const pruned = (await store.auditStart())?.last.seq ?? 0;
  const after = await lastBefore(store, first.from, { after: pruned, last: head });
  const last = await lastBefore(store, end.to, { after, last: head });
  if (last - after <= MOST_LOOKED_AT) return { stretches: [{ after, last }], isWhole: true };
  const stretches: Stretch[] = [];
  for (const { from, to } of spans.slice(0, MOST_SPANS)) {
    const begin = await lastBefore(store, from, { after, last });
    stretches.push({ after: begin, last: await lastBefore(store, to, { after: begin, last }) });
    await nextTurn();
  }
  return { stretches, isWhole: spans.length <= MOST_SPANS };
}

/**
 * The last entry of the stretch that was written before an instant, or the one that it begins behind. Found by halving: times of entries grow, but
 * for steps of the clock.
 */
async function lastBefore(store: JobLogStore, at: Timestamp, { after, last }: Stretch): Promise<number> {
  let [low, high] = [after, last + 1];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const [line] = await store.readAuditLines(middle - 1, 1);
    if (line !== undefined && timeOf(line.body) < at) low = middle;
    else high = middle;
  }
  return low;
}

/** When a line was written. `NaN`, which is before no instant, for what is no entry. */
function timeOf(line: string): number {
  return Date.parse(/^\{"at":"([^"]+)"/.exec(line)?.[1] ?? '');
}
