import { randomUUID } from 'node:crypto';
import type { Notifier } from '../channels/notifier.ts';
import type { Clock } from '../clock.ts';
import type { Drill } from '../domain/drills/drill.ts';
import type { Timestamp } from '../domain/instant.ts';
import { isOfAllProjects } from '../domain/job/watch.ts';
import {
  channelOfUnit,
  channelUnit,
  discoveryUnit,
  KEEPER_UNIT,
  projectUnit,
} from '../domain/replicas/unit.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { FaultLog } from '../logging/fault-log.ts';
import type { Logger } from '../logging/logger.ts';
import type { Signals } from '../signals.ts';
import type { Witness } from '../witness/witness.ts';
import { Chores, type KeepSigning } from './chores.ts';
import { CoverageBook } from './coverage/coverage-book.ts';
import { type ChannelAlerts, createChannelAlerts } from './deliver/channel-alerts.ts';
import { type ChannelSet, createChannelSet } from './deliver/channel-set.ts';
import { type Hold, type Leases, underHold } from './leases/leases.ts';
import { unitOfWatch, unitsOf } from './leases/units.ts';
import { type Haste, Reconciler } from './reconciler.ts';
import type { Recorder } from './record/recorder.ts';
import { createElsewhere, type ElsewhereDeps } from './remind/elsewhere.ts';
import type { TestAlertConfig } from './remind/test-alert.ts';
import { createVisibility } from './remind/visibility.ts';
import type { ClockSteps, OwnSpans } from './schedule/clock-steps.ts';
import type { SharedEstate } from './share/shared-estate.ts';
import type { PollNow, WatcherStatus } from './status.ts';
import { createWatchSet, type WatchConfig, type WatchSet } from './watch/set.ts';
import { createSuccesses, type Successes } from './watch/successes.ts';
import type { WatcherStore } from './watcher-store.ts';

/** What the configuration decides of the work. */
export interface WorkConfig extends WatchConfig, TestAlertConfig {
  /** One for each channel. */
  notifiers: readonly Notifier[];
  fallbacks: readonly Fallback[];
  drills: readonly Drill[];
  /** For how many milliseconds what is over stays on record; `null`: for ever. */
  keepMs: number | null;
  /** See `ChoreConfig`. */
  auditKeepMs?: number | null;
  /** See `ChoreConfig`. */
  witnesses?: readonly Witness[];
  /** Stands for the whole configuration: replicas that go by another one share no work with this. */
  configuration: string;
}

/** What the workers work with. */
export interface WorkerDeps {
  store: WatcherStore;
  recorder: Recorder;
  leases: Leases;
  /** What watches of all projects have found; `null`: nobody else can have a part of one. */
  estate: SharedEstate | null;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /** In [0, 1). */
  random: () => number;
  /** Names this process in leases. */
  owner: string;
  /** What is found cannot be written down at present. */
  isStoreFailing: () => boolean;
  /** See `Pace`. */
  lookEveryMs: number;
  steps: ClockSteps;
  signing?: KeepSigning | null;
}

const NOTHING: WorkConfig = {
  watches: [],
  sources: new Map(),
  notifiers: [],
  fallbacks: [],
  drills: [],
  testAlert: null,
  keepMs: null,
  configuration: '',
};

/**
 * Everything that works while the watcher runs: watches, channels, and what looks after both; each as far as the lease on it is ours. It
 * keeps no timer for its own beat.
 */
export class Workers {
  readonly #deps: WorkerDeps;
  readonly #watches: WatchSet;
  readonly #successes: Successes;
  readonly #coverage: CoverageBook;
  readonly #channels: ChannelSet;
  readonly #channelAlerts: ChannelAlerts;
  readonly #chores: Reconciler<Hold, Chores>;
  #config = NOTHING;

  constructor(deps: WorkerDeps) {
    const { clock, faultLog } = deps;
    this.#deps = deps;
    this.#successes = createSuccesses(deps);
    this.#coverage = new CoverageBook({
      ...deps,
      writer: randomUUID(),
      sights: () => this.#watches.sights(),
    });
    this.#watches = createWatchSet({ ...deps, coverage: this.#coverage });
    this.#channels = createChannelSet(deps);
    this.#channelAlerts = createChannelAlerts(deps);
    this.#chores = new Reconciler({
      clock,
      faultLog,
      noun: 'chores',
      isSame: (running, wanted) => running === wanted,
      start: (hold) => this.#choresUnder(hold),
      stop: (chores) => chores.stop(),
      onStarted: (begun) => this.#configure(begun),
    });
  }

  /** Loads what was told before, and begins to follow the leases. To be called once, before a configuration is applied. */
  async begin(): Promise<void> {
    await this.#channelAlerts.begin();
    this.#deps.estate?.follow(() => {
      this.#want();
      this.#watches.follow('change');
    });
    this.#deps.leases.begin({
      onChange: (how) => this.#follow(how === 'lost' ? 'lost' : 'change'),
      ended: (unit) => this.#ended(unit),
    });
  }

  /**
   * Works by this configuration from now on, all of it in the same instant: nothing ever works by half of one. Resolves when the
   * polls and sends that go by the one before have ended.
   */
  async apply(config: WorkConfig): Promise<void> {
    this.#config = config;
    this.#deps.estate?.apply(config.watches);
    this.#want();
    this.#channelAlerts.apply(this.#channelsOfOurs());
    this.#configure(this.#chores.actors());
    const keeping = this.#chores.apply(this.#keeping());
    await Promise.all([keeping, this.#channels.apply(config.notifiers), this.#watches.apply(config)]);
  }

  /** See `WatchSet.pollSoon`. */
  pollSoon(watch: string): PollNow | null {
    return this.#watches.pollSoon(watch);
  }

  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void {
    void this.#deps.estate?.look();
    this.#watches.beat();
    this.#successes.beat();
    this.#coverage.beat();
    this.#channels.beat();
    this.#channelAlerts.beat();
    for (const chores of this.#chores.actors()) chores.beat();
  }

  /** The process did nothing for so long. */
  stoodStill(forMs: number): void {
    this.#watches.stoodStill(forMs);
    this.#coverage.stoodStill(forMs);
  }

  /** Stops polling and claiming, and lets what is in hand end. */
  async stop(): Promise<void> {
    this.#coverage.stopping();
    await Promise.all([this.#watches.stop(), this.#channels.stop()]);
    await Promise.all([this.#successes.stop(), this.#coverage.stop()]);
    this.#channelAlerts.end();
    // What the last sends have given up is owed to the fallback at once; of several replicas another one sees to that by now.
    await this.#chores.stop();
  }

  status(): Pick<WatcherStatus, 'watches' | 'channels' | 'replicas'> {
    const { leases } = this.#deps;
    const known = new Map(this.#channelAlerts.status().map((status) => [status.channel, status]));
    const channels = this.#config.notifiers.map(({ channel }) => {
      const unit = channelUnit(channel);
      const owner = leases.holdOf(unit) === null ? leases.ownerOf(unit) : null;
      const waitsForMs = this.#channels.waitsForMs(channel);
      return {
        channel,
        failing: known.get(channel)?.failing ?? null,
        waitsForMs,
        sentBy: owner?.name ?? null,
      };
    });
    return { watches: this.#watches.status(), channels, replicas: leases.status() };
  }

  /**
   * By our clock, or the earliest that a watch has heard of Atlas. Where other replicas poll, by that of the store. `null` while no watch has
   * been polled with success.
   */
  #surelyNow(): Timestamp | null {
    const loops = this.#config.watches.flatMap(({ name }) => this.#watches.loopOf(name) ?? []);
    const ahead = loops.flatMap((loop) => (loop.status().lastSuccessAt === null ? [] : loop.surelyAheadMs()));
    const now = this.#deps.clock.now();
    if (ahead.length > 0) return now + Math.min(0, ...ahead);
    const status = this.#deps.leases.status();
    const self = status?.replicas.find(({ id }) => id === status.me);
    return self ? Math.min(now, self.until) : null;
  }

  /** Asks for what the configuration comes to. */
  #want(): void {
    const { watches, notifiers, configuration } = this.#config;
    const channels = notifiers.map(({ channel }) => channel);
    this.#deps.leases.want(
      unitsOf({ watches, channels, found: this.#deps.estate?.units() ?? [] }),
      configuration,
    );
  }

  /** What is counted by this process's clock; `null`: everything, since it has the store alone. */
  spans(): OwnSpans | null {
    const { leases } = this.#deps;
    if (leases.status() === null) return null;
    const channels = this.#channelsOfOurs();
    const polled = new Set(
      this.#watches.status().flatMap(({ watch, polledBy }) => (polledBy === null ? [watch] : [])),
    );
    // Of a watch that several share, the clock of who tells of all of it counts.
    const told = this.#config.watches.filter(
      (watch) => polled.has(watch.name) && leases.holdOf(unitOfWatch(watch)) !== null,
    );
    const units = [...new Set([KEEPER_UNIT, ...channels.map(channelUnit), ...told.map(unitOfWatch)])];
    return {
      of: { channels, watches: told.map(({ name }) => name), reminders: leases.holdOf(KEEPER_UNIT) !== null },
      leases: units.flatMap((unit) => leases.holdOf(unit)?.lease ?? []),
    };
  }

  /** What is ours has changed: another may have written about it since it was read. */
  #follow(haste: Haste): void {
    this.#deps.recorder.alerts.forget();
    this.#channelAlerts.follow(this.#channelsOfOurs());
    void this.#chores.apply(this.#keeping(), haste);
    this.#channels.follow(haste);
    this.#watches.follow(haste);
  }

  async #ended(unit: string): Promise<void> {
    if (unit === KEEPER_UNIT) return this.#chores.ended(unit);
    const channel = channelOfUnit(unit);
    return channel === null ? this.#watches.ended(unit) : this.#channels.ended(channel);
  }

  #keeping(): Map<string, Hold> {
    const hold = this.#deps.leases.holdOf(KEEPER_UNIT);
    return new Map(hold ? [[KEEPER_UNIT, hold]] : []);
  }

  #channelsOfOurs(): string[] {
    return this.#config.notifiers
      .map(({ channel }) => channel)
      .filter((channel) => this.#deps.leases.holdOf(channelUnit(channel)) !== null);
  }

  #configure(all: readonly Chores[]): void {
    const { watches, notifiers } = this.#config;
    const configured = {
      watches: watches.map(({ name }) => name),
      channels: notifiers.map(({ channel }) => channel),
    };
    for (const chores of all) chores.apply({ ...this.#config, configured });
  }

  #choresUnder(hold: Hold): Chores {
    const { store, recorder, clock, leases } = this.#deps;
    const partElsewhere: ElsewhereDeps['partElsewhere'] = (watch, groupId) =>
      this.#partElsewhere(watch, groupId);
    const elsewhere = createElsewhere({ store, clock, status: () => this.status(), partElsewhere });
    return new Chores({
      ...this.#deps,
      store: underHold(store, hold),
      recorder: underHold(recorder, hold),
      isRunning: (watch) => this.#watches.isRunning(watch),
      surelyNow: () => this.#surelyNow(),
      onChannelClosed: (channel) => this.#channelAlerts.forget(channel),
      areAgreed: () => new Set(leases.status()?.replicas.map(({ configuration }) => configuration)).size < 2,
      prepareVisibility: elsewhere.prepare,
      visibilityOf: createVisibility({
        elsewhere,
        watches: () => this.#config.watches,
        loopOf: (watch) => this.#watches.loopOf(watch),
        channels: () => this.#channelAlerts.status(),
      }),
    });
  }

  /** How another replica gets on with a project of a watch that is shared (`null`: with all of it); `null`: it is ours, or not shared. */
  #partElsewhere(name: string, groupId: string | null): { canRead: boolean } | null {
    const { estate, leases } = this.#deps;
    const watch = this.#config.watches.find((one) => one.name === name);
    if (estate === null || watch === undefined || !isOfAllProjects(watch)) return null;
    const { connection } = watch;
    const share = estate.shareOf(watch);
    const unit = groupId === null ? discoveryUnit(name) : projectUnit({ connection, groupId });
    if (leases.holdOf(unit) !== null) return null;
    if (groupId !== null && share.projects()?.has(groupId) === false) return null;
    const owner = leases.ownerOf(unit);
    const facts = share.others().find(({ replica }) => replica === owner?.id);
    return { canRead: facts !== undefined && facts.fault?.isBlind !== true };
  }
}
