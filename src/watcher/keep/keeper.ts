import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { Recorder } from '../record/recorder.ts';
import { createTraffic } from './traffic.ts';
import { PruneWalk, type PruneWalkDeps } from './walk.ts';

/** What the keeper works with. */
export interface KeeperDeps {
  store: PruneWalkDeps['store'];
  recorder: Pick<Recorder, 'recordPruned'>;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /**
   * What time it is at least: by our clock, or by Atlas's where that is behind ours. `null`: Atlas has not been heard yet, and a clock
   * that nobody has checked must not make anything old.
   */
  surelyNow: () => Timestamp | null;
}

/** Sees to it that the record holds no more than the configuration wants to be kept. */
export interface Keeper {
  /** From now on, what was over for so many milliseconds is pruned; `null`: nothing is. */
  apply(keepMs: number | null): void;
  /** A sign of life from outside, about once a second: one step is taken, if there is any to take. */
  beat(): void;
  /** Takes no further step, and lets the one in hand end. */
  stop(): Promise<void>;
}

/** The first walk through what is old: the watcher has found its pace by then. */
const FIRST_WALK_AFTER_MS = 5 * 60_000;
/** From the end of a walk to the next one. */
const WALK_EVERY_MS = 24 * 3_600_000;
/** When a walk cannot begin, or go on. */
const AGAIN_AFTER_MS = 60_000;
/** A beat that comes so late tells that the process has more to do than it can. */
const LATE_BEAT_MS = 1_500;

/**
 * Walks through what is old once a day, one small step at a beat: so a step holds up nobody, and there is a pause between two of them. A
 * beat that is late, or in which something is being recorded or delivered, is left out. A walk that is cut off begins anew after the next start; what it has pruned is
 * pruned.
 */
export function createKeeper(deps: KeeperDeps): Keeper {
  const { clock, faultLog } = deps;
  const traffic = createTraffic(deps);
  let keepMs: number | null = null;
  let walk: PruneWalk | null = null;
  let nextMono = Number.POSITIVE_INFINITY;
  let lastBeatMono = clock.monotonic();
  let inHand: Promise<void> | null = null;
  let isStopped = false;

  const step = async (keptMs: number): Promise<void> => {
    const now = deps.surelyNow();
    if (walk === null && now === null) {
      nextMono = clock.monotonic() + AGAIN_AFTER_MS;
      return;
    }
    walk ??= new PruneWalk(deps, (now ?? 0) - keptMs);
    const current = walk;
    try {
      await current.step();
      faultLog.clear('keeping', 'What is old is pruned again');
      if (!current.hasEnded || walk !== current) return;
      await deps.recorder.recordPruned();
      current.tell(deps.logger);
      walk = null;
      nextMono = clock.monotonic() + WALK_EVERY_MS;
    } catch (thrown) {
      const err = toError(thrown);
      faultLog.report('keeping', `What is old cannot be pruned: ${err.message}`, { err });
      nextMono = clock.monotonic() + AGAIN_AFTER_MS;
    }
  };

  return {
    apply: (wanted) => {
      if (wanted === keepMs) return;
      keepMs = wanted;
      walk = null;
      nextMono = clock.monotonic() + FIRST_WALK_AFTER_MS;
    },
    beat: () => {
      const now = clock.monotonic();
      const isLate = now - lastBeatMono > LATE_BEAT_MS;
      lastBeatMono = now;
      if (isStopped || inHand || keepMs === null || now < nextMono || isLate || traffic.isInTheWay()) return;
      inHand = step(keepMs).finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      traffic.end();
      await inHand;
    },
  };
}
