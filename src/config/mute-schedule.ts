import { formatSpan, type Timestamp } from '../domain/instant.ts';
import { type CronSchedule, everPauses, nextSlot } from '../domain/schedule/slots.ts';
import { isTimeZone } from './addresses.ts';
import { cronFault } from './cron.ts';

const YEAR_MS = 366 * 86_400_000;
const SHORTEST_MS = 60_000;

/**
 * What is wrong with a mute that comes round on this schedule, for so many milliseconds each time, counted from `now`; `null`: nothing.
 * One that has always begun again before it ends would never end. The hour at which it is asked decides nothing.
 */
export function muteScheduleFault(every: CronSchedule, forMs: number, now: Timestamp): string | null {
  const { schedule, timeZone } = every;
  if (forMs < SHORTEST_MS) return `expected a minute or more each time, found ${formatSpan(forMs)}`;
  const fault = cronFault(schedule);
  if (fault !== null) {
    return `expected a cron expression of six fields (seconds first) or five, found ${JSON.stringify(schedule)}: ${fault}`;
  }
  if (!isTimeZone(timeZone)) {
    return `expected an IANA time zone such as Europe/Vienna, found ${JSON.stringify(timeZone)}`;
  }
  if (nextSlot(every, now, now + YEAR_MS) === null)
    return `${JSON.stringify(schedule)} does not come round within a year`;
  if (everPauses(every, forMs, now)) return null;
  return `${JSON.stringify(schedule)} comes round again each time before the ${formatSpan(forMs)} are over that the mute would last: it would never end`;
}
