import { isRecord } from '../domain/json-object.ts';
import type { Page } from './kinds/kind.ts';
import { badResponse } from './reply/atlas-errors.ts';

/** The most that Atlas gives. */
const ITEMS_PER_PAGE = 500;

/** Five million items. A list that goes on beyond is one that answers `next` for ever. */
const MOST_PAGES = 10_000;

/** Where the reading of a list begins. */
export const FIRST_PAGE: Page = { pageNum: 1, itemsPerPage: ITEMS_PER_PAGE };

/**
 * Reads the answer to `page` of a list; `hasNext`: it is not the last one. Links are never followed, they may lead anywhere: only whether
 * there is a `next` one counts. Where the list of links is missing, a full page is taken to have a successor.
 * @throws {SourceError} `bad_response`, for an answer that is no list, and for a list that does not end.
 */
export function readPage(body: unknown, page: Page): { results: unknown[]; hasNext: boolean } {
  const { results, links } = isRecord(body) ? body : {};
  if (!Array.isArray(results)) {
    throw badResponse('the answer holds no list', {
      hint: 'Check baseUrl: this is not how the Atlas API answers.',
    });
  }
  const isLast = Array.isArray(links)
    ? !links.some((link) => isRecord(link) && link.rel === 'next')
    : results.length < ITEMS_PER_PAGE;
  if (!isLast && page.pageNum >= MOST_PAGES)
    throw badResponse(`the list does not end after ${MOST_PAGES} pages`);
  return { results, hasNext: !isLast };
}

/** The page to ask for after this one. */
export function pageAfter(page: Page): Page {
  return { ...page, pageNum: page.pageNum + 1 };
}
