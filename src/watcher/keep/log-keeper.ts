import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import { AuditCut, type AuditCutDeps } from './audit-cut.ts';
import { createTraffic } from './traffic.ts';

/** What keeping the audit log works with. */
export interface LogKeeperDeps extends AuditCutDeps {
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  /** See `KeeperDeps`. */
  surelyNow: () => Timestamp | null;
}

/** Sees to it that the audit log holds little more than the configuration wants to be kept. */
export interface LogKeeper {
  /** From now on, what is older than so many milliseconds is cut off; `null`: nothing is. */
  apply(keepMs: number | null): void;
  /** A sign of life from outside, about once a second: one step is taken, if there is any to take. */
  beat(): void;
  /** Takes no further step, and lets the one in hand end. */
  stop(): Promise<void>;
}

/** The first look: the watcher has found its pace by then, and the keeper of the record has begun. */
const FIRST_AFTER_MS = 10 * 60_000;
const EVERY_MS = 24 * 3_600_000;
/** When it cannot begin, or go on. */
const AGAIN_AFTER_MS = 10 * 60_000;

/** Looks once a day, and then takes one small step at a beat, while nothing else is to be done. */
export function createLogKeeper(deps: LogKeeperDeps): LogKeeper {
  const { clock, faultLog } = deps;
  const traffic = createTraffic(deps);
  let keepMs: number | null = null;
  let cut: AuditCut | null = null;
  let nextMono = Number.POSITIVE_INFINITY;
  let inHand: Promise<void> | null = null;
  let isStopped = false;

  const step = async (keptMs: number): Promise<void> => {
    const now = deps.surelyNow();
    if (cut === null && now === null) {
      nextMono = clock.monotonic() + AGAIN_AFTER_MS;
      return;
    }
    cut ??= new AuditCut(deps, (now ?? 0) - keptMs);
    const current = cut;
    try {
      await current.step();
      faultLog.clear('audit-keeping', 'The audit log is pruned again');
      if (!current.hasEnded || cut !== current) return;
      if (current.cutUpTo !== null)
        deps.logger.info('Pruned the audit log; a signed stub stands in place of its first entries', {
          upTo: current.cutUpTo,
        });
      cut = null;
      nextMono = clock.monotonic() + EVERY_MS;
    } catch (thrown) {
      const err = toError(thrown);
      faultLog.report('audit-keeping', `The audit log cannot be pruned: ${err.message}`, { err });
      cut = null;
      nextMono = clock.monotonic() + AGAIN_AFTER_MS;
    }
  };

  return {
    apply: (wanted) => {
      if (wanted === keepMs) return;
      keepMs = wanted;
      cut = null;
      nextMono = clock.monotonic() + FIRST_AFTER_MS;
    },
    beat: () => {
      if (isStopped || inHand || keepMs === null || clock.monotonic() < nextMono || traffic.isInTheWay())
        return;
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
