import { parseInstant, type Timestamp } from '../domain/instant.ts';
import { shorten } from '../domain/shorten.ts';
import type { PageRequest } from '../store/ports/records.ts';

/** What a request got wrong, and what would be right. Answered with 400. */
export class QueryFault extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

const MAX_LIMIT = 500;
const DEFAULT_LIMIT = 50;

// Not a zod schema: each of its issues would be put into a message and a hint here again, by as many lines as these checks have.

/** The query of one request. Reading a value that is not usable throws a QueryFault. */
interface Query {
  text(name: string): string | undefined;
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined;
  instant(name: string): Timestamp | undefined;
  /** A whole number from 0. */
  whole(name: string): number | undefined;
  /** `limit`, or how many are usual. */
  limit(): number;
}

/** The query of a request for a list that is answered page by page. */
interface PagedQuery extends Query {
  page(): PageRequest;
}

/** Reads a query that may hold `limit` and `cursor` besides. @throws {QueryFault} */
export function readPagedQuery(url: string, filters: readonly string[]): PagedQuery {
  const query = readQuery(url, [...filters, 'limit', 'cursor']);
  return { ...query, page: () => ({ limit: query.limit(), cursor: query.text('cursor') }) };
}

/**
 * Reads a query that may hold these parameters, and nothing else: a filter that is misspelt, or that is not heeded, must not answer with
 * everything.
 * @throws {QueryFault} for an unknown or repeated parameter.
 */
export function readQuery(url: string, known: readonly string[]): Query {
  const params = new URL(url).searchParams;
  for (const name of params.keys()) {
    if (!known.includes(name))
      throw new QueryFault(
        `unknown parameter ${quote(name)}`,
        known.length === 0 ? 'none is known here' : `known: ${known.join(', ')}`,
      );
    if (params.getAll(name).length > 1)
      throw new QueryFault(`parameter ${name} is given twice`, 'give it once');
  }
  const text = (name: string): string | undefined => params.get(name) || undefined;
  return {
    text,
    oneOf: (name, allowed) => oneOf(name, text(name), allowed),
    instant: (name) => instant(name, text(name)),
    whole: (name) => whole(name, text(name)),
    limit: () => limit(text('limit')),
  };
}

function oneOf<T extends string>(
  name: string,
  given: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (given === undefined) return undefined;
  const found = allowed.find((value) => value === given);
  if (found === undefined)
    throw new QueryFault(`${name} cannot be ${quote(given)}`, `one of: ${allowed.join(', ')}`);
  return found;
}

function instant(name: string, given: string | undefined): Timestamp | undefined {
  if (given === undefined) return undefined;
  const at = parseInstant(given);
  if (at === null) {
    throw new QueryFault(`${name} is not a time: ${quote(given)}`, 'ISO 8601, such as 2026-11-02T08:00:00Z');
  }
  return at;
}

function whole(name: string, given: string | undefined): number | undefined {
  if (given === undefined || /^\d{1,15}$/.test(given)) return given === undefined ? undefined : Number(given);
  throw new QueryFault(`${name} cannot be ${quote(given)}`, 'a whole number from 0');
}

function limit(given: string | undefined): number {
  if (given === undefined) return DEFAULT_LIMIT;
  const value = /^\d{1,4}$/.test(given) ? Number(given) : 0;
  if (value < 1 || value > MAX_LIMIT) {
    throw new QueryFault(`limit cannot be ${quote(given)}`, `a whole number from 1 to ${MAX_LIMIT}`);
  }
  return value;
}

function quote(text: string): string {
  return JSON.stringify(shorten(text, 41));
}
