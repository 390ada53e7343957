import { errorReply } from '../errors.ts';
import type { Reply } from '../reply.ts';

const DEFAULT_PER_PAGE = 100;
const MAX_PER_PAGE = 500;

/** One page, asked for by `pageNum`, `itemsPerPage` and `includeCount`. */
export interface ListPage<T> {
  items: T[];
  /** `links` and, unless it was declined, `totalCount`. */
  frame: { links: Array<{ href: string; rel: string }>; totalCount?: number };
}

/**
 * Cuts the page that the query asks for; a page after the last is empty. `listUrl` is absolute, without query. A list that is not
 * `countable` knows no `includeCount`, and always counts. Gives the error reply when the query is not valid.
 */
export function pageOf<T>(
  all: readonly T[],
  query: URLSearchParams,
  listUrl: string,
  { countable }: { countable: boolean },
): ListPage<T> | Reply {
  const pageNum = readNumber(query, 'pageNum', 1, Number.MAX_SAFE_INTEGER, 1);
  const perPage = readNumber(query, 'itemsPerPage', 1, MAX_PER_PAGE, DEFAULT_PER_PAGE);
  const includeCount = countable ? readFlag(query, 'includeCount', true) : true;
  if (pageNum === null) return errorReply('INVALID_QUERY_PARAMETER', ['pageNum']);
  if (perPage === null) return errorReply('INVALID_QUERY_PARAMETER', ['itemsPerPage']);
  if (includeCount === null) return errorReply('INVALID_QUERY_PARAMETER', ['includeCount']);

  const linkTo = (rel: string, page: number) => ({
    href: `${listUrl}?${countable ? `includeCount=${includeCount}&` : ''}pageNum=${page}&itemsPerPage=${perPage}`,
    rel,
  });
  const end = pageNum * perPage;
  const links = [
    linkTo('self', pageNum),
    ...(pageNum > 1 ? [linkTo('previous', pageNum - 1)] : []),
    ...(end < all.length ? [linkTo('next', pageNum + 1)] : []),
  ];
  return {
    items: all.slice(end - perPage, end),
    frame: includeCount ? { links, totalCount: all.length } : { links },
  };
}

/** A query flag; `null` when it is neither `true` nor `false`. */
export function readFlag(query: URLSearchParams, name: string, otherwise: boolean): boolean | null {
  switch (query.get(name)) {
    case null:
      return otherwise;
    case 'true':
      return true;
    case 'false':
      return false;
    default:
      return null;
  }
}

function readNumber(
  query: URLSearchParams,
  name: string,
  least: number,
  most: number,
  otherwise: number,
): number | null {
  const text = query.get(name);
  if (text === null) return otherwise;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number <= most ? number : null;
}
