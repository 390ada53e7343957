import type { AuditEntry } from '../audit.ts';
import { type Data, instantIn, numberIn, objectIn, objectsIn, textIn, textsIn } from '../audit-fields.ts';
import type { Attestation } from '../evidence/attestation.ts';
import type { Timestamp } from '../instant.ts';
import { parseActor } from '../job/actor.ts';
import { isMilestone, type JobState, outcomeAfter } from '../job/restore-job.ts';
import { firstOutcome } from '../job/took.ts';
import type { RestoreRow, ToldChannel } from './report.ts';

/** What is agreed of the restores of a watch, in milliseconds. */
interface Objective {
  rtoMs: number | null;
  rpoMs: number | null;
}

type Row = Omit<RestoreRow, 'told' | 'drills'> & {
  drills: Map<string, readonly string[]>;
  told: Map<string, ToldChannel>;
  /** The milestone by which it ended. */
  endsBy: string | null;
};

/** What tells how a restore ended, or that a download is ready. */
const TOLD: ReadonlySet<string> = new Set(['ready', 'finished', 'failed', 'cancelled', 'expired']);

/** Reads the restores out of the audit log, entry by entry, in order. */
export class RestoreBook {
  readonly #rows = new Map<string, Row>();
  /** The watches that follow a job, by its id. */
  readonly #watches = new Map<string, Set<string>>();
  readonly #inferred = new Set<string>();
  /** Milestones that were found late: the key of the restore, and the milestone. */
  readonly #late = new Set<string>();
  readonly #attestations = new Map<string, RestoreRow['attestation']>();
  #objectives = new Map<string, Objective>();

  /** Reckons an entry in. */
  read(entry: AuditEntry): void {
    const { kind, data } = entry;
    switch (kind) {
      case 'config.loaded':
        this.#objectives = objectivesIn(data);
        break;
      case 'observation.changed':
        this.#readJob(entry);
        break;
      case 'transition':
        if (data.inferred === true && data.event === 'started') this.#inferred.add(keyOf(data));
        if (data.late === true) this.#late.add(endKey(keyOf(data), String(data.event)));
        break;
      case 'drill.run':
        this.#rows
          .get(keyOf(data))
          ?.drills.set(textIn(data.drill) ?? 'expectRestoreEvery', textsIn(data.reasons));
        break;
      case 'attestation.made':
        this.#attestations.set(String(data.jobId), attestationIn(entry));
        break;
      case 'delivery.attempted':
      case 'delivery.given_up':
        this.#readDelivery(entry);
        break;
    }
  }

  /** The restores that began within the period, the oldest first; of one watch, where that is named. */
  rows({ since, until, watch }: { since: Timestamp; until: Timestamp; watch: string | null }): RestoreRow[] {
    return [...this.#rows]
      .filter(
        ([, row]) => row.beganAt >= since && row.beganAt < until && (watch === null || row.watch === watch),
      )
      .map(([key, { endsBy, ...row }]) => ({
        ...row,
        beginIs: this.#inferred.has(key) ? ('inferred' as const) : ('exact' as const),
        endIs: row.endIs === 'exact' && this.#late.has(endKey(key, endsBy)) ? ('late' as const) : row.endIs,
        attestation: this.#attestations.get(row.jobId) ?? null,
        drills: [...row.drills].map(([name, reasons]) => ({ name, reasons })),
        told: [...row.told.values()],
      }))
      .toSorted((a, b) => a.beganAt - b.beganAt || (a.jobId < b.jobId ? -1 : 1));
  }

  #readJob({ at, data }: AuditEntry): void {
    const job = objectIn(data.job);
    const beganAt = instantIn(job.createdAt);
    const seenAt = instantIn(at);
    if (beganAt === null || seenAt === null) return;
    const key = keyOf(data);
    const before = this.#rows.get(key) ?? null;
    const watch = String(data.watch);
    const objective = before ?? this.#objectives.get(watch) ?? { rtoMs: null, rpoMs: null };
    const end = endOf(job, seenAt, before);
    const snapshotAt = instantIn(job.snapshotAt);
    const snapshotAgeMs = snapshotAt === null ? null : beganAt - snapshotAt;
    const durationMs = end.endedAt === null ? null : end.endedAt - beganAt;
    const { rtoMs, rpoMs } = objective;
    this.#watches.set(String(data.jobId), (this.#watches.get(String(data.jobId)) ?? new Set()).add(watch));
    this.#rows.set(key, {
      jobId: String(data.jobId),
      watch,
      kind: String(job.kind),
      deliveryType: textIn(job.deliveryType),
      groupId: String(job.groupId),
      instanceName: String(job.instanceName),
      targetGroupId: textIn(job.targetGroupId),
      targetClusterName: textIn(job.targetClusterName),
      beganAt,
      beginIs: 'exact',
      ...end,
      state: (textIn(data.state) ?? 'unknown') as JobState,
      outcome: outcomeIn(data),
      errorMessage: textIn(job.errorMessage),
      warnings: job.warnings === true,
      durationMs,
      rtoMs,
      isWithinRto: isWithin(durationMs, rtoMs, end.endIs === 'bound'),
      snapshotId: textIn(job.snapshotId),
      snapshotAt,
      snapshotAgeMs,
      rpoMs,
      isWithinRpo: isWithin(snapshotAgeMs, rpoMs, false),
      actor: parseActor(job.actor),
      attestation: null,
      drills: before?.drills ?? new Map(),
      told: before?.told ?? new Map(),
    });
  }

  #readDelivery({ at, kind, data }: AuditEntry): void {
    const channel = String(data.channel);
    for (const row of this.#rowsOf(textIn(data.jobId))) {
      const told = row.told.get(channel) ?? { channel, firstAt: null, givenUp: 0 };
      const isDelivered =
        kind === 'delivery.attempted' && data.outcome === 'delivered' && TOLD.has(String(data.event));
      row.told.set(channel, {
        channel,
        firstAt: told.firstAt ?? (isDelivered ? instantIn(at) : null),
        givenUp: told.givenUp + (kind === 'delivery.given_up' ? 1 : 0),
      });
    }
  }

  /** A delivery does not say whose watch it is of; a job is mostly of one. */
  #rowsOf(jobId: string | null): Row[] {
    if (jobId === null) return [];
    return [...(this.#watches.get(jobId) ?? [])].flatMap(
      (watch) => this.#rows.get(keyOf({ watch, jobId })) ?? [],
    );
  }
}

function keyOf({ watch, jobId }: Data): string {
  return `${String(watch)}\n${String(jobId)}`;
}

function objectivesIn(data: Data): Map<string, Objective> {
  return new Map(
    objectsIn(data.objectives).map(({ watch, rtoMs, rpoMs }) => [
      String(watch),
      { rtoMs: numberIn(rtoMs), rpoMs: numberIn(rpoMs) },
    ]),
  );
}

function endKey(key: string, milestone: string | null): string {
  return `${key}\n${milestone}`;
}

/** When the job reached its first outcome. What is undated ended when that was found, at the latest. */
function endOf(job: Data, seenAt: Timestamp, before: Row | null): Pick<Row, 'endedAt' | 'endIs' | 'endsBy'> {
  const outcome = firstOutcome<Data>(objectsIn(job.milestones));
  if (outcome === undefined) return { endedAt: null, endIs: null, endsBy: null };
  const endsBy = textIn(outcome.milestone);
  const dated = instantIn(outcome.at);
  if (dated !== null) return { endedAt: dated, endIs: 'exact', endsBy };
  return before?.endIs === 'bound'
    ? { endedAt: before.endedAt, endIs: 'bound', endsBy }
    : { endedAt: seenAt, endIs: 'bound', endsBy };
}

/** Only of what has expired does the state not tell what it came to. */
function outcomeIn({ state, milestones }: Data): JobState {
  if (state === 'expired') return outcomeAfter(textsIn(milestones).filter(isMilestone));
  return (textIn(state) ?? 'unknown') as JobState;
}

/** What took no longer than a bound that is within the limit was within it; beyond, nobody knows. */
function isWithin(found: number | null, limit: number | null, isBound: boolean): boolean | null {
  if (found === null || limit === null) return null;
  if (found <= limit) return true;
  return isBound ? null : false;
}

function attestationIn({ at, data }: AuditEntry): RestoreRow['attestation'] {
  const { result, by, ticket, note, cleanUp } = data;
  return {
    at: instantIn(at) ?? 0,
    result: result === 'passed' ? 'passed' : 'failed',
    by: String(by),
    ticket: textIn(ticket),
    note: textIn(note),
    cleanUp: textIn(cleanUp) as Attestation['cleanUp'],
  };
}
