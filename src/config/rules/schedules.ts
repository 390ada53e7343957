import { formatSpan } from '../../domain/instant.ts';
import { cadenceOf, fieldsOf, isAny } from '../cadence.ts';
import { cronFault } from '../cron.ts';
import type { Path } from '../text/paths.ts';
import { entriesOf, type Rule, type RuleContext } from './rule.ts';

const TEN_MINUTES_MS = 600_000;
const HOUR_MS = 3_600_000;

/** Sound schedules that most likely mean something else than what they say. */
export const schedulesMeanWhatTheySay: Rule = (context) => {
  const { config, warn } = context;
  for (const [path, schedule] of schedulesIn(config)) {
    if (cronFault(schedule) !== null) continue;
    const oddity = everySecond(schedule) ?? twoKindsOfDay(schedule);
    if (oddity !== null) warn(path, oddity);
  }
  for (const [index, { schedule }] of entriesOf(config.watches)) {
    if (schedule === undefined || cronFault(schedule) !== null) continue;
    const oddity = rarePolls(schedule);
    if (oddity !== null) warn(['watches', index, 'schedule'], oddity);
  }
};

/** Every cron expression of the file, wherever one may stand. */
function schedulesIn({ watches, channels, testAlert }: RuleContext['config']): Array<[Path, string]> {
  const found: Array<[Path, string | undefined]> = [
    ...entriesOf(watches).flatMap(
      ([index, watch]): Array<[Path, string | undefined]> => [
        [['watches', index, 'schedule'], watch.schedule],
        [['watches', index, 'scheduleIdle'], watch.scheduleIdle],
      ],
    ),
    ...entriesOf(channels).map(([index, channel]): [Path, string | undefined] => [
      ['channels', index, 'digest'],
      'digest' in channel ? channel.digest : undefined,
    ]),
    [['testAlert', 'schedule'], testAlert?.schedule],
  ];
  return found.flatMap(
    ([path, schedule]): Array<[Path, string]> => (schedule === undefined ? [] : [[path, schedule]]),
  );
}

/** A star for the seconds in front of minutes that are chosen: the five fields of cron with one more put in front. */
function everySecond(schedule: string): string | null {
  const { second, minute } = fieldsOf(schedule);
  if (!isAny(second) || isAny(minute)) return null;
  const rest = schedule.trim().split(/\s+/).slice(1).join(' ');
  return `comes round every second of each such minute: the first of six fields is the second; once in each is "0 ${rest}"`;
}

/** node-cron has both hold. */
function twoKindsOfDay(schedule: string): string | null {
  const [day, , weekday] = fieldsOf(schedule).date;
  if (isAny(day) || isAny(weekday)) return null;
  return `comes round only on days that are both day of month ${day} and day of week ${weekday} (where cron would take either): leave one of them "*"`;
}

function rarePolls(schedule: string): string | null {
  const usualMs = cadenceOf(schedule)?.usualMs ?? 0;
  const fields = schedule.trim().split(/\s+/);
  const isFive = fields.length === 5 && fields.slice(1).every(isAny);
  if (usualMs < (isFive ? TEN_MINUTES_MS : HOUR_MS)) return null;
  const asSix = isFive
    ? `: the first of five fields is the minute; with seconds it is "${[...fields, '*'].join(' ')}"`
    : '';
  return `polls every ${formatSpan(usualMs)} only, and nothing is noticed sooner${asSix}`;
}
