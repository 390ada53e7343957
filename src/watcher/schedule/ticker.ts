import { type ScheduledTask, schedule } from 'node-cron';
import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';

/** One node-cron expression, ticking. */
export interface Ticker {
  readonly expression: string;
  /** From one tick to the next, as things stand: milliseconds. Long for a schedule that rests over night. */
  gapMs(): number;
  /** Ticks and starts the schedule anew when no tick came for two gaps: the wall clock has stepped, or the schedule is stuck. */
  watch(): void;
  stop(): void;
}

/** Which expression ticks, and whom it tells. */
export interface TickerOptions {
  expression: string;
  onTick: () => void;
  clock: Clock;
  logger: Logger;
}

/**
 * Calls `onTick` on a cron schedule read in UTC. What node-cron does not make up for is made up for here: any number of missed
 * slots (the loop was blocked, the machine slept) becomes one tick, and `watch()` finds a schedule that fell silent because the
 * clock was set back.
 */
export function startTicker({ expression, onTick, clock, logger }: TickerOptions): Ticker {
  let task: ScheduledTask;
  let lastTickAt = clock.monotonic();
  let expectedGapMs = 60_000;
  let catchUp: NodeJS.Timeout | null = null;

  const tick = (): void => {
    lastTickAt = clock.monotonic();
    expectedGapMs = gapOf(task) ?? expectedGapMs;
    onTick();
  };
  const missed = (): void => {
    catchUp ??= setTimeout(() => {
      catchUp = null;
      logger.debug('Ticks were missed; ticking once', { expression });
      tick();
    }, 0);
  };
  const begin = (): void => {
    task = schedule(expression, tick, {
      timezone: 'UTC',
      noOverlap: true,
      missedExecutionTolerance: Math.max(1_000, expectedGapMs / 2),
      suppressMissedWarning: true,
      logger: forCron(logger),
    });
    task.on('execution:missed', missed);
    expectedGapMs = gapOf(task) ?? expectedGapMs;
  };
  const end = (): void => {
    void task.stop();
    void task.destroy();
  };

  begin();
  return {
    expression,
    gapMs: () => expectedGapMs,
    watch: () => {
      if (clock.monotonic() - lastTickAt <= 2 * expectedGapMs + 1_000) return;
      logger.warn('A schedule fell silent; starting it anew', { expression });
      end();
      begin();
      tick();
    },
    stop: () => {
      if (catchUp) clearTimeout(catchUp);
      end();
    },
  };
}

/** The longer of: until the next run, from that one to the one after. `null` when the task does not know. */
function gapOf(task: ScheduledTask): number | null {
  const [next, after] = task.getNextRuns(2);
  if (!next || !after) return null;
  return Math.max(task.msToNext() ?? 0, after.getTime() - next.getTime());
}

function forCron(logger: Logger) {
  const text = (message: string | Error): string => (message instanceof Error ? message.message : message);
  return {
    info: (message: string) => logger.debug(message),
    warn: (message: string) => logger.warn(message),
    error: (message: string | Error, err?: Error) => logger.error(text(message), err ? { err } : {}),
    debug: (message: string | Error) => logger.debug(text(message)),
  };
}
