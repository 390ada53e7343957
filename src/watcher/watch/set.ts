import { isDeepStrictEqual } from 'node:util';
import type { Watch } from '../../domain/job/watch.ts';
import type { JobSource } from '../../source/source.ts';
import { Schedules } from '../schedule/schedules.ts';
import type { WatchStatus } from '../status.ts';
import { createWatchLoop, type WatchLoop, type WatchLoopDeps } from './loop.ts';

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
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** The process did nothing for so long. */
  stoodStill(forMs: number): void;
  /** In the order of the configuration. */
  status(): WatchStatus[];
  /** `null` for a watch that is not configured, or is about to begin anew. */
  loopOf(watch: string): WatchLoop | null;
  /** Ends all of them; safe to call while `apply` is under way. */
  stop(): Promise<void>;
}

/** What the watches work with. */
export type WatchSetDeps = Omit<WatchLoopDeps, 'source'>;

/** Creates a set that watches nothing until a configuration is applied. */
export function createWatchSet(deps: WatchSetDeps): WatchSet {
  return new LoopSet(deps);
}

class LoopSet implements WatchSet {
  readonly #deps: WatchSetDeps;
  readonly #loops = new Map<string, WatchLoop>();
  readonly #schedules: Schedules<WatchLoop>;
  /** Names, as in the configuration. */
  #order: readonly string[] = [];
  #isStopped = false;

  constructor(deps: WatchSetDeps) {
    this.#deps = deps;
    this.#schedules = new Schedules(deps, (expression) =>
      [...this.#loops.values()].filter((loop) => loop.schedule() === expression),
    );
  }

  async apply(config: WatchConfig): Promise<void> {
    if (this.#isStopped) return;
    const { watches } = config;
    this.#order = watches.map(({ name }) => name);
    const next = new Map(watches.map((watch) => [watch.name, watch]));
    const ending = [...this.#loops.values()].filter(
      ({ watch }) => !isDeepStrictEqual(watch, next.get(watch.name)),
    );
    this.#schedules.apply(
      watches.flatMap(({ schedule, scheduleIdle }) => [schedule, scheduleIdle ?? schedule]),
    );
    this.#beginAll(
      watches.filter(({ name }) => !this.#loops.has(name)),
      config,
    );
    await Promise.all(ending.map((loop) => this.#exchange(loop, next.get(loop.watch.name), config)));
  }

  beat(): void {
    this.#schedules.beat();
    for (const loop of this.#loops.values()) loop.beat();
  }

  stoodStill(forMs: number): void {
    for (const loop of this.#loops.values()) loop.stoodStill(forMs);
  }

  loopOf(watch: string): WatchLoop | null {
    return this.#loops.get(watch) ?? null;
  }

  status(): WatchStatus[] {
    return this.#order.flatMap((name) => this.#loops.get(name)?.status() ?? []);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#schedules.stop();
    await Promise.all([...this.#loops.values()].map((loop) => loop.stop(POLL_GRACE_MS)));
  }

  /** Ends a loop, and begins its successor when it has ended. */
  async #exchange(loop: WatchLoop, successor: Watch | undefined, config: WatchConfig): Promise<void> {
    await loop.stop(POLL_GRACE_MS);
    if (this.#loops.get(loop.watch.name) === loop) this.#loops.delete(loop.watch.name);
    if (successor && !this.#isStopped) this.#beginAll([successor], config);
  }

  #beginAll(watches: readonly Watch[], config: WatchConfig): void {
    const begun = watches.map((watch) => this.#begin(watch, config));
    for (const [schedule, due] of Map.groupBy(begun, (loop) => loop.schedule())) {
      this.#schedules.tickApart(due, schedule);
    }
  }

  #begin(watch: Watch, config: WatchConfig): WatchLoop {
    const loop: WatchLoop = createWatchLoop(
      { ...this.#deps, source: sourceOf(config, watch) },
      { watch, gapMs: () => this.#schedules.gapMs(loop.schedule()) },
    );
    this.#loops.set(watch.name, loop);
    return loop;
  }
}

function sourceOf({ sources }: WatchConfig, { connection, name }: Watch): JobSource {
  const source = sources.get(connection);
  if (!source) throw new Error(`watch ${name} has no connection ${connection}`);
  return source;
}
