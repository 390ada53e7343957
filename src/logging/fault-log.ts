import { type Clock, systemClock } from '../clock.ts';
import { formatSpan } from '../domain/instant.ts';
import type { LogFields, Logger } from './logger.ts';

/** Tells of a lasting fault once, then when it changes or ends. */
export interface FaultLog {
  /** Logs a fault, unless the last one under this key had the same message. */
  report(key: string, message: string, fields?: LogFields, level?: 'warn' | 'error'): void;
  /** Ends the fault under this key and logs the message, with how often the fault was seen and how long it lasted. Silent when there is none. */
  clear(key: string, message: string, fields?: LogFields): void;
}

interface Standing {
  message: string;
  /** Monotonic, milliseconds: of the first fault under the key since the last `clear`. */
  since: number;
  /** Of this message. */
  times: number;
  /** Of all messages since then. */
  timesInAll: number;
}

/** Remembers one fault for each key until it is cleared. */
export function createFaultLog(logger: Logger, clock: Pick<Clock, 'monotonic'> = systemClock): FaultLog {
  const standing = new Map<string, Standing>();
  return {
    report: (key, message, fields = {}, level = 'warn') => {
      const last = standing.get(key);
      const isSame = last?.message === message;
      standing.set(key, {
        message,
        since: last?.since ?? clock.monotonic(),
        times: isSame ? last.times + 1 : 1,
        timesInAll: (last?.timesInAll ?? 0) + 1,
      });
      if (isSame) return;
      logger[level](message, last ? { ...fields, before: last.message, beforeTimes: last.times } : fields);
    },
    clear: (key, message, fields = {}) => {
      const last = standing.get(key);
      if (!last) return;
      standing.delete(key);
      const lasted = formatSpan(clock.monotonic() - last.since);
      logger.info(message, { ...fields, times: last.timesInAll, lasted });
    },
  };
}
