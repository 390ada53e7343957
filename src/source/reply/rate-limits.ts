import { datedMembers, plausibleInstant, readHeaderDate } from '../../net/headers/header-date.ts';
import { type HeaderItem, readHeaderList } from '../../net/headers/header-list.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';

/** What a reply says about the bucket that its request came out of. */
export interface RateLimits {
  /** How many the bucket holds when it is full; at least 1. */
  limit: number;
  remaining: number;
  /** In how long it is full again. Absent where the reply does not say. */
  fullInMs?: number;
  /** In how long an empty one is full. Absent where the reply does not say. */
  windowMs?: number;
}

/** Which headers there are, and against which time a date in them counts where the reply has no `Date`. */
type Reply = { headers: ReplyHeaders; now: number };

/** Who counts from now on counts up to an hour at most; a greater number is the second of an epoch, or its millisecond. */
const LONGEST_MS = 3_600_000;
const FIRST_EPOCH_SECOND = 1e9;
const FIRST_EPOCH_MS = 1e12;

/**
 * Reads the limits in a reply, whoever answers: Atlas (`RateLimit-Limit`, `RateLimit-Remaining`) or a gateway before it, which may
 * follow any draft of https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/ (also `RateLimit-Reset`,
 * `RateLimit-Policy`, and all in one `RateLimit`). `null` unless limit and rest are there and make sense.
 *
 * Of several policies, the one of which the smallest share is left.
 */
export function readRateLimits(headers: ReplyHeaders, now: number): RateLimits | null {
  const reply = { headers, now };
  return scarcest(inPolicies(reply)) ?? inOneField(reply) ?? inFields(reply);
}

/** How long a reply that refuses because of its limits asks to wait; `undefined`: it does not say. */
export function untilRefillMs(headers: ReplyHeaders, now: number): number | undefined {
  const limits = readRateLimits(headers, now);
  if (limits !== null) return limits.remaining === 0 ? limits.fullInMs : undefined;
  return longest(untilResets({ headers, now }));
}

/** `"burst";r=40;t=30`, and in `RateLimit-Policy` `"burst";q=100;w=60`. */
function inPolicies({ headers, now }: Reply): RateLimits[] {
  const policies = new Map(readHeaderList(headers.get('ratelimit-policy')).map((each) => [each.name, each]));
  const [told] = leadingNumbers(headers.get('ratelimit-limit'));
  return readHeaderList(headers.get('ratelimit')).flatMap(({ name, params }) => {
    const policy = policies.get(name);
    const remaining = countIn(params.get('r'));
    if (remaining === null || !countsRequests(policy)) return [];
    const limit = countIn(policy?.params.get('q')) ?? told;
    const found = limitsOf(limit ?? Math.max(1, remaining), remaining, {
      fullInMs: untilReset(params.get('t'), { headers, now }),
      windowMs: windowOf(policy),
    });
    return found === null ? [] : [found];
  });
}

/** `limit=10, remaining=0, reset=1`. */
function inOneField({ headers, now }: Reply): RateLimits | null {
  const members = new Map(
    readHeaderList(headers.get('ratelimit')).map(({ name, value }) => [name.toLowerCase(), value]),
  );
  const limit = countIn(members.get('limit'));
  return limitsOf(limit, countIn(members.get('remaining')), {
    fullInMs: untilReset(members.get('reset'), { headers, now }),
    windowMs: windowOfLimit(limit, headers),
  });
}

/** A header for each. A gateway may add its own to Atlas's: then the first of each belong together, and so on. */
function inFields({ headers, now }: Reply): RateLimits | null {
  const limits = leadingNumbers(headers.get('ratelimit-limit'));
  const remaining = leadingNumbers(headers.get('ratelimit-remaining'));
  const pairs = limits.length === remaining.length ? limits : limits.slice(0, 1);
  const resets = resetsFor(pairs, { headers, now });
  const found = pairs.flatMap((limit, index) => {
    const times = { fullInMs: resets[index], windowMs: undefined };
    return limitsOf(limit, remaining[index] ?? null, times) ?? [];
  });
  const { limit = null, remaining: left = null, fullInMs } = scarcest(found) ?? {};
  return limitsOf(limit, left, { fullInMs, windowMs: windowOfLimit(limit, headers) });
}

/** The reset of each limit. Where there are not as many, it is that of the smallest limit: a gateway's, since Atlas sends none. */
function resetsFor(limits: readonly number[], reply: Reply): Array<number | undefined> {
  const resets = untilResets(reply);
  if (resets.length === limits.length) return resets;
  const smallest = limits.indexOf(limits.toSorted((a, b) => a - b)[0] ?? 0);
  return limits.map((_, index) => (index === smallest ? longest(resets) : undefined));
}

function limitsOf(
  limit: number | null,
  remaining: number | null,
  { fullInMs, windowMs }: { fullInMs: number | undefined; windowMs: number | undefined },
): RateLimits | null {
  if (limit === null || remaining === null || limit < 1) return null;
  return {
    limit,
    remaining,
    ...(fullInMs === undefined ? {} : { fullInMs }),
    ...(windowMs === undefined ? {} : { windowMs }),
  };
}

function scarcest(found: readonly RateLimits[]): RateLimits | null {
  const [first = null] = found.toSorted((a, b) => a.remaining / a.limit - b.remaining / b.limit);
  return first;
}

/** A policy may count bytes, or how many run at once. */
function countsRequests(policy: HeaderItem | undefined): boolean {
  return (policy?.params.get('qu') ?? 'requests') === 'requests';
}

/** The window of the policy that has this limit: `100;w=60`, in the header of the policies or behind the limit itself. */
function windowOfLimit(limit: number | null, headers: ReplyHeaders): number | undefined {
  const policies = [
    ...readHeaderList(headers.get('ratelimit-policy')),
    ...readHeaderList(headers.get('ratelimit-limit')),
  ];
  return windowOf(
    policies.find(
      ({ name, params }) => params.has('w') && countIn(params.get('q') ?? name) === limit && limit !== null,
    ),
  );
}

function windowOf(policy: HeaderItem | undefined): number | undefined {
  const seconds = countIn(policy?.params.get('w'));
  return seconds === null || seconds === 0 ? undefined : seconds * 1_000;
}

function untilResets(reply: Reply): Array<number | undefined> {
  return datedMembers(reply.headers.get('ratelimit-reset')).map((text) => untilReset(text, reply));
}

function longest(times: ReadonlyArray<number | undefined>): number | undefined {
  return times.reduce((one, other) => (one === undefined || (other ?? 0) > one ? other : one), undefined);
}

/** Until the time that is named, in seconds from now or as a date. */
function untilReset(text: string | null | undefined, { headers, now }: Reply): number | undefined {
  const trimmed = text?.trim() ?? '';
  const number = /^\d{1,15}(?:\.\d{1,9})?$/.test(trimmed) ? Number(trimmed) : null;
  if (number !== null && number < FIRST_EPOCH_SECOND) return Math.min(LONGEST_MS, number * 1_000);
  const at =
    number === null
      ? readHeaderDate(trimmed)
      : plausibleInstant(number < FIRST_EPOCH_MS ? number * 1_000 : number);
  if (at === null) return undefined;
  return Math.min(LONGEST_MS, Math.max(0, at - (readHeaderDate(headers.get('date')) ?? now)));
}

/** A whole number and nothing else. */
function countIn(text: string | null | undefined): number | null {
  return text !== null && text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;
}

/** The numbers of a header that may have come several times. Policies may stand behind the first one (`100, 100;w=60`). */
function leadingNumbers(text: string | null): number[] {
  const members = (text ?? '').split(',').filter((member, index) => index === 0 || !member.includes(';'));
  const numbers = members.map((member) => /^\s*(\d{1,12})\b/.exec(member)?.[1]);
  return numbers.every((digits) => digits !== undefined) ? numbers.map(Number) : [];
}
