import type { Page } from './kinds/kind.ts';
import { badResponse } from './reply/atlas-errors.ts';
import type { JsonReply } from './reply/json-reply.ts';
import { isRecord } from './wire/envelope.ts';

/** The most that Atlas gives. */
const ITEMS_PER_PAGE = 500;

/** Five million items. A list that goes on beyond is one that answers `next` for ever. */
const MOST_PAGES = 10_000;

/**
 * Reads a list page by page, asking for the next one only when it is wanted.
 * @throws {SourceError} what `read` throws, and `bad_response` for an answer that is no list.
 */
export async function* eachPage(
  read: (page: Page) => Promise<Pick<JsonReply, 'body' | 'text'>>,
): AsyncGenerator<{ results: unknown[]; text: string }> {
  for (let pageNum = 1; pageNum <= MOST_PAGES; pageNum += 1) {
    const { body, text } = await read({ pageNum, itemsPerPage: ITEMS_PER_PAGE });
    const { results, isLast } = readPage(body);
    yield { results, text };
    if (isLast) return;
  }
  throw badResponse(`the list does not end after ${MOST_PAGES} pages`);
}

/**
 * One page of a list. Links are never followed, they may lead anywhere: only whether there is a `next` one counts. Where the list of
 * links is missing, a full page is taken to have a successor.
 */
function readPage(body: unknown): { results: unknown[]; isLast: boolean } {
  const { results, links } = isRecord(body) ? body : {};
  if (!Array.isArray(results)) {
    throw badResponse('the answer holds no list of jobs', {
      hint: 'Check baseUrl: this is not how the Atlas API answers.',
    });
  }
  const isLast = Array.isArray(links)
    ? !links.some((link) => isRecord(link) && link.rel === 'next')
    : results.length < ITEMS_PER_PAGE;
  return { results, isLast };
}
