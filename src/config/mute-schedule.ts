import { formatSpan, type Timestamp } from '../domain/instant.ts';
import { type CronSchedule, nextSlot } from '../domain/schedule/slots.ts';
import { isTimeZone } from './addresses.ts';
import { cronFault } from './cron.ts';

const YEAR_MS = 366 * 86_400_000;

/**
 * What is wrong with a mute that comes round on this schedule, for so many milliseconds each time, counted from `now`; `null`: nothing.
 * One that begins again before it has ended would be no pause.
 */
export function muteScheduleFault(every: CronSchedule, forMs: number, now: Timestamp): string | null {
  const { schedule, timeZone } = every;
  const fault = cronFault(schedule);
  if (fault !== null) {
    return `expected a cron expression of six fields (seconds first) or five, found ${JSON.stringify(schedule)}: ${fault}`;
  }
  if (!isTimeZone(timeZone)) {
    return `expected an IANA time zone such as Europe/Vienna, found ${JSON.stringify(timeZone)}`;
  }
  const first = nextSlot(every, now, now + YEAR_MS);
  if (first === null) return `${JSON.stringify(schedule)} does not come round within a year`;
  const second = nextSlot(every, first, first + forMs);
  if (second === null) return null;
  return `${JSON.stringify(schedule)} comes round again after ${formatSpan(second - first)}, and the mute would last ${formatSpan(forMs)}: it would never end`;
}
