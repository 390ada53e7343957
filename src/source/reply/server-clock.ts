import type { Clock } from '../../clock.ts';
import { formatSpan } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import { readHeaderDate } from '../../net/header-date.ts';

/** How far the clock of Atlas, which the times of the jobs come from, is from ours. */
export interface ServerClock {
  /** Looks at the `Date` of an answer that has just come from Atlas itself. */
  note(headers: Headers): void;
  /** See `JobSource.aheadMs`. */
  aheadMs(): number;
}

/** `Date` counts whole seconds and is a request old: as long as the clocks agree this well, ours stands. */
const TOLERANCE_MS = 5 * 60_000;

/** A clock that agrees with ours until an answer shows something else. Warns when that begins, and tells when it ends. */
export function createServerClock({
  connection,
  clock,
  logger,
}: {
  connection: string;
  clock: Clock;
  logger: Logger;
}): ServerClock {
  let aheadMs = 0;
  return {
    note: (headers) => {
      const date = readHeaderDate(headers.get('date'));
      // What a cache has kept has the date of back then.
      if (date === null || headers.has('age')) return;
      const before = aheadMs;
      const differenceMs = date - clock.now();
      aheadMs = Math.abs(differenceMs) > TOLERANCE_MS ? differenceMs : 0;
      if ((before === 0) === (aheadMs === 0)) return;
      if (aheadMs === 0) logger.info('The clock of this machine agrees with Atlas again', { connection });
      else
        logger.warn(
          `The clock of this machine is ${formatSpan(Math.abs(aheadMs))} ${aheadMs < 0 ? 'ahead of' : 'behind'} Atlas`,
          { connection, hint: 'Set it (NTP). Until then restores are told by the time of Atlas.' },
        );
    },
    aheadMs: () => aheadMs,
  };
}
