import type { Drill } from '../domain/drills/drill.ts';
import type { Fallback } from '../domain/telling/fallback.ts';
import type { AuditRecorder, CheckpointStore } from '../store/ports/audit.ts';
import type { Witness } from '../witness/witness.ts';
import { createFallbacks, type FallbackDeps, type Fallbacks } from './deliver/fallbacks.ts';
import { type Configured, createDepartures, type Departures, type DeparturesDeps } from './departures.ts';
import { createDrills, type DrillDeps, type Drills } from './drills/drills.ts';
import {
  type CheckpointCopies,
  type CheckpointCopiesDeps,
  createCheckpointCopies,
} from './keep/checkpoint-copies.ts';
import { createKeeper, type Keeper, type KeeperDeps } from './keep/keeper.ts';
import { createLogKeeper, type LogKeeper, type LogKeeperDeps } from './keep/log-keeper.ts';
import {
  createRollbackTelling,
  type RollbackTelling,
  type RollbackTellingDeps,
} from './keep/rollback-telling.ts';
import { createWitnessing, type Witnessing, type WitnessingDeps } from './keep/witnessing.ts';
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
  drills: readonly Drill[];
  configured: Configured;
  /** For how many milliseconds what is over stays on record; `null`: for ever. */
  keepMs: number | null;
  /** The same of entries of the audit log. Left out: for ever. */
  auditKeepMs?: number | null;
  /** Who cosigns the audit log. Left out: nobody. */
  witnesses?: readonly Witness[];
}

/** Signs how the audit log stands, by what it writes to this store, until the function that it gives is called. */
export type KeepSigning = (store: CheckpointStore & AuditRecorder) => Promise<() => Promise<void>>;

/** What the chores are done with. */
export type ChoreDeps = SigningDeps &
  FallbackDeps &
  TestAlertDeps &
  DeparturesDeps &
  ReminderDeps &
  DrillDeps &
  KeeperDeps &
  LogKeeperDeps &
  WitnessingDeps &
  RollbackTellingDeps &
  CheckpointCopiesDeps;

/** What the log is signed with. */
interface SigningDeps {
  store: CheckpointStore & AuditRecorder;
  /** Left out or `null`: the log is signed by somebody else. */
  signing?: KeepSigning | null;
}

/**
 * Does what is to be done once for all watches and channels: reminders, drills, fallbacks, test alerts, closing what has left the
 * configuration, pruning what is old, signing the audit log, and telling of checkpoints and of a store that was rolled back. Does nothing before a configuration is applied.
 */
export class Chores {
  readonly #fallbacks: Fallbacks;
  readonly #testAlerts: TestAlerts;
  readonly #departures: Departures;
  readonly #reminders: Reminders;
  readonly #drills: Drills;
  readonly #keeper: Keeper;
  readonly #logKeeper: LogKeeper;
  readonly #witnessing: Witnessing;
  readonly #copies: CheckpointCopies;
  readonly #rollbacks: RollbackTelling;
  readonly #signing: ReturnType<KeepSigning> | null;

  constructor(deps: ChoreDeps) {
    this.#fallbacks = createFallbacks(deps);
    this.#testAlerts = createTestAlerts(deps);
    this.#departures = createDepartures(deps);
    this.#reminders = createReminders(deps);
    this.#drills = createDrills(deps);
    this.#keeper = createKeeper(deps);
    this.#logKeeper = createLogKeeper(deps);
    this.#witnessing = createWitnessing(deps);
    this.#copies = createCheckpointCopies(deps);
    this.#rollbacks = createRollbackTelling(deps);
    this.#signing = deps.signing?.(deps.store) ?? null;
  }

  /** Goes by this configuration from now on. */
  apply(config: ChoreConfig): void {
    this.#fallbacks.apply(config.fallbacks);
    this.#testAlerts.apply(config);
    this.#departures.apply(config.configured);
    this.#drills.apply(config);
    this.#keeper.apply(config.keepMs);
    this.#logKeeper.apply(config.auditKeepMs ?? null);
    this.#witnessing.apply(config.witnesses ?? []);
    this.#copies.apply();
  }

  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void {
    this.#fallbacks.beat();
    this.#testAlerts.beat();
    this.#departures.beat();
    this.#reminders.beat();
    this.#drills.beat();
    this.#keeper.beat();
    this.#logKeeper.beat();
    this.#witnessing.beat();
    this.#copies.beat();
    this.#rollbacks.beat();
  }

  /** Begins nothing any more, and lets what is in hand end. */
  async stop(): Promise<void> {
    await Promise.all([
      this.#testAlerts.stop(),
      this.#departures.stop(),
      this.#reminders.stop(),
      this.#drills.stop(),
      this.#keeper.stop(),
      this.#logKeeper.stop(),
      this.#witnessing.stop(),
      this.#copies.stop(),
      this.#rollbacks.stop(),
      this.#fallbacks.stop(),
    ]);
    // What the others have written by now is signed as well. Signing may have begun just now, and its disk be slow: nobody else waits for that.
    const endSigning = await this.#signing;
    await endSigning?.();
  }
}
