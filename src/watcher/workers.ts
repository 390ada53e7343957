import type { Notifier } from '../channels/notifier.ts';
import type { Clock } from '../clock.ts';
import type { Timestamp } from '../domain/instant.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { AlertStore } from '../store/ports/alerts.ts';
import type { FeedStore } from '../store/ports/feeds.ts';
import type { JobStore } from '../store/ports/jobs.ts';
import type { KeepingStore } from '../store/ports/keeping.ts';
import type { Outbox } from '../store/ports/outbox.ts';
import { type ChannelAlerts, createChannelAlerts } from './deliver/channel-alerts.ts';
import { type ChannelSet, createChannelSet } from './deliver/channel-set.ts';
import { createFallbacks, type Fallbacks } from './deliver/fallbacks.ts';
import { createDepartures, type Departures } from './departures.ts';
import { createKeeper, type Keeper } from './keep/keeper.ts';
import type { Recorder } from './record/recorder.ts';
import { createReminders, type Reminders } from './remind/reminders.ts';
import { createTestAlerts, type TestAlertConfig, type TestAlerts } from './remind/test-alert.ts';
import { createVisibility } from './remind/visibility.ts';
import type { ClockSteps } from './schedule/clock-steps.ts';
import type { PollNow, WatcherStatus } from './status.ts';
import { createWatchSet, type WatchConfig, type WatchSet } from './watch/set.ts';
import { createSuccesses, type Successes } from './watch/successes.ts';

/** What the configuration decides of the work. */
export interface WorkConfig extends WatchConfig, TestAlertConfig {
  /** One for each channel. */
  notifiers: readonly Notifier[];
  fallbacks: readonly Fallback[];
  /** For how many milliseconds what is over stays on record; `null`: for ever. */
  keepMs: number | null;
}

/** What the workers work with. */
export interface WorkerDeps {
  store: JobStore & Outbox & AlertStore & FeedStore & Pick<KeepingStore, 'prune'>;
  recorder: Recorder;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /** In [0, 1). */
  random: () => number;
  /** Names this process in leases. */
  owner: string;
  /** See `Pace`. */
  lookEveryMs: number;
  steps: ClockSteps;
}

/** Everything that works while the watcher runs: watches, channels, and what looks after both. It keeps no timer for its own beat. */
export class Workers {
  readonly #watches: WatchSet;
  readonly #successes: Successes;
  readonly #channels: ChannelSet;
  readonly #channelAlerts: ChannelAlerts;
  readonly #fallbacks: Fallbacks;
  readonly #testAlerts: TestAlerts;
  readonly #reminders: Reminders;
  readonly #departures: Departures;
  readonly #keeper: Keeper;
  readonly #clock: Clock;
  #config: Pick<WorkConfig, 'watches'> = { watches: [] };

  constructor(deps: WorkerDeps) {
    this.#clock = deps.clock;
    this.#successes = createSuccesses(deps);
    this.#watches = createWatchSet(deps);
    this.#channels = createChannelSet(deps);
    this.#channelAlerts = createChannelAlerts(deps);
    this.#fallbacks = createFallbacks(deps);
    this.#testAlerts = createTestAlerts(deps);
    this.#departures = createDepartures({
      ...deps,
      isRunning: (watch) => this.#watches.isRunning(watch),
      onChannelClosed: (channel) => this.#channelAlerts.forget(channel),
    });
    this.#keeper = createKeeper({ ...deps, surelyNow: () => this.#surelyNow() });
    this.#reminders = createReminders({
      ...deps,
      visibilityOf: createVisibility({
        watches: () => this.#config.watches,
        loopOf: (watch) => this.#watches.loopOf(watch),
        channels: () => this.#channelAlerts.status(),
      }),
    });
  }

  /** Loads what was told before. To be called once, before a configuration is applied. */
  begin(): Promise<void> {
    return this.#channelAlerts.begin();
  }

  /**
   * Works by this configuration from now on, all of it in the same instant: nothing ever works by half of one. Resolves when the
   * polls and sends that go by the one before have ended.
   */
  async apply(config: WorkConfig): Promise<void> {
    this.#config = config;
    this.#channelAlerts.apply(config.notifiers.map(({ channel }) => channel));
    this.#fallbacks.apply(config.fallbacks);
    this.#testAlerts.apply(config);
    this.#keeper.apply(config.keepMs);
    this.#departures.apply({
      watches: config.watches.map(({ name }) => name),
      channels: config.notifiers.map(({ channel }) => channel),
    });
    await Promise.all([this.#channels.apply(config.notifiers), this.#watches.apply(config)]);
  }

  /** See `WatchSet.pollSoon`. */
  pollSoon(watch: string): PollNow | null {
    return this.#watches.pollSoon(watch);
  }

  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void {
    this.#watches.beat();
    this.#successes.beat();
    this.#channels.beat();
    this.#channelAlerts.beat();
    this.#fallbacks.beat();
    this.#testAlerts.beat();
    this.#departures.beat();
    this.#reminders.beat();
    this.#keeper.beat();
  }

  /** The process did nothing for so long. */
  stoodStill(forMs: number): void {
    this.#watches.stoodStill(forMs);
  }

  /** Stops polling and claiming, and lets what is in hand end. */
  async stop(): Promise<void> {
    const sending = [
      this.#channels.stop(),
      this.#testAlerts.stop(),
      this.#departures.stop(),
      this.#reminders.stop(),
      this.#keeper.stop(),
    ];
    await Promise.all([this.#watches.stop(), ...sending]);
    await this.#successes.stop();
    this.#channelAlerts.end();
    await this.#fallbacks.stop();
  }

  /** By our clock, or the earliest that a watch has heard of Atlas; `null` while no watch has been polled with success. */
  #surelyNow(): Timestamp | null {
    const loops = this.#config.watches.flatMap(({ name }) => this.#watches.loopOf(name) ?? []);
    const ahead = loops.flatMap((loop) => (loop.status().lastSuccessAt === null ? [] : loop.surelyAheadMs()));
    return ahead.length === 0 ? null : this.#clock.now() + Math.min(0, ...ahead);
  }

  status(): Pick<WatcherStatus, 'watches' | 'channels'> {
    const channels = this.#channelAlerts
      .status()
      .map((status) => ({ ...status, waitsForMs: this.#channels.waitsForMs(status.channel) }));
    return { watches: this.#watches.status(), channels };
  }
}
