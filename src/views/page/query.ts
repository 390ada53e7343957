import { EVENT_NAMES, type EventName } from '../../domain/event/event.ts';

const HOUR_MS = 3_600_000;

/** How far back the timeline goes, by the word that stands in the address. */
export const RANGES = {
  '2h': { ms: 2 * HOUR_MS, words: '2 hours' },
  '24h': { ms: 24 * HOUR_MS, words: '24 hours' },
  '7d': { ms: 7 * 24 * HOUR_MS, words: '7 days' },
  '30d': { ms: 30 * 24 * HOUR_MS, words: '30 days' },
} as const;

/** A word of `RANGES`. */
export type Range = keyof typeof RANGES;

/** What of everything the page is to show. All of it stands in the address, so that a view can be shared. */
export interface PageQuery {
  range: Range;
  /** `null`: every watch. */
  watch: string | null;
  /** Of the recent events; `null`: every event. */
  event: EventName | null;
}

const DEFAULT_RANGE: Range = '24h';

/** Reads what an address asks for. What it does not understand it leaves out: an old or mistyped link still shows a page. */
export function parsePageQuery(parameters: Pick<URLSearchParams, 'get'>): PageQuery {
  const range = parameters.get('range') ?? '';
  const event = parameters.get('event');
  return {
    range: isRange(range) ? range : DEFAULT_RANGE,
    watch: parameters.get('watch') || null,
    event: EVENT_NAMES.find((name) => name === event) ?? null,
  };
}

/** Writes a query as the part of an address behind its path: `?range=7d&watch=orders`, or nothing where all of it is the default. */
export function pageAddress({ range, watch, event }: PageQuery): string {
  const parameters = new URLSearchParams();
  if (range !== DEFAULT_RANGE) parameters.set('range', range);
  if (watch !== null) parameters.set('watch', watch);
  if (event !== null) parameters.set('event', event);
  return parameters.size === 0 ? '/' : `/?${parameters}`;
}

function isRange(word: string): word is Range {
  return Object.hasOwn(RANGES, word);
}
