import { isDeepStrictEqual } from 'node:util';
import type { Target, Watch } from '../../domain/job/watch.ts';
import { mayShareJobs } from '../../domain/polling/ownership.ts';
import { projectUnit } from '../../domain/replicas/unit.ts';
import { StoreError } from '../../errors.ts';
import type { JobSource } from '../../source/source.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import { type Hold, type Leases, underHold } from '../leases/leases.ts';
import { type Haste, Reconciler } from '../reconciler.ts';
import type { Recorder } from '../record/recorder.ts';
import { Schedules } from '../schedule/schedules.ts';
import type { PollNow, WatchStatus } from '../status.ts';
import { FeedBook } from './hint/feed-book.ts';
import { createWatchLoop } from './loop.ts';
import { SharedLoad } from './pace.ts';
import { elsewhereStatus, waitingStatus } from './waiting.ts';
import type { WatchLoop, WatchLoopDeps } from './watch-loop.ts';

/** A poll in hand gets this long to end when its watch ends. */
const POLL_GRACE_MS = 2_000;

/** What the configuration says about watching. */
export interface WatchConfig {
  watches: readonly Watch[];
  /** By the name of the connection. */
  sources: ReadonlyMap<string, JobSource>;
}

/** The loops of all watches, and the schedules they go by. */
export interface WatchSet {
  /**
   * Watches these from now on. A watch that is as it was goes on with all it knows. One that has changed begins anew when its poll in
   * hand has ended, so that no job is ever compared twice at once. Resolves when the watches that went have ended.
   */
  apply(config: WatchConfig): Promise<void>;
  /** Watches what is ours by now, and nothing else. */
  follow(haste: Haste): void;
  /** Resolves when no poll is in hand in a project that is ours no more. */
  ended(unit: string): Promise<void>;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** The process did nothing for so long. */
  stoodStill(forMs: number): void;
  /** Of every watch that is configured, in the order of the configuration, whether it runs or not. */
  status(): WatchStatus[];
  /** `null` for a watch that is not configured, or is about to begin anew. */
  loopOf(watch: string): WatchLoop | null;
  /** Polls a watch at once, whatever its schedule and back-off say; `null`: it is not configured, or is about to begin anew. */
  pollSoon(watch: string): PollNow | null;
  /** A watch of this name polls, or ends: one that has left the configuration may have a poll in hand. */
  isRunning(watch: string): boolean;
  /** Ends all of them; safe to call while `apply` is under way. */
  stop(): Promise<void>;
}

/** What the watches work with. */
export interface WatchSetDeps extends Omit<WatchLoopDeps, 'source' | 'store' | 'recorder'> {
  store: LeasedStore;
  recorder: LeasedRecorder;
  leases: Leases;
}

/** What a loop writes with, under the lease on what it polls. */
type LeasedStore = WatchLoopDeps['store'] & { under(lease: Lease): LeasedStore };
type LeasedRecorder = WatchLoopDeps['recorder'] &
  Pick<Recorder, 'recordFeedTrust'> & { under(lease: Lease): LeasedRecorder };

/** What a loop works by. */
interface Spec {
  watch: Watch;
  /** `null`: the configuration has no such connection. */
  source: JobSource | null;
  hold: Hold;
}

/** Creates a set that watches nothing until a configuration is applied. */
export function createWatchSet(deps: WatchSetDeps): WatchSet {
  return new LoopSet(deps);
}

class LoopSet implements WatchSet {
  readonly #deps: WatchSetDeps;
  readonly #loops: Reconciler<Spec, WatchLoop>;
  readonly #schedules: Schedules<WatchLoop>;
  readonly #load: SharedLoad;
  readonly #feeds: FeedBook;
  /** In the order of the configuration. */
  #watches: readonly Watch[] = [];
  #sources: WatchConfig['sources'] = new Map();
  #isStopped = false;

  constructor(deps: WatchSetDeps) {
    const { clock, faultLog } = deps;
    this.#deps = deps;
    this.#loops = new Reconciler({
      clock,
      faultLog,
      noun: 'watch',
      isSame: (running, wanted) =>
        running.source === wanted.source &&
        running.hold === wanted.hold &&
        isDeepStrictEqual(running.watch, wanted.watch),
      // The last poll of one that had these jobs may be telling of them still: who has them next goes by what it has recorded.
      isInTheWay: (ending, wanted) => mayShareJobs(ending.watch, wanted.watch),
      start: (spec) => this.#begin(spec),
      stop: (loop, haste) => loop.stop(haste === 'lost' ? 0 : POLL_GRACE_MS),
      onStarted: (begun) => this.#tickAll(begun),
    });
    this.#feeds = new FeedBook({ ...deps, recorderOf: (project) => this.#recorderOf(project) });
    this.#load = new SharedLoad(clock, () => this.#loops.actors());
    this.#schedules = new Schedules(deps, (expression) =>
      this.#loops.actors().filter((loop) => loop.schedule() === expression),
    );
  }

  async apply({ watches, sources }: WatchConfig): Promise<void> {
    if (this.#isStopped) return;
    this.#watches = watches;
    this.#sources = sources;
    this.#schedules.apply(
      watches.flatMap(({ schedule, scheduleIdle }) => [schedule, scheduleIdle ?? schedule]),
    );
    this.#load.touch();
    // Whoever has the configuration read again has mended something.
    for (const source of new Set(sources.values())) source.forgive();
    for (const loop of this.#loops.actors()) loop.forgive();
    this.#feeds.forgive();
    await this.#loops.apply(this.#ours());
  }

  follow(haste: Haste): void {
    this.#load.touch();
    for (const watch of this.#watches) {
      const source = this.#sources.get(watch.connection);
      if (source && this.#deps.leases.holdOf(projectUnit(watch)) === null) this.#feeds.forget(source, watch);
    }
    void this.#loops.apply(this.#ours(), haste);
  }

  async ended(unit: string): Promise<void> {
    const inside = this.#watches.filter((watch) => projectUnit(watch) === unit);
    await Promise.all(inside.map(({ name }) => this.#loops.ended(name)));
  }

  beat(): void {
    this.#schedules.beat();
    this.#loops.look();
    for (const loop of this.#loops.actors()) loop.beat();
  }

  stoodStill(forMs: number): void {
    for (const loop of this.#loops.actors()) loop.stoodStill(forMs);
  }

  loopOf(watch: string): WatchLoop | null {
    return this.#loops.actorOf(watch);
  }

  pollSoon(watch: string): PollNow | null {
    return this.loopOf(watch)?.pollSoon() ?? null;
  }

  isRunning(watch: string): boolean {
    return this.#loops.isRunning(watch);
  }

  status(): WatchStatus[] {
    const { clock, leases } = this.#deps;
    const now = clock.now();
    return this.#watches.map((watch) => {
      const { name, schedule } = watch;
      const running = this.loopOf(name)?.status();
      if (running) return running;
      const gapMs = this.#schedules.gapMs(schedule);
      const unit = projectUnit(watch);
      const owner = leases.holdOf(unit) === null ? leases.ownerOf(unit) : null;
      if (owner !== null) return elsewhereStatus(watch, owner.name, gapMs, now);
      return waitingStatus(watch, { forMs: this.#loops.waitingMs(name) ?? 0, gapMs, now });
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#schedules.stop();
    await Promise.all([this.#loops.stop(), this.#feeds.stop(new Error('shutting down'))]);
  }

  #ours(): Map<string, Spec> {
    const specs = new Map<string, Spec>();
    for (const watch of this.#watches) {
      const hold = this.#deps.leases.holdOf(projectUnit(watch));
      const source = this.#sources.get(watch.connection) ?? null;
      if (hold) specs.set(watch.name, { watch, source, hold });
    }
    return specs;
  }

  /** A project is a unit of its own, or a part of the unit of all projects of its connection. */
  #recorderOf({ connection, groupId }: Pick<Target, 'connection' | 'groupId'>): LeasedRecorder {
    const { recorder, leases } = this.#deps;
    const hold =
      leases.holdOf(projectUnit({ connection, groupId })) ??
      leases.holdOf(projectUnit({ connection, groupId: '*' }));
    if (hold === null) throw new StoreError('fenced', `project ${groupId} is another replica’s by now`);
    return underHold(recorder, hold);
  }

  #tickAll(begun: readonly WatchLoop[]): void {
    for (const [schedule, due] of Map.groupBy(begun, (loop) => loop.schedule())) {
      this.#schedules.begin(due, schedule);
    }
  }

  #begin({ watch, source, hold }: Spec): WatchLoop {
    if (source === null) throw new Error(`there is no connection ${watch.connection}`);
    const { store, recorder } = this.#deps;
    const loop: WatchLoop = createWatchLoop(
      { ...this.#deps, store: underHold(store, hold), recorder: underHold(recorder, hold), source },
      {
        watch,
        feeds: this.#feeds,
        gapMs: () => this.#schedules.gapMs(loop.schedule()),
        nextTickAt: () => this.#schedules.nextAt(loop.schedule()),
        paceOf: (sharer) => this.#load.paceOf(sharer),
        tickSoon: (retry) => this.#schedules.tickSoon(retry),
      },
    );
    return loop;
  }
}
