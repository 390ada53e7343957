import type { Logger } from '../../logging/logger.ts';
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
export type SunsetWatch = (path: string, headers: Headers) => void;

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
    const deprecated = dateIn(headers.get('deprecation'));
    const sunset = dateIn(headers.get('sunset'));
    if (deprecated === null && sunset === null) return;
    const endpoint = endpointOf(path);
    const news = String(sunset ?? 'no day yet');
    if (told.get(endpoint) === news) return;
    told.set(endpoint, news);
    logger.warn(
      sunset === null
        ? 'Atlas advises against an API that is in use'
        : 'Atlas has set an end to an API that is in use',
      { connection, endpoint, deprecated: dayOf(deprecated), sunset: dayOf(sunset) },
    );
    if (sunset !== null) onSunset?.({ connection, endpoint, sunsetAt: sunset });
  };
}

function dateIn(text: string | null): number | null {
  const at = Date.parse(text ?? '');
  return Number.isNaN(at) ? null : at;
}

function dayOf(at: number | null): string | undefined {
  return at === null ? undefined : new Date(at).toISOString().slice(0, 10);
}
