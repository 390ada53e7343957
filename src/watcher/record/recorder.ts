import type { Clock } from '../../clock.ts';
import type { AuditDraft, AuditEntry } from '../../domain/audit.ts';
import type { WatcherEvent } from '../../domain/event/event.ts';
import { asksForUsuals, type PlannedEvent, planComparison, planEvent } from '../../domain/event/plan.ts';
import type { AuditStub } from '../../domain/evidence/audit-stub.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { HISTORY_LIMIT, type Usuals, usualsFrom } from '../../domain/job/eta.ts';
import type { Observation } from '../../domain/job/observation.ts';
import type { Comparison } from '../../domain/job/transition.ts';
import { type Target, targetKey, type Watch } from '../../domain/job/watch.ts';
import type { Visibility } from '../../domain/telling/due-reminder.ts';
import type { Fallback } from '../../domain/telling/fallback.ts';
import type { Mute } from '../../domain/telling/mute.ts';
import { planReminders } from '../../domain/telling/reminder.ts';
import { takes } from '../../domain/telling/routing.ts';
import { planTestAlert, type TestAlert } from '../../domain/telling/test-alert.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { AlertCommit } from '../../store/ports/alerts.ts';
import type { MadeCheckpoint } from '../../store/ports/audit.ts';
import type { FeedTrust } from '../../store/ports/feeds.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { Cosigned } from '../../store/ports/witness.ts';
import { type AlertChange, keysOf } from './alert-change.ts';
import type { AlertChanges, AlertRecord } from './alert-event.ts';
import type { AlertMemory } from './alert-memory.ts';
import { announceAttempt, announceComing, announceEvents } from './announce.ts';
import { type AttemptEnd, auditOfAttempt, endsOf } from './attempt.ts';
import { checkpointEvent } from './checkpoint-event.ts';
import { baselineEntry, feedEntry } from './entries.ts';
import { logEvent } from './event-log.ts';
import { planAlert } from './plan-alert.ts';
import type { RecordedStore } from './recorded-store.ts';
import { rollbackEvent } from './rollback-event.ts';
import type { RecordingRules } from './rules.ts';
import { type Shared, sharedFor } from './shared.ts';

/** What a recorder works with. */
export interface RecorderDeps {
  store: RecordedStore;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  /** Those in force: a reload changes them. */
  rules: () => RecordingRules;
}

/** What a poll of a target has found and is to be recorded. */
export interface PollRecord {
  watch: Watch;
  target: Target;
  /** Those that changed. */
  observations: readonly Observation[];
  /** What led to them, and when it was found. */
  comparisons: ReadonlyArray<{ comparison: Comparison; foundAt: Timestamp }>;
  /** There when the target has now been read whole for the first time: how many jobs that were. */
  baseline: { jobs: number } | null;
  /** What is usual for the target; see `Recorder.usualsFor`. */
  usuals: Usuals;
  /** What the one observation was made of; see `PollCommit`. */
  madeOf?: Observation;
}

/**
 * The one place where the watcher writes down what it has found or done, and the only one that tells of it. Each method gathers what
 * planning needs (routes, mutes, digests, what is usual), plans, and writes in one transaction of the store: it happens whole or not
 * at all.
 *
 * - A method that resolves has written. Only then are the log and the signals told: `audit:written`, `event:recorded` for each event,
 *   `deliveries:owed`, `delivery:recorded`. But for `deliveries:coming`, which comes before and promises nothing.
 * - A method that throws (a `StoreError`, or the reason of its abort signal) has told nobody, and written nothing unless the error
 *   `isInDoubt`: it may be called again by who looks first what is on record.
 * - Mutes, routes and digests are looked up at the write, so what is added while a poll runs counts.
 *
 * Later parts hook in here. What must stand in the same transaction as a fact goes into the method that records the fact. Whoever only
 * wants to hear of it listens to the signals, which carry the whole event.
 */
export class Recorder {
  readonly #deps: RecorderDeps;
  readonly #shared: Shared;

  constructor(deps: RecorderDeps, shared: Shared = sharedFor(deps)) {
    this.#deps = deps;
    this.#shared = shared;
  }

  /** The same recorder, which writes under this lease: what it writes is refused, as a whole, once that is not ours any more. */
  under(lease: Lease): Recorder {
    return new Recorder({ ...this.#deps, store: this.#deps.store.under(lease) }, this.#shared);
  }

  /**
   * Looks up what is usual for a target, as far as these comparisons ask for it: only where a running job is told of. Once for each poll,
   * so that what it says of a job does not hang on what else was recorded before.
   */
  async usualsFor(target: Target, comparisons: PollRecord['comparisons']): Promise<Usuals> {
    if (!comparisons.some(({ comparison }) => asksForUsuals(comparison))) return new Map();
    return usualsFrom(await this.#deps.store.finishedDurations(targetKey(target), HISTORY_LIMIT));
  }

  /**
   * Records what a poll has found: observations, the events that follow from them, the deliveries owed, and the audit entries. Polls that
   * end in the same turn of the event loop are committed together, as far as that holds up nobody.
   * @param signal aborts a poll that may have been given up, and another one begun: nothing is written once it has.
   * @returns false when what it was made of is out of date: nothing was written.
   */
  async recordPoll(found: PollRecord, signal: AbortSignal): Promise<boolean> {
    const ended = await this.#shared.endOfTurn(found.observations.length);
    let isWritten = false;
    try {
      const isUpToDate = await this.#writePoll(found, signal);
      isWritten = true;
      return isUpToDate;
    } finally {
      ended(isWritten);
    }
  }

  /** So many jobs at most should be recorded at a time: more would hold up everything else for too long, on this machine. */
  get jobsAtATime(): number {
    return this.#shared.pace.jobs;
  }

  /**
   * Records an alert that begins or ends, with its event and what is owed for it. What is about a channel never goes through it.
   * @returns when it was recorded; what is raised is raised since then.
   */
  async recordAlert(alert: AlertRecord, change: AlertChange): Promise<Timestamp> {
    return this.recordAlerts({ alert, ...keysOf(change), audit: [] });
  }

  /** The same with what else is written along with it; without an alert, just that. */
  async recordAlerts({ alert, raise, clear, audit, drills }: AlertChanges): Promise<Timestamp> {
    const { store, clock } = this.#deps;
    const at = clock.now();
    const rules = this.#rules;
    const plan = alert && (await planAlert(alert, raise[0] ?? clear[0] ?? null, { store, rules, at }));
    const events = plan ? [plan.plannedEvent] : [];
    const entries = [...audit.map((draft) => ({ ...draft, at })), ...(plan?.audit ?? [])];
    const commit = { at, raise, clear, events, audit: entries, ...(drills ? { drills } : {}) };
    const written = this.#commitAlerts(commit);
    if (events.length + entries.length > 0) await this.#tellOnce(written, events);
    else await written;
    return at;
  }

  /** What is raised, by watch. Kept up to date with all that goes through the recorder. */
  get alerts(): Pick<AlertMemory, 'about' | 'forget'> {
    return this.#shared.alerts;
  }

  /** Records that something is raised or cleared since `at`, of which no event tells. */
  async recordAlertState(
    change: AlertChange,
    at: Timestamp,
    audit: readonly AuditDraft[] = [],
  ): Promise<void> {
    await this.#commitAlerts({ ...keysOf(change), at, events: [], audit });
    if (audit.length > 0) this.#tellAudit();
  }

  /** Records a sample, owed to those whom the routes would tell the real event; from there on it goes the way of every event. */
  async recordTestAlert(testAlert: TestAlert, watch: Watch): Promise<void> {
    const { store, clock } = this.#deps;
    const { routes, projectUrl } = this.#rules;
    const at = clock.now();
    const { plannedEvent, audit } = planTestAlert(testAlert, {
      watch,
      routes,
      projectUrl: projectUrl(watch, watch.groupId),
      now: at,
    });
    const written = store.commitAlerts({ at, raise: [], clear: [], events: [plannedEvent], audit });
    await this.#tellOnce(written, [plannedEvent]);
  }

  /** Records that the audit log was signed: once, and only where a route asks for that by its name. */
  async recordCheckpoint(made: MadeCheckpoint): Promise<void> {
    const event = checkpointEvent(made, this.#deps.clock.now());
    if (event !== null && this.#rules.routes.some((route) => takes(route, event)))
      await this.#recordOnce(event);
  }

  /** Records that the store has lost entries of the audit log, as this entry says: once. `origin`: the name of the log; `null`: it has none yet. */
  async recordRollback(entry: AuditEntry, origin: string | null): Promise<void> {
    await this.#recordOnce(rollbackEvent(entry, origin, this.#deps.clock.now()));
  }

  /**
   * Records the reminders that are due, `limit` at most.
   * @param visibilityOf what can be seen at present of what an event is about. Must ask nobody: it is called within the transaction.
   */
  async recordReminders(visibilityOf: (first: WatcherEvent) => Visibility, limit: number): Promise<void> {
    const { store, clock } = this.#deps;
    const { routes, nextDigest } = this.#rules;
    const now = clock.now();
    const planned = await store.remind({ at: now, limit }, ({ due, mutes }) =>
      planReminders(due, { routes, mutes, nextDigest, now, visibilityOf }),
    );
    if (planned.length > 0) this.#tell(planned);
  }

  /** Records how attempts of ours to deliver ended, and ends their leases. `owner` names this process in them. `isAgain`: see `Outbox.recordOutcomes`. */
  async recordAttempts(ends: readonly AttemptEnd[], owner: string, isAgain = false): Promise<void> {
    const { store, signals } = this.#deps;
    const outcomes = ends.map(({ outcome }) => outcome);
    const each = ends.flatMap(endsOf);
    await store.recordOutcomes(outcomes, each.flatMap(auditOfAttempt), owner, isAgain);
    this.#tellAudit();
    for (const end of each) announceAttempt(signals, end);
  }

  /**
   * Owes to a fallback what its channel has given up, or not accepted in time.
   * @returns how many events that are.
   */
  async recordFallback({ channel, fallback, afterMs }: Fallback): Promise<number> {
    const { store, clock, signals } = this.#deps;
    const at = clock.now();
    const owed = await store.oweFallbacks({ channel, fallback, notAcceptedSince: at - afterMs, at });
    if (owed.length === 0) return 0;
    this.#tellAudit();
    signals.emit('deliveries:owed', { channels: [fallback] });
    return owed.length;
  }

  /** Records audit entries that belong to no other change. None: nothing is written, and nobody told. */
  async recordAudit(...audit: readonly AuditDraft[]): Promise<void> {
    if (audit.length === 0) return;
    await this.#deps.store.recordAudit(audit);
    this.#tellAudit();
  }

  /** Records what was pruned since that was recorded last, once a day at most. */
  async recordPruned(): Promise<void> {
    const { store, clock } = this.#deps;
    if (await store.notePruned(clock.now())) this.#tellAudit();
  }

  /** Records that a witness has cosigned a checkpoint. */
  async recordCosigned(cosigned: Cosigned): Promise<void> {
    await this.#deps.store.noteCosigned(cosigned);
    this.#tellAudit();
    this.#deps.signals.emit('audit:cosigned', {});
  }

  /** Cuts off the first entries of the audit log; see `KeepingStore.cutAudit`. */
  async recordAuditCut(stub: AuditStub): Promise<boolean> {
    const isCut = await this.#deps.store.cutAudit(stub, this.#deps.clock.now());
    if (isCut) this.#tellAudit();
    return isCut;
  }

  /** Records how far activity feeds are relied on. `news`: those of which an auditor is to know. */
  async recordFeedTrust(all: readonly FeedTrust[], news: readonly FeedTrust[]): Promise<void> {
    const at = this.#deps.clock.now();
    await this.#deps.store.noteFeedTrust(
      all,
      news.map((each) => feedEntry(each, at)),
    );
    if (news.length > 0) this.#tellAudit();
  }

  /** What is raised after a write that was refused is in doubt, and is read anew. */
  async #commitAlerts(commit: AlertCommit): Promise<void> {
    try {
      await this.#deps.store.commitAlerts(commit);
    } catch (error) {
      this.#shared.alerts.forget();
      throw error;
    }
    this.#shared.alerts.note(commit);
  }

  get #rules(): RecordingRules {
    return this.#deps.rules();
  }

  async #writePoll(found: PollRecord, signal: AbortSignal): Promise<boolean> {
    const { store, clock } = this.#deps;
    const { watch, target, observations, comparisons, baseline, usuals, madeOf } = found;
    const at = clock.now();
    const rules = {
      ...this.#rules,
      mutes: await this.#mutesFor(found, at),
      mutesAt: at,
      usuals,
    };
    const projectUrl = rules.projectUrl(watch, target.groupId);
    const plans = comparisons.map(({ comparison, foundAt }) =>
      planComparison(comparison, { ...rules, target, labels: target.labels, projectUrl, now: foundAt }),
    );
    const events = plans.flatMap((plan) => plan.events);
    const audit = plans.flatMap((plan) => plan.audit);
    signal.throwIfAborted();
    const written = store.commitPoll({
      targetKey: targetKey(target),
      watch: watch.name,
      at,
      takesBaseline: baseline !== null,
      observations,
      ...(madeOf === undefined ? {} : { madeOf }),
      events,
      audit: baseline === null ? audit : [...audit, baselineEntry(target, at, baseline.jobs)],
    });
    return await this.#tellOnce(written, events);
  }

  /** Records an event about the audit log, which no mute keeps, unless it is on record. */
  async #recordOnce(event: WatcherEvent): Promise<void> {
    const { store } = this.#deps;
    if (await store.hasEvent(event.id)) return;
    const { routes, nextDigest } = this.#rules;
    const { plannedEvent, audit } = planEvent(event, { routes, mutes: [], nextDigest });
    const commit = { at: event.detectedAt, raise: [], clear: [], events: [plannedEvent], audit };
    await this.#tellOnce(store.commitAlerts(commit), [plannedEvent]);
  }

  #tellAudit(): void {
    this.#deps.signals.emit('audit:written', {});
  }

  /** Tells of events when they are written. Whoever will send them hears at once: what is claimed while it is written is committed with it. */
  async #tellOnce(written: Promise<unknown>, events: readonly PlannedEvent[]): Promise<boolean> {
    announceComing(this.#deps.signals, events);
    if ((await written) === false) return false;
    this.#tell(events);
    return true;
  }

  #tell(events: readonly PlannedEvent[]): void {
    const { logger, signals } = this.#deps;
    this.#tellAudit();
    for (const event of events) logEvent(logger, event);
    announceEvents(signals, events);
  }

  /** Asked for only when something was found: an idle poll costs no question. People mute by the clock of this machine. */
  async #mutesFor({ comparisons }: PollRecord, at: Timestamp): Promise<readonly Mute[]> {
    return comparisons.length > 0 ? await this.#deps.store.listMutes({ inForceAt: at }) : [];
  }
}
