/** Whatever a header dates lies in here: what lies outside is the slip of a clock, of a program, or of a test. */
const EARLIEST = Date.UTC(2010, 0, 1);
const END = Date.UTC(2100, 0, 1);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})';

/** The three forms of RFC 9110, section 5.6.7: the one to be written, and the two old ones that every recipient has to understand. */
const HTTP_DATES: readonly RegExp[] = [
  new RegExp(`^${DAY}, (?<date>\\d{2}) ${MONTH} (?<year>\\d{4}) ${TIME} GMT$`),
  new RegExp(`^${LONG_DAY}, (?<date>\\d{2})-${MONTH}-(?<year>\\d{2}) ${TIME} GMT$`),
  new RegExp(`^${DAY} ${MONTH} (?<date>[ \\d]\\d) ${TIME} (?<year>\\d{4})$`),
];

/** The comma between two members of a field, and not the one behind the name of a day. */
const BETWEEN_MEMBERS = /(?<!Mon|Tue|Wed|Thu|Fri|Sat|Sun|day),/;

/**
 * Reads the date of a header: an HTTP date, or `@` and seconds since the epoch (RFC 9651, section 3.3.7), with or without parameters.
 * A field that came twice is read where it says the same both times. `null` for all else that `Date.parse` takes for a date (`0`, `?1`), for a day that is in no
 * calendar, and for any time before 2010 or after 2099.
 */
export function readHeaderDate(text: string | null): number | null {
  const [first = null, ...others] = datedMembers(text).map(readOne);
  return others.every((other) => other === first) ? first : null;
}

/** Reads the dates of a field that may have come several times; leaves out what is none: see `readHeaderDate`. */
export function readHeaderDates(text: string | null): number[] {
  return datedMembers(text).flatMap((member) => readOne(member) ?? []);
}

/** Parts a field that came several times, or names several, into its members; dates stay whole. */
export function datedMembers(text: string | null): string[] {
  return (text ?? '').split(BETWEEN_MEMBERS).map((member) => member.trim());
}

/** Returns what lies between 2010 and 2099, and `null` for any other instant. */
export function plausibleInstant(at: number): number | null {
  return at >= EARLIEST && at < END ? at : null;
}

function readOne(text: string): number | null {
  const seconds = /^@(\d{1,12})(?:;.*)?$/.exec(text)?.[1];
  if (seconds !== undefined) return plausibleInstant(Number(seconds) * 1_000);
  for (const form of HTTP_DATES) {
    const parts = form.exec(text)?.groups;
    if (parts) return plausibleInstant(instantOf(parts) ?? Number.NaN);
  }
  return null;
}

/** `null` for a time that no calendar has. A leap second is the second before it. The name of the day is not compared with the date. */
function instantOf(parts: Record<string, string | undefined>): number | null {
  const numberIn = (name: string): number => Number(parts[name]);
  const [date, hour, minute, second] = [
    numberIn('date'),
    numberIn('hour'),
    numberIn('minute'),
    numberIn('second'),
  ];
  const year = numberIn('year');
  // Two digits are of this century: what a header dates lies after 2009.
  const midnight = new Date(
    Date.UTC(year < 100 ? 2_000 + year : year, MONTHS.indexOf(parts.month ?? ''), date),
  );
  if (midnight.getUTCDate() !== date || hour > 23 || minute > 59 || second > 60) return null;
  return midnight.getTime() + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1_000;
}
