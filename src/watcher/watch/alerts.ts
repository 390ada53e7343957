import type { Clock } from '../../clock.ts';
import { alertKey, partsOfKey } from '../../domain/event/alert.ts';
import { EVENT_KINDS } from '../../domain/event/event-kinds.ts';
import { formatSpan, type Timestamp } from '../../domain/instant.ts';
import type { Fate } from '../../domain/job/cession.ts';
import { placeWords, type WatchPlace } from '../../domain/job/place.ts';
import type { Watch } from '../../domain/job/watch.ts';
import { isRateLimit, menderOf } from '../../domain/polling/mender.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { AlertStore } from '../../store/ports/alerts.ts';
import type { AlertChange } from '../record/alert-change.ts';
import type { AlertRecord, WatchedPart } from '../record/alert-event.ts';
import type { Recorder } from '../record/recorder.ts';
import type { WritersFor } from '../share/watch-share.ts';
import type { Failing } from './account.ts';
import type { WatchPollReport } from './poll-watch.ts';

/** Of the parts of a watch. */
const TOLD_OF_PARTS: ReadonlySet<string> = new Set(['watch_failing', 'watch_limited']);

const RATE_LIMITED = 'rate_limited';

/** What a poll shows about alerts. */
export interface PollVerdict {
  /** All of the watch that does not fail by itself could be read. */
  isWell: boolean;
  /** A rate limit is in the way of the watch. */
  isLimited: boolean;
  endOf: WatchPollReport['endOf'];
}

/** What the alerts of a watch work with. */
export interface WatchAlertsDeps {
  store: Pick<AlertStore, 'alertEvent'>;
  recorder: Pick<Recorder, 'alerts'>;
  /** What is told of a part of the watch is told by who has the right to that. */
  writersFor: WritersFor<unknown, Pick<Recorder, 'recordAlert'>>;
  clock: Clock;
  faultLog: FaultLog;
}

/**
 * Raises what lasts about a watch (it fails) once, and tells of its end. What is raised is kept in the store, so
 * that a restart changes nothing. A store that fails is reported to the fault log, and asked again at the next look: nothing rejects.
 */
export class WatchAlerts {
  readonly #deps: WatchAlertsDeps;
  readonly #watch: Watch;
  readonly #keys: { failing: string; limited: string };
  /** Since when what is raised is raised, by key; `null` until the store was asked. */
  #raised: Map<string, Timestamp> | null = null;
  /** The reason that was told last, by key; filled when it is asked for. */
  readonly #toldReasons = new Map<string, string | null>();
  /** The looks that were asked for so far. Never rejects. */
  #turn: Promise<void> = Promise.resolve();

  constructor(deps: WatchAlertsDeps, watch: Watch) {
    this.#deps = deps;
    this.#watch = watch;
    this.#keys = {
      failing: alertKey('watch_failing', watch.name),
      limited: alertKey('watch_limited', watch.name),
    };
  }

  /**
   * Looks after a poll that has failed, or while one hangs. Each part of a watch that fails is an alert of its own, and so is a rate limit
   * that is in the way. Where others can mend it than those who were told, and that lasts, it is told again with the new reason.
   */
  onFailure(failing: readonly Failing[]): Promise<void> {
    return this.#logged(async () => {
      for (const one of failing) await this.#raiseFailing(one);
    });
  }

  /**
   * Looks after a poll: ends what is told of the watch where it `isWell`, that a rate limit is in the way unless it `isLimited` still, and of
   * its parts what has ended.
   */
  afterPoll({ isWell, isLimited, endOf }: PollVerdict): Promise<void> {
    return this.#logged(async () => {
      if (isWell) await this.#clear(this.#keys.failing);
      if (isWell && !isLimited) await this.#clear(this.#keys.limited);
      for (const [key, since] of [...(await this.#known())]) {
        const { name, about, place } = partsOfKey(key);
        if (!TOLD_OF_PARTS.has(name) || about !== this.#watch.name || place === null) continue;
        const end = endOf(place);
        if (end !== null) await this.#clearPart(key, since, place, end);
      }
    });
  }

  /** Has what is told of the watch read anew: what is ours of it has changed, or something may be on record that is not known here. */
  forget(): void {
    this.#raised = null;
    this.#toldReasons.clear();
  }

  /** True when people were told that this part of the watch cannot be read, as far as this process knows by now. */
  isTold(place: WatchPlace): boolean {
    return this.#raised?.has(alertKey('watch_failing', this.#watch.name, place)) ?? false;
  }

  async #raiseFailing(failing: Failing): Promise<void> {
    const { fault, forMs, sameForMs = forMs, part, isPolled = false } = failing;
    const { name, failingAfterMs } = this.#watch;
    const isLimit = isRateLimit(fault.reason);
    const key = alertKey(isLimit ? 'watch_limited' : 'watch_failing', name, part?.place);
    const known = await this.#known();
    const toldAt = known.get(key);
    const isOther = toldAt !== undefined && (await this.#isForOthers(key, toldAt, fault.reason));
    if (toldAt !== undefined && !isOther) return;
    // What lasted before was told as something else.
    const isNewMatter = isLimit && known.has(alertKey('watch_failing', name, part?.place));
    if ((isOther || isNewMatter ? sameForMs : forMs) < failingAfterMs) return;
    const place = part && placeWords(part.place);
    const facts = { watch: name, place, forMs: isNewMatter ? sameForMs : forMs, isPolled, isOther };
    const summary = EVENT_KINDS.watch_failing.summary({ ...facts, fault: fault.message });
    const alert = {
      name: 'watch_failing' as const,
      summary,
      note: fault.hint,
      reason: fault.reason,
      // What others are to mend now, or what a limit has become, is a matter of its own that began later.
      ...(isOther || isNewMatter ? {} : { begin: fault.since }),
    };
    await this.#tell(alert, isOther ? { clear: key, raise: key } : { raise: key }, part);
  }

  /** Others can mend it than those who were told. What was told by an older version says no reason. */
  async #isForOthers(key: string, toldAt: Timestamp, reason: string): Promise<boolean> {
    let told = this.#toldReasons.get(key);
    if (told === undefined) {
      const subject = (await this.#deps.store.alertEvent(key, toldAt))?.subject;
      told = (subject?.kind === 'watch' ? subject.reason : null) ?? null;
      this.#toldReasons.set(key, told);
    }
    return told !== null && menderOf(told) !== menderOf(reason);
  }

  async #clear(key: string): Promise<void> {
    const since = (await this.#known()).get(key);
    if (since === undefined) return;
    const isLimit = key === this.#keys.limited;
    const summary = EVENT_KINDS.watch_recovered.summary({ watch: this.#watch.name, isLimit });
    const reason = isLimit ? RATE_LIMITED : null;
    await this.#tell(
      { name: 'watch_recovered', summary, note: this.#toldAgo(since), reason, begin: since },
      { clear: key },
    );
  }

  /** As it was told of: with the names and labels that it had. */
  async #clearPart(key: string, since: Timestamp, place: WatchPlace, end: 'well' | Fate): Promise<void> {
    const subject = (await this.#deps.store.alertEvent(key, since))?.subject;
    const first = subject?.kind === 'watch' ? subject : null;
    const part = { place: first?.place ?? place, labels: first?.labels ?? this.#watch.labels };
    const watch = this.#watch.name;
    const left = end === 'well' ? null : end;
    const summary = EVENT_KINDS.watch_recovered.summary({ watch, place: placeWords(part.place), left });
    const reason = partsOfKey(key).name === 'watch_limited' ? RATE_LIMITED : null;
    const alert = {
      name: 'watch_recovered' as const,
      summary,
      note: this.#toldAgo(since),
      reason,
      begin: since,
    };
    await this.#tell(alert, { clear: key }, { ...part, hasLeft: left !== null });
  }

  #toldAgo(since: Timestamp): string {
    return `It was told to be failing ${formatSpan(this.#deps.clock.now() - since)} ago.`;
  }

  async #tell(
    { reason = null, ...alert }: Omit<AlertRecord, 'about'> & { reason?: string | null },
    change: AlertChange,
    part: (WatchedPart & { hasLeft?: boolean }) | null = null,
  ): Promise<void> {
    const about = { watch: this.#watch, part, reason };
    const writers = this.#deps.writersFor(part?.place.groupId ?? null);
    if (writers === null) return;
    const at = await writers.recorder.recordAlert({ ...alert, about }, change);
    const known = await this.#known();
    if (change.clear) known.delete(change.clear);
    if (change.raise) known.set(change.raise, at);
    for (const key of [change.clear, change.raise]) if (key) this.#toldReasons.delete(key);
  }

  async #known(): Promise<Map<string, Timestamp>> {
    this.#raised ??= await this.#deps.recorder.alerts.about(this.#watch.name);
    return this.#raised;
  }

  /** One look after the other: a poll may end while another look is recording what it would tell as well. */
  #logged(look: () => Promise<void>): Promise<void> {
    this.#turn = this.#turn.then(() => this.#lookLogged(look));
    return this.#turn;
  }

  async #lookLogged(look: () => Promise<void>): Promise<void> {
    const { faultLog } = this.#deps;
    const { name: watch } = this.#watch;
    const key = `alerts of ${watch}`;
    try {
      await look();
      faultLog.clear(key, 'Alerts can be recorded again', { watch });
    } catch (thrown) {
      // It may be on record all the same.
      this.forget();
      const err = toError(thrown);
      faultLog.report(key, `An alert could not be recorded: ${err.message}`, { watch, err }, 'error');
    }
  }
}
