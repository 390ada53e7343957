import type { Fallback } from '../domain/telling/fallback.ts';
import { createFallbacks, type FallbackDeps, type Fallbacks } from './deliver/fallbacks.ts';
import { type Configured, createDepartures, type Departures, type DeparturesDeps } from './departures.ts';
import {
  type CheckpointCopies,
  type CheckpointCopiesDeps,
  createCheckpointCopies,
} from './keep/checkpoint-copies.ts';
import { createKeeper, type Keeper, type KeeperDeps } from './keep/keeper.ts';
import { createReminders, type ReminderDeps, type Reminders } from './remind/reminders.ts';
import {
  createTestAlerts,
  type TestAlertConfig,
  type TestAlertDeps,
  type TestAlerts,
} from './remind/test-alert.ts';

/** What the configuration decides of the chores. */
export interface ChoreConfig extends TestAlertConfig {
  fallbacks: readonly Fallback[];
  configured: Configured;
  /** For how many milliseconds what is over stays on record; `null`: for ever. */
  keepMs: number | null;
}

/** What the chores are done with. */
export type ChoreDeps = FallbackDeps &
  TestAlertDeps &
  DeparturesDeps &
  ReminderDeps &
  KeeperDeps &
  CheckpointCopiesDeps;

/**
 * Does what is to be done once for all watches and channels: reminders, fallbacks, test alerts, closing what has left the
 * configuration, pruning what is old, and telling of checkpoints. Does nothing before a configuration is applied.
 */
export class Chores {
  readonly #fallbacks: Fallbacks;
  readonly #testAlerts: TestAlerts;
  readonly #departures: Departures;
  readonly #reminders: Reminders;
  readonly #keeper: Keeper;
  readonly #copies: CheckpointCopies;

  constructor(deps: ChoreDeps) {
    this.#fallbacks = createFallbacks(deps);
    this.#testAlerts = createTestAlerts(deps);
    this.#departures = createDepartures(deps);
    this.#reminders = createReminders(deps);
    this.#keeper = createKeeper(deps);
    this.#copies = createCheckpointCopies(deps);
  }

  /** Goes by this configuration from now on. */
  apply(config: ChoreConfig): void {
    this.#fallbacks.apply(config.fallbacks);
    this.#testAlerts.apply(config);
    this.#departures.apply(config.configured);
    this.#keeper.apply(config.keepMs);
    this.#copies.apply();
  }

  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void {
    this.#fallbacks.beat();
    this.#testAlerts.beat();
    this.#departures.beat();
    this.#reminders.beat();
    this.#keeper.beat();
    this.#copies.beat();
  }

  /** Begins nothing any more, and lets what is in hand end. */
  async stop(): Promise<void> {
    await Promise.all([
      this.#testAlerts.stop(),
      this.#departures.stop(),
      this.#reminders.stop(),
      this.#keeper.stop(),
      this.#copies.stop(),
      this.#fallbacks.stop(),
    ]);
  }
}
