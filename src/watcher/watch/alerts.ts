import type { Clock } from '../../clock.ts';
import { alertKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { JobSource } from '../../source/source.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AlertChange, AlertRecord, Recorder } from '../record/recorder.ts';
import type { Failing } from './account.ts';

/** "No restore for so long" is a matter of days: looking once a minute is enough, and keeps idle polls free of it. */
const OVERDUE_LOOK_EVERY_MS = 60_000;

/** What the alerts of a watch work with. */
export interface WatchAlertsDeps {
  source: Pick<JobSource, 'surelyAheadMs'>;
  store: Pick<AlertStore, 'readAlerts' | 'lastFinishedAt' | 'watchedSince'>;
  recorder: Pick<Recorder, 'recordAlert' | 'recordAlertState'>;
  clock: Clock;
  faultLog: FaultLog;
}

/**
 * Raises what lasts about a watch (it fails, a restore is overdue) once, and tells of its end. What is raised is kept in the store, so
 * that a restart changes nothing. A store that fails is reported to the fault log, and asked again at the next look: nothing rejects.
 */
export class WatchAlerts {
  readonly #deps: WatchAlertsDeps;
  readonly #watch: Watch;
  readonly #keys: { failing: string; overdue: string };
  readonly #startedAt: Timestamp;
  /** Since when what is raised is raised, by key; `null` until the store was asked. */
  #raised: Map<string, Timestamp> | null = null;
  /** Monotonic. */
  #nextOverdueLookAt = Number.NEGATIVE_INFINITY;

  constructor(deps: WatchAlertsDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.#startedAt = deps.clock.now();
    this.#keys = {
      failing: alertKey('watch_failing', watch.name),
      overdue: alertKey('drill_overdue', watch.name),
    };
  }

  /** Looks after a poll that has failed, or while one hangs. */
  onFailure(failing: Failing): Promise<void> {
    return this.#logged(() => this.#raiseFailing(failing));
  }

  /** Looks after a poll that has succeeded. */
  onSuccess(): Promise<void> {
    return this.#logged(async () => {
      await this.#clearFailing();
      await this.#lookAtOverdue();
    });
  }

  async #raiseFailing({ fault, forMs }: Failing): Promise<void> {
    const { name, failingAfterMs } = this.#watch;
    if (forMs < failingAfterMs || (await this.#known()).has(this.#keys.failing)) return;
    const summary = EVENT_KINDS.watch_failing.summary({ watch: name, forMs, fault: fault.message });
    await this.#tell({ name: 'watch_failing', summary, note: fault.hint }, { raise: this.#keys.failing });
  }

  async #clearFailing(): Promise<void> {
    const since = (await this.#known()).get(this.#keys.failing);
    if (since === undefined) return;
    const forMs = this.#deps.clock.now() - since;
    const summary = EVENT_KINDS.watch_recovered.summary({ watch: this.#watch.name });
    const note = `It was told to be failing ${formatSpan(forMs)} ago.`;
    await this.#tell({ name: 'watch_recovered', summary, note }, { clear: this.#keys.failing });
  }

  async #lookAtOverdue(): Promise<void> {
    const { clock, store, source } = this.#deps;
    const { name, expectRestoreEveryMs: every } = this.#watch;
    if (every === null || clock.monotonic() < this.#nextOverdueLookAt) return;
    this.#nextOverdueLookAt = clock.monotonic() + OVERDUE_LOOK_EVERY_MS;
    const last = await store.lastFinishedAt(name);
    // A watcher that is restarted every week must not begin to count anew each time.
    const since = last ?? (await store.watchedSince(name)) ?? this.#startedAt;
    const forMs = clock.now() + source.surelyAheadMs() - since;
    const raisedAt = (await this.#known()).get(this.#keys.overdue);
    if (forMs > every && raisedAt === undefined) {
      const summary = EVENT_KINDS.drill_overdue.summary({ watch: name, forMs: last === null ? null : forMs });
      const note = `Expected every ${formatSpan(every)}.`;
      await this.#tell({ name: 'drill_overdue', summary, note }, { raise: this.#keys.overdue });
    } else if (raisedAt !== undefined && forMs <= every && since > raisedAt - every) {
      // A restore has finished since (a clock that was set back alone ends nothing), and the `finished` event has told of it.
      await this.#deps.recorder.recordAlertState({ clear: this.#keys.overdue }, clock.now());
      (await this.#known()).delete(this.#keys.overdue);
    }
  }

  async #tell(alert: Omit<AlertRecord, 'about'>, change: AlertChange): Promise<void> {
    const at = await this.#deps.recorder.recordAlert({ ...alert, about: { watch: this.#watch } }, change);
    if (change.raise) (await this.#known()).set(change.raise, at);
    if (change.clear) (await this.#known()).delete(change.clear);
  }

  async #known(): Promise<Map<string, Timestamp>> {
    this.#raised ??= await this.#deps.store.readAlerts();
    return this.#raised;
  }

  async #logged(look: () => Promise<void>): Promise<void> {
    const { faultLog } = this.#deps;
    const { name: watch } = this.#watch;
    const key = `alerts of ${watch}`;
    try {
      await look();
      faultLog.clear(key, 'Alerts can be recorded again', { watch });
    } catch (thrown) {
      const err = toError(thrown);
      faultLog.report(key, `An alert could not be recorded: ${err.message}`, { watch, err }, 'error');
    }
  }
}
