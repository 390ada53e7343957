import type { Clock } from '../../../clock.ts';
import type { AuditDraft } from '../../../domain/audit.ts';
import { toIso } from '../../../domain/instant.ts';
import type { Fate } from '../../../domain/job/cession.ts';
import {
  type PublicPlace,
  placeKey,
  placeWords,
  publicPlace,
  type WatchPlace,
} from '../../../domain/job/place.ts';
import type { Watch } from '../../../domain/job/watch.ts';
import type { Logger } from '../../../logging/logger.ts';
import type { Signals } from '../../../signals.ts';
import type { WatchedPart } from '../../record/alert-event.ts';
import type { WatchAccount, WatchFault } from '../account.ts';
import type { WatchPollReport } from '../poll-watch.ts';
import { createFailingMemory, type FailingMemory, type FailingMemoryDeps } from './failing-memory.ts';
import { OddityLog } from './oddities.ts';

/** What the journal of a watch works with. */
export interface WatchJournalDeps extends FailingMemoryDeps {
  clock: Clock;
  logger: Logger;
  signals: Signals;
}

/** Tells how the polls of one watch go: to its account, the log, the signals and the audit log. A fault is told once, then when it changes or ends. */
export class WatchJournal {
  readonly #deps: WatchJournalDeps;
  readonly #watch: string;
  readonly #account: WatchAccount;
  readonly #memory: FailingMemory;
  readonly #oddities: OddityLog;
  /** Failures that stand in the memory, by `placeKey`; the watch's own under `''`. */
  readonly #kept = new Set<string>();

  constructor(deps: WatchJournalDeps, watch: Watch, account: WatchAccount) {
    this.#deps = deps;
    this.#watch = watch.name;
    this.#account = account;
    this.#memory = createFailingMemory(deps, watch.name);
    this.#oddities = new OddityLog(deps.logger, watch);
  }

  /**
   * Notes a poll that has ended.
   * @param durationMs how long it took.
   * @param failingForMs for how long it had failed when it ended.
   */
  async note(
    report: WatchPollReport,
    { durationMs, failingForMs }: { durationMs: number; failingForMs: number },
  ): Promise<void> {
    const { failure, failing, jobs, changes } = report;
    this.#account.noteAttempt(report);
    this.#oddities.tell(report);
    if (failure !== null) await this.#noteFailure(null, failure, failingForMs);
    else if (report.hasRead || failing.length > 0) await this.#noteEnd(null, 'well');
    if (failure === null && report.hasRead) this.#account.noteRead();
    for (const { error, isFresh, ...part } of failing) {
      if (isFresh || this.#account.isTroubled(part.place)) await this.#noteFailure(part, error, 0);
    }
    for (const place of await this.#troubledPlaces()) {
      const end = report.endOf(place);
      if (end !== null) await this.#noteEnd(place, end);
    }
    this.#deps.signals.emit('poll:finished', {
      watch: this.#watch,
      outcome: failure === null ? 'ok' : 'failed',
      hasRead: failure === null && report.hasRead,
      durationMs,
      jobs,
      changes,
      running: this.#account.hasRunningJobs,
      error: failure,
    });
  }

  /** What is ours of the watch has changed: nothing is known any more of these projects (or of `all`), and what others have written is read anew. */
  forget(groupIds: readonly string[] | 'all'): void {
    this.#account.forget(groupIds);
    this.#kept.clear();
    this.#memory.forget();
  }

  /** Writes entries of one kind to the audit log, together. A store that fails is logged, and stops nothing. */
  async writeDown(kind: AuditDraft['kind'], ...data: ReadonlyArray<AuditDraft['data']>): Promise<void> {
    const { clock, writersFor } = this.#deps;
    const byWriter = Map.groupBy(data, ({ groupId }) =>
      writersFor(typeof groupId === 'string' ? groupId : null),
    );
    for (const [writers, each] of byWriter) {
      // What another replica has by now, it finds for itself.
      if (writers === null) continue;
      const audit = each.map((one) => ({ at: clock.now(), kind, data: one }));
      await this.#logged(() => writers.recorder.recordAudit(...audit), audit);
    }
  }

  async #noteFailure(part: WatchedPart | null, error: Error, failingForMs: number): Promise<void> {
    const { fault, isNews } = this.#account.noteFailure(part, error, failingForMs);
    const { reason, message, hint } = fault;
    const key = keyOf(part?.place ?? null);
    if (!isNews && this.#kept.has(key)) return;
    const facts = this.#factsOf(part?.place ?? null);
    if (isNews) {
      const what = part === null ? 'cannot be polled' : `cannot read ${placeWords(part.place)}`;
      this.#deps.logger.warn(`Watch ${this.#watch} ${what}: ${message}`, {
        ...facts,
        reason,
        ...(hint ? { hint } : {}),
        ...(reason === 'internal' ? { err: error } : {}),
      });
    }
    const data = { ...facts, reason, message, hint };
    const audit = isNews ? [{ at: this.#deps.clock.now(), kind: 'poll.failed' as const, data }] : [];
    await this.#keepFailure(part?.place ?? null, fault, audit);
  }

  /** An earlier process may have seen the beginning. */
  async #keepFailure(place: WatchPlace | null, { since }: WatchFault, audit: AuditDraft[]): Promise<void> {
    const isKept = await this.#logged(async () => {
      this.#account.backdateFailure(place, await this.#memory.begin(place, since, audit));
    }, audit);
    if (isKept) this.#kept.add(keyOf(place));
    else this.#kept.delete(keyOf(place));
  }

  /** Parts that fail, or did when an earlier process looked. */
  async #troubledPlaces(): Promise<WatchPlace[]> {
    const places = new Map(this.#account.troubledPlaces.map((place) => [placeKey(place), place]));
    await this.#logged(async () => {
      for (const place of await this.#memory.places()) {
        if (!places.has(placeKey(place))) places.set(placeKey(place), place);
      }
    }, []);
    return [...places.values()];
  }

  async #noteEnd(place: WatchPlace | null, how: 'well' | Fate): Promise<void> {
    const at = this.#deps.clock.now();
    const ended = this.#account.noteEnd(place);
    const recovery: AuditDraft[] = [];
    if (ended !== null) {
      const { failures } = ended;
      const { since, reason } = ended.fault;
      const facts = this.#factsOf(place);
      const what =
        place === null
          ? 'is polled again'
          : how !== 'well'
            ? `no longer follows ${placeWords(ended.part?.place ?? place)}`
            : `reads ${placeWords(ended.part?.place ?? place)} again`;
      this.#deps.logger.info(`Watch ${this.#watch} ${what}`, { ...facts, after: reason, failures });
      recovery.push({
        at,
        kind: 'poll.recovered',
        data: { ...facts, reason, failures, since: toIso(since) },
      });
    }
    await this.#logged(() => this.#memory.end(place, at, recovery), recovery);
    this.#kept.delete(keyOf(place));
  }

  #factsOf(place: WatchPlace | null): { watch: string; place?: PublicPlace } {
    return { watch: this.#watch, ...(place ? { place: publicPlace(place) } : {}) };
  }

  /** Whether it could be written. Of what nobody could read anyway, nothing is said. */
  async #logged(write: () => Promise<void>, audit: readonly AuditDraft[]): Promise<boolean> {
    try {
      await write();
      return true;
    } catch (error) {
      if (audit.length > 0) {
        this.#deps.logger.error('The audit log could not be written', { watch: this.#watch, err: error });
      }
      return false;
    }
  }
}

function keyOf(place: WatchPlace | null): string {
  return place === null ? '' : placeKey(place);
}
