import { isDeepStrictEqual } from 'node:util';
import type { Watch } from '../../domain/job/watch.ts';
import type { Route } from '../../domain/telling/routing.ts';
import type { JobSource } from '../../source/source.ts';
import { spreadDelays } from '../schedule/spread.ts';
import { startTicker, type Ticker } from '../schedule/ticker.ts';
import type { WatchStatus } from '../status.ts';
import { createWatchLoop, type WatchLoop, type WatchLoopDeps } from './loop.ts';

/** A poll in hand gets this long to end when its watch ends. */
const POLL_GRACE_MS = 2_000;
/** Of a schedule that is not ticking yet. */
const USUAL_GAP_MS = 60_000;

/** What the configuration says about watching. */
export interface WatchConfig {
  watches: readonly Watch[];
  /** By the name of the connection. */
  sources: ReadonlyMap<string, JobSource>;
  /** The page of a project in Atlas, for people. */
  projectUrl: (watch: Watch, groupId: string) => string | null;
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

export type WatchSetDeps = Omit<WatchLoopDeps, 'source'> & { routes: () => readonly Route[] };

export function createWatchSet(deps: WatchSetDeps): WatchSet {
  const loops = new Map<string, WatchLoop>();
  const tickers = new Map<string, Ticker>();
  const spreadTimers = new Set<NodeJS.Timeout>();
  let order: readonly string[] = [];
  let isStopped = false;

  const gapOf = (expression: string): number => tickers.get(expression)?.gapMs() ?? USUAL_GAP_MS;

  /** A little apart, so that they do not all ask in the same instant. */
  const tickApart = (due: readonly WatchLoop[], gapMs: number): void => {
    spreadDelays(due.length, gapMs).forEach((delayMs, index) => {
      const timer = setTimeout(() => {
        spreadTimers.delete(timer);
        due[index]?.tick();
      }, delayMs);
      spreadTimers.add(timer);
    });
  };
  const tickAll = (expression: string): void => {
    const due = [...loops.values()].filter((loop) => loop.schedule() === expression);
    tickApart(due, gapOf(expression));
  };

  /** Those that somebody goes by tick, the others do not. */
  const keepTickers = (watches: readonly Watch[]): void => {
    const wanted = new Set(
      watches.flatMap(({ schedule, scheduleIdle }) => [schedule, scheduleIdle ?? schedule]),
    );
    for (const [expression, ticker] of tickers) {
      if (wanted.has(expression)) continue;
      ticker.stop();
      tickers.delete(expression);
    }
    for (const expression of wanted) {
      if (tickers.has(expression)) continue;
      tickers.set(expression, startTicker({ ...deps, expression, onTick: () => tickAll(expression) }));
    }
  };

  const begin = (watch: Watch, config: WatchConfig): WatchLoop => {
    const loop: WatchLoop = createWatchLoop(
      { ...deps, source: sourceOf(config, watch) },
      {
        watch,
        projectUrl: (groupId) => config.projectUrl(watch, groupId),
        gapMs: () => gapOf(loop.schedule()),
      },
    );
    loops.set(watch.name, loop);
    return loop;
  };

  const beginAll = (watches: readonly Watch[], config: WatchConfig): void => {
    const begun = watches.map((watch) => begin(watch, config));
    for (const [schedule, due] of Map.groupBy(begun, (loop) => loop.schedule()))
      tickApart(due, gapOf(schedule));
  };

  const end = async (loop: WatchLoop): Promise<void> => {
    await loop.stop(POLL_GRACE_MS);
    if (loops.get(loop.watch.name) === loop) loops.delete(loop.watch.name);
  };

  return {
    apply: async (config) => {
      if (isStopped) return;
      order = config.watches.map(({ name }) => name);
      const next = new Map(config.watches.map((watch) => [watch.name, watch]));
      const ending = [...loops.values()].filter(
        ({ watch }) => !isDeepStrictEqual(watch, next.get(watch.name)),
      );
      keepTickers(config.watches);
      beginAll(
        config.watches.filter(({ name }) => !loops.has(name)),
        config,
      );
      await Promise.all(
        ending.map(async (loop) => {
          await end(loop);
          const successor = next.get(loop.watch.name);
          if (successor && !isStopped) beginAll([successor], config);
        }),
      );
    },
    beat: () => {
      for (const ticker of tickers.values()) ticker.watch();
      for (const loop of loops.values()) loop.beat();
    },
    stoodStill: (forMs) => {
      for (const loop of loops.values()) loop.stoodStill(forMs);
    },
    loopOf: (watch) => loops.get(watch) ?? null,
    status: () => order.flatMap((name) => loops.get(name)?.status() ?? []),
    stop: async () => {
      isStopped = true;
      for (const ticker of tickers.values()) ticker.stop();
      for (const timer of spreadTimers) clearTimeout(timer);
      await Promise.all([...loops.values()].map((loop) => loop.stop(POLL_GRACE_MS)));
    },
  };
}

function sourceOf({ sources }: WatchConfig, { connection, name }: Watch): JobSource {
  const source = sources.get(connection);
  if (!source) throw new Error(`watch ${name} has no connection ${connection}`);
  return source;
}
