import type { Clock } from '../clock.ts';
import type { AuditDraft } from '../domain/audit.ts';
import { toError } from '../errors.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { Membership } from '../store/ports/leases.ts';
import type { KeepSigning } from './chores.ts';
import { type Leases, leasesAlone } from './leases/leases.ts';
import { SharedLeases } from './leases/shared-leases.ts';
import { Recorder } from './record/recorder.ts';
import type { RecordingRules } from './record/rules.ts';
import { type ClockSteps, createClockSteps } from './schedule/clock-steps.ts';
import { type Pace, USUAL_PACE } from './schedule/pace.ts';
import { createPulse, type Pulse } from './schedule/pulse.ts';
import { SharedEstate } from './share/shared-estate.ts';
import type { PollNow, WatcherStatus } from './status.ts';
import { createStoreGuard, type StoreGuard } from './store-guard.ts';
import type { WatcherStore } from './watcher-store.ts';
import { type WorkConfig, Workers } from './workers.ts';

/** What the configuration decides. A reload gives another one. */
export interface RunnerConfig extends WorkConfig, RecordingRules {
  /** Written to the audit log when the configuration comes into force. */
  configEntry: AuditDraft['data'];
}

/** What a runner works with, and the configuration that it begins with. */
export interface RunnerDeps extends RunnerConfig {
  store: WatcherStore;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  /** In [0, 1). */
  random: () => number;
  /** What this process has joined. */
  membership: Membership;
  version: string;
  pace?: Readonly<Pace>;
  /** How the keeper signs the audit log. Left out or `null`: somebody else does. */
  signing?: KeepSigning | null;
}

/** The daemon's life: `starting` → `running` → `stopping` → `stopped`. */
export interface Runner {
  /** Watches and delivers until `stop`. This process must have joined the store (`join`). Resolves once everything is under way. */
  start(): Promise<void>;
  /**
   * Writes another configuration to the audit log and works by it from the next tick on. What it leaves as it was goes on undisturbed.
   * @param applyParts puts the new sources and notifiers in place, in the same instant, and returns the function that closes the old
   *   ones. That function is called when the polls and sends that use the old ones have ended.
   * @returns `drained`, which resolves when the old parts are closed.
   * @throws {StoreError} and then the configuration before stays in force, as it does when the watcher is stopping.
   */
  apply(config: RunnerConfig, applyParts: () => () => Promise<void>): Promise<{ drained: Promise<void> }>;
  /** Polls a watch at once, whatever its schedule and back-off say; `null`: it is not configured, or is about to begin anew. */
  pollSoon(watch: string): PollNow | null;
  /** Writes to the audit log that a configuration was refused, and why. @throws {StoreError} */
  recordRejected(data: AuditDraft['data']): Promise<void>;
  /** Stops polling, finishes what is in hand, and records the end. May be called twice or at once: the same promise. */
  stop(reason: string): Promise<void>;
  status(): WatcherStatus;
}

/** Creates the runner, which owns every loop and timer of the watcher and knows no adapter. Nothing works before its start. */
export function createRunner(deps: RunnerDeps): Runner {
  const life = new Life(deps);
  return {
    start: () => life.start(),
    apply: (config, applyParts) => life.apply(config, applyParts),
    pollSoon: (watch) => life.pollSoon(watch),
    recordRejected: (data) => life.note('config.rejected', data),
    stop: (reason) => life.stop(reason),
    status: () => life.status(),
  };
}

class Life {
  readonly #deps: RunnerDeps;
  readonly #pace: Readonly<Pace>;
  readonly #guard: StoreGuard<WatcherStore>;
  readonly #steps: ClockSteps;
  readonly #recorder: Recorder;
  readonly #leases: Leases;
  readonly #workers: Workers;
  readonly #pulse: Pulse;
  readonly #startedAt: number;
  #config: RunnerConfig;
  #state: WatcherStatus['state'] = 'starting';
  #heartbeat: NodeJS.Timeout | null = null;
  readonly #started = Promise.withResolvers<void>();
  #stopping: Promise<void> | null = null;

  constructor(deps: RunnerDeps) {
    const { clock, logger, pace = USUAL_PACE } = deps;
    this.#deps = deps;
    this.#pace = pace;
    this.#config = deps;
    this.#startedAt = clock.now();
    this.#pulse = createPulse(clock, pace.lateAfterMs);
    const faultLog = createFaultLog(logger, clock);
    this.#guard = createStoreGuard(deps.store, { clock, faultLog });
    const { store } = this.#guard;
    const { membership } = deps;
    this.#leases =
      membership.kind === 'alone' ? leasesAlone() : new SharedLeases({ membership, clock, logger, faultLog });
    const estate =
      membership.kind === 'alone' ? null : new SharedEstate({ membership, leases: this.#leases, faultLog });
    this.#recorder = new Recorder({ ...deps, store, rules: () => this.#config });
    const onMoved = (): void => this.#recorder.alerts.forget();
    this.#steps = createClockSteps({ store, clock, logger, onMoved, scope: () => this.#workers.spans() });
    const { lookEveryMs } = pace;
    this.#workers = new Workers({
      ...deps,
      store,
      recorder: this.#recorder,
      owner: deps.membership.replica,
      leases: this.#leases,
      estate,
      faultLog,
      lookEveryMs,
      isStoreFailing: () => this.#guard.fault() !== null,
      steps: this.#steps,
    });
  }

  async start(): Promise<void> {
    const { version } = this.#deps;
    await this.#steps.begin();
    await this.note('daemon.started', { version, pid: process.pid, node: process.version });
    await this.note('config.loaded', this.#config.configEntry);
    await this.#workers.begin();
    this.#deps.signals.on('store:rolled_back', () => this.#leases.beginAnew());
    this.#deps.signals.on('leases:given_up', () => void this.#leases.look());
    await this.#workers.apply(this.#config);
    this.#heartbeat = setInterval(() => this.#beat(), this.#pace.beatEveryMs);
    this.#state = 'running';
    this.#started.resolve();
  }

  async apply(
    config: RunnerConfig,
    applyParts: () => () => Promise<void>,
  ): Promise<{ drained: Promise<void> }> {
    // One that comes while the start is under way would be followed by the one that the start goes by.
    await this.#started.promise;
    this.#refuseIfStopping();
    await this.note('config.loaded', config.configEntry);
    this.#refuseIfStopping();
    const closeOldParts = applyParts();
    this.#config = config;
    return { drained: this.#workers.apply(config).then(closeOldParts) };
  }

  pollSoon(watch: string): PollNow | null {
    return this.#stopping ? 'stopped' : this.#workers.pollSoon(watch);
  }

  note(kind: AuditDraft['kind'], data: AuditDraft['data']): Promise<void> {
    return this.#recorder.recordAudit({ at: this.#deps.clock.now(), kind, data });
  }

  stop(reason: string): Promise<void> {
    this.#stopping ??= this.#stop(reason);
    return this.#stopping;
  }

  status(): WatcherStatus {
    return {
      state: this.#state,
      startedAt: this.#startedAt,
      sinceHeartbeatMs: this.#pulse.sinceMs(),
      ...this.#workers.status(),
      storeFault: this.#guard.fault(),
    };
  }

  #refuseIfStopping(): void {
    if (this.#stopping) throw new Error('the watcher is stopping');
  }

  #beat(): void {
    // Whoever looks at what is due waits for this as well, and tells of a store that fails.
    this.#steps.settle().catch(() => undefined);
    const stoodStillForMs = this.#pulse.beat();
    if (stoodStillForMs > 0) {
      // Answers may lie ready that nobody has looked at yet: what is overdue is judged at the next beat.
      this.#deps.logger.warn('The process stood still', { forMs: Math.round(stoodStillForMs) });
      this.#workers.stoodStill(stoodStillForMs);
      return;
    }
    this.#workers.beat();
    this.#guard.beat();
  }

  async #stop(reason: string): Promise<void> {
    this.#state = 'stopping';
    this.#started.resolve();
    if (this.#heartbeat) clearInterval(this.#heartbeat);
    await Promise.all([this.#leases.leave(), this.#workers.stop()]);
    await this.note('daemon.stopped', { reason }).catch((error: unknown) => {
      this.#deps.logger.error('The stop could not be written to the audit log', { err: toError(error) });
    });
    this.#state = 'stopped';
  }
}
