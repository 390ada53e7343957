import { followingOf } from '../../domain/coverage/followed.ts';
import { type Drill, drillKey } from '../../domain/drills/drill.ts';
import { endsOverdue, missedAttestations, waitingSince } from '../../domain/drills/drill-place.ts';
import { partsOfKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { type ChannelSubject, drillOf, placeOf, type WatchSubject } from '../../domain/event/subject.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { placeWords } from '../../domain/job/place.ts';
import { isWildcard, type Watch } from '../../domain/job/watch.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AuditReader } from '../../store/ports/audit.ts';
import type { DrillStore } from '../../store/ports/drills.ts';
import type { CoverageReader, RecordedCoverage } from '../../store/ports/evidence/coverage.ts';
import type { RecordReader } from '../../store/ports/records.ts';
import { closeUnasked } from '../close-unasked.ts';
import type { Recorder } from '../record/recorder.ts';
import { DrillLedger } from './drill-ledger.ts';
import { alertKeysOf, endOverdue, NOTHING, overdue, type Telling, tellRun } from './drill-telling.ts';

/** Which drills are agreed, and of which watches. */
export interface DrillConfig {
  drills: readonly Drill[];
  watches: readonly Watch[];
}

/** What a look at drills works with. */
export interface DrillLookDeps {
  store: DrillStore &
    CoverageReader &
    Pick<AuditReader, 'readAudit' | 'auditHead'> &
    Pick<RecordReader, 'lastSuccesses'> &
    Pick<AlertStore, 'readAlerts' | 'alertEvent' | 'lastFinishedAt' | 'watchedSince'>;
  recorder: Pick<Recorder, 'recordAlert' | 'recordAlerts' | 'recordAlertState'>;
  /** What time it is at least; `null`: nobody knows yet, and nothing becomes overdue. */
  surelyNow: () => Timestamp | null;
  /** All replicas go by the same configuration. Always so unless given. */
  areAgreed?: () => boolean;
}

/** So much of the audit log is read at a time: some 20 ms of work. */
const ENTRIES = 1_000;

/** What was watched is read anew after so long, in milliseconds. */
const COVERAGE_HOLDS_MS = 60_000;
/** A great estate is read for the first time within this, in milliseconds: an instance that nobody follows by then has gone. */
const GONE_AFTER_MS = 3_600_000;

const ALERTS: ReadonlySet<string> = new Set(['drill_overdue', 'drill_failed']);

/** Reads on in the audit log, judges the restores that count by what is agreed, and tells of what is not as agreed. */
export class DrillLook {
  readonly #deps: DrillLookDeps;
  readonly #config: DrillConfig;
  #ledgers: DrillLedger[] | null = null;
  readonly #coverage = new Map<string, { at: Timestamp; record: RecordedCoverage }>();

  constructor(deps: DrillLookDeps, config: DrillConfig) {
    this.#deps = deps;
    this.#config = config;
  }

  /** Has everything read from the store anew. */
  forget(): void {
    this.#ledgers = null;
  }

  /**
   * Takes one look. Returns false while there is more of the audit log to read.
   * @throws {StoreError} and then what was told is told; see `forget`.
   */
  async look(): Promise<boolean> {
    const { store, surelyNow } = this.#deps;
    this.#ledgers ??= await this.#open();
    const ledgers = this.#ledgers;
    const from = Math.min(...ledgers.map(({ seq }) => seq));
    const entries = ledgers.length === 0 ? [] : await store.readAudit(from, ENTRIES);
    for (const entry of entries) {
      for (const ledger of ledgers) {
        for (const { key, judged } of ledger.read(entry)) {
          if (judged !== null) await this.#tell(ledger, tellRun(ledger, key, judged, surelyNow()));
        }
      }
    }
    const isCaughtUp = entries.length < ENTRIES;
    if (isCaughtUp) await this.#lookAtTime(ledgers);
    for (const ledger of ledgers) await this.#tell(ledger, null);
    return isCaughtUp;
  }

  async #open(): Promise<DrillLedger[]> {
    const { store } = this.#deps;
    const { drills, watches } = this.#config;
    const marks = await store.drillMarks();
    const asked = drills.map(drillKey);
    const unasked = [...marks.keys()].filter((drill) => !asked.includes(drill));
    if (unasked.length > 0) await store.forgetDrills(unasked);
    const headSeq = (await store.auditHead()).seq;
    const raised = await store.readAlerts();
    const ledgers: DrillLedger[] = [];
    for (const drill of drills) {
      const watch = watches.find(({ name }) => name === drill.watch);
      if (watch === undefined) continue;
      const mark = marks.get(drillKey(drill));
      const kept = mark === undefined ? null : { mark, places: await store.drillPlaces(mark.drill) };
      const since = await this.#sinceOf(watch);
      const ledger = new DrillLedger({ drill, watch }, kept, { headSeq, since });
      // Told by a version that kept nothing else of it.
      for (const [key, place] of ledger.places) {
        if (place.overdueSince === null && raised.has(alertKeysOf(ledger, place).overdue))
          ledger.set(key, { ...place, overdueSince: waitingSince(place) });
      }
      ledgers.push(ledger);
    }
    return ledgers;
  }

  /** A watcher that is restarted every week must not begin to count anew each time. */
  async #sinceOf({ name }: Watch): Promise<Timestamp> {
    const { store, surelyNow } = this.#deps;
    return (
      (await store.lastFinishedAt(name)) ??
      (await store.watchedSince(name)) ??
      surelyNow() ??
      Date.UTC(2100, 0)
    );
  }

  async #lookAtTime(ledgers: readonly DrillLedger[]): Promise<void> {
    const { store, surelyNow, areAgreed } = this.#deps;
    const now = surelyNow();
    const raised = await store.readAlerts();
    if (now !== null && ledgers.length > 0) {
      const successes = await store.lastSuccesses();
      for (const ledger of ledgers) await this.#lookAtPlaces(ledger, { now, raised, successes });
    }
    if (areAgreed?.() !== false) await this.#closeUnasked(ledgers, raised);
  }

  async #lookAtPlaces(ledger: DrillLedger, { now, raised, successes }: Seen): Promise<void> {
    const { drill, watch } = ledger;
    for (const [key, place] of [...ledger.places]) {
      for (const missed of missedAttestations(place, now))
        await this.#tell(ledger, tellRun(ledger, key, missed, now));
      const forMs = now - waitingSince(place);
      const isLate = forMs > drill.everyMs;
      if (isLate && isWildcard(watch) && !(await this.#isFollowed(ledger, key, now))) continue;
      // While nobody looks, nobody can say that no restore has finished.
      const hasSeen = (successes.get(watch.name) ?? 0) >= waitingSince(place) + drill.everyMs;
      const { failing } = alertKeysOf(ledger, place);
      const isBlind = failing.some((each) => raised.has(each));
      if (isLate && hasSeen && !isBlind && place.overdueSince === null)
        await this.#tell(ledger, overdue(ledger, key, forMs));
      else if (endsOverdue(place, drill, now)) await this.#tell(ledger, endOverdue(ledger, key));
    }
  }

  /**
   * Looks whether an instance of a `*` watch is still there: it may have gone while no watcher ran, and then no entry says so. Where that is
   * so for long, nothing is expected of it any more.
   */
  async #isFollowed(ledger: DrillLedger, key: string, now: Timestamp): Promise<boolean> {
    const place = ledger.places.get(key);
    if (place === undefined) return false;
    const { name: watch } = ledger.watch;
    const record = await this.#recordOf(watch, now);
    const { following, sinceAt } = followingOf({ ...place, watch }, record, now);
    if (following === 'unfollowed' && now - sinceAt >= GONE_AFTER_MS) ledger.set(key, null);
    return following !== 'unfollowed';
  }

  /** Read anew each minute at most: many instances may be late. */
  async #recordOf(watch: string, now: Timestamp): Promise<RecordedCoverage> {
    const known = this.#coverage.get(watch);
    if (known !== undefined && Math.abs(now - known.at) < COVERAGE_HOLDS_MS) return known.record;
    const record = await this.#deps.store.readCoverage({ watch, since: now, until: now + 1 });
    this.#coverage.set(watch, { at: now, record });
    return record;
  }

  /** What is told of a drill or an instance that nobody asks for any more no longer holds. */
  async #closeUnasked(
    ledgers: readonly DrillLedger[],
    raised: ReadonlyMap<string, Timestamp>,
  ): Promise<void> {
    const asked = new Set(
      ledgers.flatMap((ledger) =>
        [...ledger.places.values()].flatMap((place) => {
          const { overdue: late, failed } = alertKeysOf(ledger, place);
          return [late, failed];
        }),
      ),
    );
    const watches = this.#config.watches.map(({ name }) => name);
    for (const [key, since] of raised) {
      const { name, about: watch } = partsOfKey(key);
      if (!ALERTS.has(name) || asked.has(key) || !watches.includes(watch)) continue;
      const now = Math.max(since, this.#deps.surelyNow() ?? since);
      await closeUnasked(this.#deps, { key, since, now, name: 'drill_passed', summaryOf: unaskedWords });
    }
  }

  /** Writes down what has changed, together with what is to be told of it; `null`: nothing is. */
  async #tell(ledger: DrillLedger, telling: Telling | null): Promise<void> {
    const { change } = ledger;
    if (telling === null && change === null) return;
    await this.#deps.recorder.recordAlerts({
      ...(telling ?? NOTHING),
      ...(change ? { drills: change } : {}),
    });
    if (change !== null) ledger.written(change);
  }
}

/** What a look has seen of the time. */
interface Seen {
  now: Timestamp;
  raised: ReadonlyMap<string, Timestamp>;
  /** When each watch was last polled with success. */
  successes: ReadonlyMap<string, Timestamp>;
}

function unaskedWords(subject: WatchSubject | ChannelSubject): string {
  const watch = subject.kind === 'watch' ? subject.watch : '';
  const place = placeOf({ subject });
  const drill = drillOf({ subject })?.name ?? null;
  return EVENT_KINDS.drill_passed.summary({ drill, watch, place: place && placeWords(place), how: null });
}
