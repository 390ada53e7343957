import type { Clock } from '../../clock.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import { type DrillConfig, DrillLook, type DrillLookDeps } from './drill-look.ts';

/** What looking after drills works with. */
export interface DrillDeps extends DrillLookDeps {
  clock: Clock;
  faultLog: FaultLog;
  lookEveryMs?: number;
}

/** Sees to it that people hear of drills that are overdue, or do not go as agreed. */
export interface Drills {
  /** These drills are agreed from now on. */
  apply(config: DrillConfig): void;
  /** A sign of life from outside, about once a second. */
  beat(): void;
  /** Begins nothing any more, and lets what is in hand end. */
  stop(): Promise<void>;
}

/** The audit log is read on so often: a restore that did not go as agreed is told within this. */
const LOOK_EVERY_MS = 5_000;

/** Looks every five seconds; at every beat while there is much of the audit log to read. Without drills it asks nobody. */
export function createDrills(deps: DrillDeps): Drills {
  const { clock, faultLog, lookEveryMs = LOOK_EVERY_MS } = deps;
  let current: DrillLook | null = null;
  let inHand: Promise<void> | null = null;
  let nextMono = Number.NEGATIVE_INFINITY;
  let isStopped = false;

  const look = async (drills: DrillLook): Promise<void> => {
    try {
      const isCaughtUp = await drills.look();
      nextMono = clock.monotonic() + (isCaughtUp ? lookEveryMs : 0);
      faultLog.clear('drills', 'Drills are looked after again');
    } catch (thrown) {
      const err = toError(thrown);
      // What was read and not written down is read again.
      drills.forget();
      nextMono = clock.monotonic() + lookEveryMs;
      faultLog.report('drills', `Drills cannot be looked after: ${err.message}`, { err }, 'error');
    }
  };
  return {
    apply: (config) => {
      current = new DrillLook(deps, config);
      nextMono = Number.NEGATIVE_INFINITY;
    },
    beat: () => {
      if (isStopped || inHand !== null || current === null || clock.monotonic() < nextMono) return;
      inHand = look(current).finally(() => {
        inHand = null;
      });
    },
    stop: async () => {
      isStopped = true;
      await inHand;
    },
  };
}
