import { formatSpan } from '../domain/instant.ts';

const DAY_S = 86_400;

/** How often a cron expression comes round, on a day on which it does. */
export interface Cadence {
  /** From one time to the next: what is so most often, in milliseconds. */
  usualMs: number;
  /** The longest wait within such a day, the night included where it comes round every day. */
  longestMs: number;
  /** Some field of the date is more than `*`. */
  isOnSomeDays: boolean;
}

/**
 * How often a sound expression of five or six fields comes round, read from its fields; `null` where a field says it in words that only
 * the scheduler understands.
 */
export function cadenceOf(expression: string): Cadence | null {
  const { second, minute, hour, date } = fieldsOf(expression);
  const [seconds, minutes, hours] = [valuesOf(second, 60), valuesOf(minute, 60), valuesOf(hour, 24)];
  if (seconds === null || minutes === null || hours === null) return null;
  const isOnSomeDays = date.some((field) => !isAny(field));
  const gaps = gapsOf({ seconds, minutes, hours }, { isEveryDay: !isOnSomeDays });
  return {
    usualMs: mostFrequent(gaps) * 1_000,
    longestMs: Math.max(...gaps.map(({ s }) => s)) * 1_000,
    isOnSomeDays,
  };
}

/** From one time of a day to the next, in seconds, and how often on such a day. */
interface Gap {
  s: number;
  times: number;
}

/**
 * The gaps of a day, in the order in which each comes first: within its minutes, from minute to minute, from hour to hour, and over night.
 * Reckoned from the fields, not from the times that they come to: of every second those are 86,400.
 */
function gapsOf(
  { seconds, minutes, hours }: Record<'seconds' | 'minutes' | 'hours', number[]>,
  { isEveryDay }: { isEveryDay: boolean },
): Gap[] {
  const inMinute = spanOf(seconds);
  const inHour = spanOf(minutes) * 60 + inMinute;
  const inDay = spanOf(hours) * 3_600 + inHour;
  const steps = (values: number[], unitS: number, within: number, times: number): Gap[] =>
    values.slice(1).map((value, index) => ({ s: (value - (values[index] ?? 0)) * unitS - within, times }));
  const isOnce = seconds.length * minutes.length * hours.length === 1;
  return [
    ...steps(seconds, 1, 0, minutes.length * hours.length),
    ...steps(minutes, 60, inMinute, hours.length),
    ...steps(hours, 3_600, inHour, 1),
    ...(isEveryDay || isOnce ? [{ s: DAY_S - inDay, times: 1 }] : []),
  ];
}

/** From the first of these to the last. */
function spanOf(values: readonly number[]): number {
  return (values.at(-1) ?? 0) - (values[0] ?? 0);
}

/** `every 30 s`, `every 5 min on some days, at most 16 h 5 min apart`; `''` where it cannot be told. */
export function cadenceText(expression: string): string {
  const cadence = cadenceOf(expression);
  if (cadence === null) return '';
  const { usualMs, longestMs, isOnSomeDays } = cadence;
  const every = usualMs === DAY_S * 1_000 ? 'once a day' : `every ${formatSpan(usualMs)}`;
  const days = isOnSomeDays ? ' on some days' : '';
  return `${every}${days}${longestMs > usualMs ? `, at most ${formatSpan(longestMs)} apart` : ''}`;
}

/** The fields of an expression by their names; without one for the second, that is 0. */
export function fieldsOf(expression: string): {
  second: string;
  minute: string;
  hour: string;
  /** Day of month, month, day of week. */
  date: readonly [day: string, month: string, weekday: string];
} {
  const fields = expression.trim().split(/\s+/);
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] =
    fields.length === 5 ? ['0', ...fields] : fields;
  return { second, minute, hour, date: [day, month, weekday] };
}

/** True for a field that takes every value. */
export function isAny(field: string): boolean {
  return field === '*' || field === '?' || field === '*/1';
}

/** The values of a field below `end`, in order. */
function valuesOf(field: string, end: number): number[] | null {
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [, range, from, to, step] = /^(\*|\?|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part) ?? [];
    if (range === undefined) return null;
    const begin = Number(from ?? 0);
    const isSingle = from !== undefined && to === undefined && step === undefined;
    const last = isSingle ? begin : Number(to ?? end - 1);
    for (let value = begin; value <= last; value += Math.max(1, Number(step ?? 1))) values.add(value);
  }
  return [...values].filter((value) => value < end).sort((a, b) => a - b);
}

function mostFrequent(gaps: readonly Gap[]): number {
  const counts = new Map<number, number>();
  for (const { s, times } of gaps) counts.set(s, (counts.get(s) ?? 0) + times);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  return most?.[0] ?? DAY_S;
}
