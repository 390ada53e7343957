import { type AuditEntry, brokenLink, GENESIS } from '../audit.ts';
import { instantIn, textIn, textsIn } from '../audit-fields.ts';
import type { PlaceCoverage } from '../coverage/periods.ts';
import type { Timestamp } from '../instant.ts';
import { median } from '../job/eta.ts';
import { BlindBook } from './blind-book.ts';
import { type BlindTimes, blindTimes } from './blind-times.ts';
import { DrillBook } from './drill-book.ts';
import type { Integrity, Report, RestoreRow, UndeliveredNotice, WatchSummary } from './report.ts';
import { RestoreBook } from './restore-book.ts';

/** What is asked for. */
export interface ReportRequest {
  since: Timestamp;
  until: Timestamp;
  /** `null`: all watches. */
  watch: string | null;
  madeAt: Timestamp;
  version: string;
  /** How the watches that are asked for were watched in the period. */
  coverage: readonly PlaceCoverage[];
  /** The last checkpoint and the key, as they are known besides. */
  checkpoint: Integrity['checkpoint'];
  key: string | null;
}

/** Reads the audit log, entry by entry, in order, and makes the report of it. Holds one row for each restore, and no entry. */
export class ReportCompiler {
  readonly #restores = new RestoreBook();
  readonly #drills = new DrillBook();
  readonly #blind = new BlindBook();
  readonly #undelivered: UndeliveredNotice[] = [];
  readonly #watches = new Set<string>();
  #head: { seq: number; hash: string } | null = null;
  #entries = 0;
  #broken: Integrity['broken'] = null;
  #configuration: Report['configuration'] = null;

  /** Reckons an entry in. */
  read(entry: AuditEntry): void {
    this.#follow(entry);
    this.#restores.read(entry);
    this.#drills.read(entry);
    this.#blind.read(entry);
    const { at, kind, data } = entry;
    if (kind === 'config.loaded') {
      for (const name of textsIn(data.watches)) this.#watches.add(name);
      this.#configuration = {
        file: textIn(data.file) ?? '',
        sha256: textIn(data.sha256) ?? '',
        loadedAt: instantIn(at) ?? 0,
      };
    }
    if (kind === 'delivery.given_up') {
      this.#undelivered.push({
        at: instantIn(at) ?? 0,
        channel: String(data.channel),
        event: String(data.event),
        jobId: textIn(data.jobId),
        detail: textIn(data.detail),
      });
    }
  }

  /** Makes the report of what was read. */
  report(request: ReportRequest): Report {
    const { since, until, watch, madeAt, version, checkpoint, key } = request;
    const restores = this.#restores.rows(request);
    const recordFrom = Math.min(Math.max(since, this.#blind.beginsAt ?? until), until);
    const recorded = { since: recordFrom, until };
    const blind = blindTimes(request.coverage, this.#blind.spans(request), recorded);
    const names = watch === null ? new Set([...this.#watches, ...restores.map((row) => row.watch)]) : [watch];
    return {
      period: { since, until },
      recordFrom,
      ...{ madeAt, version, watch },
      configuration: this.#configuration,
      integrity: {
        entries: this.#entries,
        head: this.#head?.hash ?? null,
        broken: this.#broken,
        ...{ checkpoint, key },
      },
      watches: [...names].toSorted().map((name) => summaryOf(name, { restores, blind })),
      restores,
      drills: this.#drills.summaries(request),
      blind: blind.spans,
      undelivered: this.#undelivered.filter(({ at }) => at >= since && at < until),
    };
  }

  /** What was cut away from the beginning was signed before it was; from there on each entry follows from the one before. */
  #follow(entry: AuditEntry): void {
    const before = this.#head ?? (entry.seq === 1 ? GENESIS : { seq: entry.seq - 1, hash: entry.prev });
    const what = brokenLink(before, entry);
    if (what !== null) this.#broken ??= { entry: entry.seq, what };
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#entries += 1;
  }
}

function summaryOf(
  watch: string,
  found: { restores: readonly RestoreRow[]; blind: BlindTimes },
): WatchSummary {
  const rows = found.restores.filter((row) => row.watch === watch);
  const finished = rows.filter(({ outcome }) => outcome === 'finished');
  const [last] = rows.slice(-1);
  return {
    watch,
    restores: rows.length,
    finished: finished.length,
    failed: rows.filter(({ outcome }) => outcome === 'failed').length,
    rtoMs: last?.rtoMs ?? null,
    overRto: over(
      rows,
      ({ rtoMs }) => rtoMs,
      ({ isWithinRto }) => isWithinRto,
    ),
    rpoMs: last?.rpoMs ?? null,
    overRpo: over(
      rows,
      ({ rpoMs }) => rpoMs,
      ({ isWithinRpo }) => isWithinRpo,
    ),
    medianMs: median(finished.flatMap(({ durationMs }) => durationMs ?? [])),
    attested: finished.filter(({ attestation }) => attestation?.result === 'passed').length,
    ...found.blind.of(watch),
  };
}

function over(
  rows: readonly RestoreRow[],
  limitOf: (row: RestoreRow) => number | null,
  isWithin: (row: RestoreRow) => boolean | null,
): number | null {
  const agreed = rows.filter((row) => limitOf(row) !== null);
  return agreed.length === 0 ? null : agreed.filter((row) => isWithin(row) === false).length;
}
