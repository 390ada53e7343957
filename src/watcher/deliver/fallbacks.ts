import type { Clock } from '../../clock.ts';
import type { Fallback } from '../../domain/telling/fallback.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Signals } from '../../signals.ts';
import type { Recorder } from '../record/recorder.ts';
import type { ClockSteps } from '../schedule/clock-steps.ts';
import { USUAL_PACE } from '../schedule/pace.ts';

/** What fallbacks work with. */
export interface FallbackDeps {
  recorder: Pick<Recorder, 'recordFallback'>;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
  signals: Signals;
  steps: Pick<ClockSteps, 'settle'>;
  lookEveryMs?: number;
}

/** Sees to it that what one channel does not deliver is owed to its fallback. */
export interface Fallbacks {
  /** Looks after these fallbacks from now on. */
  apply(fallbacks: readonly Fallback[]): void;
  /** A sign of life from outside, about once a second: what is due by the clock alone is looked at. */
  beat(): void;
  /** Lets the looks end that were asked for, one a fallback at most, and looks no more. */
  stop(): Promise<void>;
}

/**
 * Looks every five seconds, and at once when a channel gives something up, here or at another replica. The first look is not at the start: what was owed before
 * a restart is first tried where it belongs.
 */
export function createFallbacks(deps: FallbackDeps): Fallbacks {
  const { clock, signals, lookEveryMs = USUAL_PACE.lookEveryMs } = deps;
  const lastLooks = new Map<Fallback, number>();
  /** Each once, however often a look at it is asked for: a look finds all that was missed until then. */
  const waiting = new Set<Fallback>();
  let turn: Promise<void> | null = null;

  const look = (fallback: Fallback): void => {
    lastLooks.set(fallback, clock.monotonic());
    waiting.add(fallback);
    turn ??= lookAtAll().finally(() => {
      turn = null;
    });
  };
  /** What is asked for during a look at it is looked at again. */
  const lookAtAll = async (): Promise<void> => {
    for (const fallback of waiting) {
      waiting.delete(fallback);
      await lookLogged(deps, fallback);
    }
  };
  const lookFor = (channels: readonly string[]): void => {
    for (const fallback of lastLooks.keys()) if (channels.includes(fallback.channel)) look(fallback);
  };
  const unsubscribes = [
    signals.on('delivery:recorded', ({ channel, outcome }) => {
      if (outcome === 'given_up') lookFor([channel]);
    }),
    signals.on('deliveries:given_up', ({ channels }) => lookFor(channels)),
  ];
  return {
    apply: (fallbacks) => {
      lastLooks.clear();
      for (const fallback of fallbacks) lastLooks.set(fallback, clock.monotonic());
    },
    beat: () => {
      for (const [fallback, at] of lastLooks) if (clock.monotonic() - at >= lookEveryMs) look(fallback);
    },
    stop: async () => {
      for (const unsubscribe of unsubscribes) unsubscribe();
      lastLooks.clear();
      await turn;
    },
  };
}

/** A store that fails now is asked again at the next look. */
async function lookLogged(deps: FallbackDeps, fallback: Fallback): Promise<void> {
  const { channel } = fallback;
  const key = `fallback of ${channel}`;
  try {
    await deps.steps.settle();
    await callIn(deps, fallback);
    deps.faultLog.clear(key, 'Fallbacks are looked after again', { channel });
  } catch (thrown) {
    const err = toError(thrown);
    deps.faultLog.report(key, `A fallback cannot be looked after: ${err.message}`, { channel, err }, 'error');
  }
}

/**
 * Looks once: owes to the fallback what its channel has given up or not accepted in time.
 * @returns how many events that are.
 * @throws {StoreError} and then nothing has changed.
 */
export async function callIn(
  { recorder, logger }: Pick<FallbackDeps, 'recorder' | 'logger'>,
  fallback: Fallback,
): Promise<number> {
  const events = await recorder.recordFallback(fallback);
  if (events > 0) {
    logger.warn(`${fallback.fallback} stands in for ${fallback.channel}`, {
      channel: fallback.fallback,
      about: fallback.channel,
      events,
    });
  }
  return events;
}
