import { isDeepStrictEqual } from 'node:util';
import { isOfAllProjects, type Target, type Watch } from '../../domain/job/watch.ts';
import { mayShareJobs } from '../../domain/polling/ownership.ts';
import { discoveryUnit, groupOfUnit, projectUnit } from '../../domain/replicas/unit.ts';
import { StoreError } from '../../errors.ts';
import type { JobSource } from '../../source/source.ts';
import type { CoverageBook, WatchSight } from '../coverage/coverage-book.ts';
import { type Hold, type Leases, underHold } from '../leases/leases.ts';
import { unitOfWatch } from '../leases/units.ts';
import { type Haste, Reconciler } from '../reconciler.ts';
import { Schedules } from '../schedule/schedules.ts';
import type { SharedEstate } from '../share/shared-estate.ts';
import { wholeShare } from '../share/whole-share.ts';
import type { PollNow, WatchStatus } from '../status.ts';
import { ActorBook } from './hint/actor-book.ts';
import { FeedBook } from './hint/feed-book.ts';
import { createWatchLoop } from './loop.ts';
import { SharedLoad } from './pace.ts';
import type { LoopRecorder, WatchLoop, WatchLoopDeps } from './watch-loop.ts';
import { elsewhereStatus, waitingStatus } from './watch-status.ts';

/** A poll in hand gets this long to end when its watch ends, in milliseconds. */
const POLL_GRACE_MS = 2_000;
/** The same when the process ends and another replica waits for the project: what was not recorded, that one reads. */
const HANDOVER_GRACE_MS = 500;

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
  /** How every watch that is polled here was looked at last. */
  sights(): WatchSight[];
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
export interface WatchSetDeps extends Omit<WatchLoopDeps, 'source'> {
  leases: Leases;
  /** How watches of all projects are shared; `null`: nobody else can have a part of one. */
  estate: Pick<SharedEstate, 'shareOf'> | null;
  coverage: Pick<CoverageBook, 'note' | 'retain' | 'leave'>;
}

/** What a loop works by. */
interface Spec {
  watch: Watch;
  /** `null`: the configuration has no such connection. */
  source: JobSource | null;
  /** `null` for a watch of all projects that is shared: its loop runs in every replica, over what is ours of it at the time. */
  hold: Hold | null;
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
  readonly #actors: ActorBook;
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
      stop: (loop, haste) => loop.stop(this.#graceMs(haste)),
      onStarted: (begun) => this.#tickAll(begun),
    });
    this.#feeds = new FeedBook({ ...deps, recorderOf: (project) => this.#recorderOf(project) });
    this.#actors = new ActorBook({
      ...{ ...deps, feeds: this.#feeds, watches: () => this.#watches },
      sourceOf: (connection) => this.#sources.get(connection),
      recorderOf: (project) => this.#recorderOf(project),
    });
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
    this.#deps.coverage.retain(watches);
    await this.#loops.apply(this.#ours());
  }

  follow(haste: Haste): void {
    this.#load.touch();
    for (const watch of this.#watches) {
      const source = this.#sources.get(watch.connection);
      if (source && !isOfAllProjects(watch) && this.#deps.leases.holdOf(projectUnit(watch)) === null)
        this.#feeds.forget(source, watch);
      const isOurs = ({ groupId }: Pick<Target, 'groupId'>): boolean => this.#isOurs(watch, groupId);
      this.#deps.coverage.leave(watch.name, { isLost: haste === 'lost', isOurs });
    }
    void this.#loops.apply(this.#ours(), haste);
    for (const loop of this.#loops.actors()) if (this.#isShared(loop.watch)) loop.follow(haste);
  }

  async ended(unit: string): Promise<void> {
    const ends = this.#watches.map(async (watch) => {
      if (!this.#isShared(watch))
        return projectUnit(watch) === unit ? this.#loops.ended(watch.name) : undefined;
      if (discoveryUnit(watch.name) === unit) return this.loopOf(watch.name)?.book.ended(null);
      const groupId = groupOfUnit(watch.connection, unit);
      return groupId === null ? undefined : this.loopOf(watch.name)?.book.ended(groupId);
    });
    await Promise.all(ends);
  }

  beat(): void {
    this.#schedules.beat();
    this.#loops.look();
    for (const loop of this.#loops.actors()) loop.beat();
  }

  stoodStill(forMs: number): void {
    for (const loop of this.#loops.actors()) loop.stoodStill(forMs);
  }

  sights(): WatchSight[] {
    return this.#loops.actors().map((loop) => loop.sight());
  }

  loopOf(watch: string): WatchLoop | null {
    return this.#loops.actorOf(watch);
  }

  pollSoon(watch: string): PollNow | null {
    const loop = this.loopOf(watch);
    return loop?.book.hasWork() ? loop.pollSoon() : null;
  }

  isRunning(watch: string): boolean {
    return this.#loops.isRunning(watch);
  }

  status(): WatchStatus[] {
    const { clock, leases } = this.#deps;
    const now = clock.now();
    return this.#watches.map((watch) => {
      const { name, schedule } = watch;
      const loop = this.loopOf(name);
      const gapMs = this.#schedules.gapMs(schedule);
      if (loop && this.#isShared(watch)) return this.#statusOfShared(loop, gapMs);
      if (loop) return loop.status();
      const unit = unitOfWatch(watch);
      const owner = leases.holdOf(unit) === null ? leases.ownerOf(unit) : null;
      if (owner !== null) return elsewhereStatus(watch, owner.name, gapMs, now);
      return waitingStatus(watch, { forMs: this.#loops.waitingMs(name) ?? 0, gapMs, now });
    });
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#schedules.stop();
    const ends = [this.#loops.stop(), this.#feeds.stop(new Error('shutting down')), this.#actors.stop()];
    await Promise.all(ends);
  }

  #ours(): Map<string, Spec> {
    const specs = new Map<string, Spec>();
    for (const watch of this.#watches) {
      const source = this.#sources.get(watch.connection) ?? null;
      const hold = this.#isShared(watch) ? null : this.#deps.leases.holdOf(unitOfWatch(watch));
      if (hold !== null || this.#isShared(watch)) specs.set(watch.name, { watch, source, hold });
    }
    return specs;
  }

  #graceMs(haste: Haste): number {
    if (haste === 'lost') return 0;
    return haste === 'end' && this.#deps.leases.status() !== null ? HANDOVER_GRACE_MS : POLL_GRACE_MS;
  }

  /** Writes for a project under the right to it. */
  #recorderOf({ connection, groupId }: Pick<Target, 'connection' | 'groupId'>): LoopRecorder {
    const { recorder, leases } = this.#deps;
    const hold = leases.holdOf(projectUnit({ connection, groupId }));
    if (hold === null) throw new StoreError('fenced', `project ${groupId} is another replica’s by now`);
    return underHold(recorder, hold);
  }

  /** What lies in this project (`*`: the watch itself) is for this replica to look at. */
  #isOurs(watch: Watch, groupId: string): boolean {
    const { leases } = this.#deps;
    if (!this.#isShared(watch)) return leases.holdOf(unitOfWatch(watch)) !== null;
    const { connection, name } = watch;
    const unit = groupId === '*' ? discoveryUnit(name) : projectUnit({ connection, groupId });
    return leases.holdOf(unit) !== null;
  }

  /** Several replicas poll parts of it. */
  #isShared(watch: Watch): boolean {
    return this.#deps.estate !== null && isOfAllProjects(watch);
  }

  /** Of what others poll of a watch, no more is known than who does. */
  #statusOfShared(loop: WatchLoop, gapMs: number): WatchStatus {
    const { watch } = loop;
    const { leases, estate, clock } = this.#deps;
    const { connection, name } = watch;
    const found = [...(estate?.shareOf(watch).projects()?.values() ?? [])].filter(({ isGone }) => !isGone);
    const units = found.map(({ groupId }) => projectUnit({ connection, groupId }));
    const owners = units.map((unit) => (leases.holdOf(unit) === null ? leases.ownerOf(unit) : 'here'));
    const others = [
      ...new Set(owners.flatMap((owner) => (owner === null || owner === 'here' ? [] : [owner.name]))),
    ].toSorted();
    const projects = owners.filter((owner) => owner === 'here').length;
    if (loop.book.hasWork() || others.length === 0) {
      const lister = leases.ownerOf(discoveryUnit(name));
      if (!loop.book.hasWork() && lister !== null)
        return elsewhereStatus(watch, lister.name, gapMs, clock.now());
      const share = others.length === 0 ? null : { projects, ofProjects: found.length, others };
      return { ...loop.status(), share };
    }
    return elsewhereStatus(watch, others.join(', '), gapMs, clock.now());
  }

  #tickAll(begun: readonly WatchLoop[]): void {
    for (const [schedule, due] of Map.groupBy(begun, (loop) => loop.schedule())) {
      this.#schedules.begin(due, schedule);
    }
  }

  #begin({ watch, source, hold }: Spec): WatchLoop {
    if (source === null) throw new Error(`there is no connection ${watch.connection}`);
    const { estate } = this.#deps;
    const loop: WatchLoop = createWatchLoop(
      { ...this.#deps, source },
      {
        watch,
        share: hold === null && estate !== null ? estate.shareOf(watch) : wholeShare(hold ?? undefined),
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
