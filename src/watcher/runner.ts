import type { Notifier } from '../channels/notifier.ts';
import type { Clock } from '../clock.ts';
import type { AuditDraft } from '../domain/audit.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { NextDigest, Route } from '../domain/telling/routing.ts';
import { toError } from '../errors.ts';
import { createFaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { AlertStore } from '../store/ports/alerts.ts';
import type { AuditRecorder } from '../store/ports/audit.ts';
import type { JobStore } from '../store/ports/jobs.ts';
import type { StoreProbe } from '../store/ports/life.ts';
import type { MuteReader } from '../store/ports/mutes.ts';
import type { Outbox } from '../store/ports/outbox.ts';
import { createChannelAlerts } from './deliver/channel-alerts.ts';
import { createChannelSet } from './deliver/channel-set.ts';
import { createFallbacks } from './deliver/fallbacks.ts';
import { createReminders } from './remind/reminders.ts';
import { createTestAlerts, type TestAlertConfig } from './remind/test-alert.ts';
import { createSight } from './remind/visibility.ts';
import { type Pace, USUAL_PACE } from './schedule/pace.ts';
import { createPulse } from './schedule/pulse.ts';
import type { WatcherStatus } from './status.ts';
import { createStoreGuard } from './store-guard.ts';
import { createWatchSet, type WatchConfig } from './watch/set.ts';

/** What the configuration decides. A reload gives another one. */
export interface RunnerConfig extends WatchConfig, TestAlertConfig {
  routes: readonly Route[];
  nextDigest: NextDigest;
  /** One for each channel. */
  notifiers: readonly Notifier[];
  fallbacks: readonly Fallback[];
  /** Written to the audit log when the configuration comes into force. */
  configEntry: AuditDraft['data'];
}

/** What the watcher asks of the store. It lists nothing, and neither mutes nor redrives: that is for people. */
export type WatcherStore = JobStore & Outbox & AlertStore & AuditRecorder & MuteReader & StoreProbe;

export interface RunnerDeps extends RunnerConfig {
  store: WatcherStore;
  clock: Clock;
  logger: Logger;
  signals: Signals;
  /** In [0, 1). */
  random: () => number;
  /** Names this process in leases. */
  owner: string;
  version: string;
  pace?: Readonly<Pace>;
}

export interface Runner {
  /** Watches and delivers until `stop`. The store must have been claimed (`claimDaemon`). Resolves once everything is under way. */
  start(): Promise<void>;
  /**
   * Writes another configuration to the audit log and works by it from the next tick on. What it leaves as it was goes on undisturbed.
   * @param applyParts puts the new sources and notifiers in place, in the same instant, and returns the function that closes the old
   *   ones. That function is called when the polls and sends that use the old ones have ended.
   * @returns `drained`, which resolves when the old parts are closed.
   * @throws {StoreError} and then the configuration before stays in force.
   */
  apply(config: RunnerConfig, applyParts: () => () => Promise<void>): Promise<{ drained: Promise<void> }>;
  /** Stops polling, finishes what is in hand, and records the end. May be called twice or at once: the same promise. */
  stop(reason: string): Promise<void>;
  status(): WatcherStatus;
}

/**
 * The daemon's life: `starting` → `running` → `stopping` → `stopped`. Owns every loop and timer of the watcher; knows no adapter.
 */
export function createRunner(deps: RunnerDeps): Runner {
  const { clock, logger, signals, pace = USUAL_PACE } = deps;
  const faultLog = createFaultLog(logger, clock);
  const guard = createStoreGuard(deps.store, { clock, faultLog });
  const { store } = guard;
  const startedAt = clock.now();
  let config: RunnerConfig = deps;
  let state: WatcherStatus['state'] = 'starting';
  const pulse = createPulse(clock, pace.lateAfterMs);
  let heartbeat: NodeJS.Timeout | null = null;
  let stopping: Promise<void> | null = null;
  const unsubscribe: Array<() => void> = [];

  const shared = {
    ...deps,
    lookEveryMs: pace.lookEveryMs,
    store,
    faultLog,
    routes: () => config.routes,
    nextDigest: (channel: string) => config.nextDigest(channel),
  };
  const watches = createWatchSet(shared);
  const channels = createChannelSet(shared);
  const channelAlerts = createChannelAlerts(shared);
  const fallbacks = createFallbacks(shared);
  const testAlerts = createTestAlerts(shared);
  const reminders = createReminders({
    ...shared,
    sightOf: createSight({ ...watches, watches: () => config.watches, channels: channelAlerts.status }),
  });

  const beat = (): void => {
    const stoodStillForMs = pulse.beat();
    if (stoodStillForMs > 0) {
      // Answers may lie ready that nobody has looked at yet: what is overdue is judged at the next beat.
      logger.warn('The process stood still', { forMs: Math.round(stoodStillForMs) });
      watches.stoodStill(stoodStillForMs);
      return;
    }
    watches.beat();
    channelAlerts.beat();
    fallbacks.beat();
    testAlerts.beat();
    reminders.beat();
    guard.beat();
  };

  const listen = (): void => {
    unsubscribe.push(signals.on('deliveries:owed', (owed) => channels.wake(owed.channels)));
  };

  /** All of it in one instant: nothing ever works by half of a configuration. */
  const applyConfig = (next: RunnerConfig): Promise<void> => {
    config = next;
    channelAlerts.apply(next.notifiers.map(({ channel }) => channel));
    fallbacks.apply(next.fallbacks);
    testAlerts.apply(next);
    return Promise.all([channels.apply(next.notifiers), watches.apply(next)]).then(() => undefined);
  };

  const start = async (): Promise<void> => {
    await note('daemon.started', { version: deps.version, pid: process.pid, node: process.version });
    await note('config.loaded', config.configEntry);
    await channelAlerts.begin();
    listen();
    await applyConfig(config);
    heartbeat = setInterval(beat, pace.beatEveryMs);
    state = 'running';
  };

  const note = async (kind: AuditDraft['kind'], data: AuditDraft['data']): Promise<void> => {
    await store.recordAudit([{ at: clock.now(), kind, data }]);
    signals.emit('audit:written', {});
  };

  const stop = async (reason: string): Promise<void> => {
    state = 'stopping';
    if (heartbeat) clearInterval(heartbeat);
    await Promise.all([watches.stop(), channels.stop(), testAlerts.stop(), reminders.stop()]);
    for (const end of unsubscribe) end();
    channelAlerts.end();
    await fallbacks.stop();
    await note('daemon.stopped', { reason }).catch((error: unknown) => {
      logger.error('The stop could not be written to the audit log', { err: toError(error) });
    });
    state = 'stopped';
  };

  return {
    start,
    apply: async (next, applyParts) => {
      await note('config.loaded', next.configEntry);
      const closeOldParts = applyParts();
      return { drained: applyConfig(next).then(closeOldParts) };
    },
    stop: (reason) => {
      stopping ??= stop(reason);
      return stopping;
    },
    status: () => ({
      state,
      startedAt,
      sinceHeartbeatMs: pulse.sinceMs(),
      watches: watches.status(),
      channels: channelAlerts.status(),
      storeFault: guard.fault(),
    }),
  };
}
