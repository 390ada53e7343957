import type { Logger } from '../../logging/logger.ts';
import { datedMembers, readHeaderDates } from '../../net/headers/header-date.ts';
import type { ReplyHeaders } from '../../net/headers/reply-headers.ts';
import { endpointOf } from '../wire/endpoints.ts';

/** Atlas has named the day on which an endpoint ends. */
export interface SunsetNotice {
  connection: string;
  /** What kind of path it is, with names and ids left out. */
  endpoint: string;
  /** Milliseconds since the epoch. */
  sunsetAt: number;
}

/** Looks at the headers of an answer to a request for this path. */
export type SunsetWatch = (path: string, headers: ReplyHeaders) => void;

/**
 * Looks at the `Deprecation` and `Sunset` headers of every answer: https://www.mongodb.com/docs/atlas/api/versioned-api-overview/
 * Warns once for each kind of path, and again only when the day is moved.
 */
export function createSunsetWatch(options: {
  connection: string;
  logger: Logger;
  onSunset?: ((notice: SunsetNotice) => void) | undefined;
}): SunsetWatch {
  const { connection, logger, onSunset } = options;
  const told = new Map<string, string>();
  return (path, headers) => {
    const deprecation = readDeprecation(headers.get('deprecation'));
    const sunset = readSunset(headers.get('sunset'));
    if (deprecation === null && sunset === null) return;
    const endpoint = endpointOf(path);
    const news = String(sunset ?? 'no day yet');
    if (told.get(endpoint) === news) return;
    told.set(endpoint, news);
    logger.warn(
      sunset === null
        ? 'Atlas advises against an API that is in use'
        : 'Atlas has set an end to an API that is in use',
      { connection, endpoint, deprecated: dayOf(deprecation?.since), sunset: dayOf(sunset) },
    );
    if (sunset !== null) onSunset?.({ connection, endpoint, sunsetAt: sunset });
  };
}

/** The day on which `Sunset` (RFC 8594) says that an API ends: of several, the first. `null` where it names none. */
export function readSunset(text: string | null): number | null {
  return earliest(readHeaderDates(text));
}

/** `Deprecation` is a date (RFC 9745: `@1688169599`; Atlas: an HTTP date) or, in its drafts, a plain yes. */
function readDeprecation(text: string | null): { since: number | null } | null {
  const since = earliest(readHeaderDates(text));
  if (since !== null) return { since };
  const isYes = datedMembers(text).some((word) => /^(?:true|\?1)(?:;.*)?$/i.test(word));
  return isYes ? { since: null } : null;
}

function earliest(dates: readonly number[]): number | null {
  return dates.length === 0 ? null : Math.min(...dates);
}

/** For people and for logs: the day alone. */
export function dayOf(at: number | null | undefined): string | undefined {
  return at === null || at === undefined ? undefined : new Date(at).toISOString().slice(0, 10);
}
