import { type Timestamp, toIso } from '../domain/instant.ts';
import type { Person } from '../domain/job/actor.ts';
import { isRecord } from '../domain/json-object.ts';
import { FEED_EVENT_TYPES, type FeedEvent, isFeedEventType } from '../domain/polling/feed-events.ts';
import type { Connection } from './connection.ts';
import { readId, readInstantIfAny } from './kinds/fields.ts';
import { acceptOf, type Page, projectPath, uncountedPageQuery } from './kinds/kind.ts';
import { FIRST_PAGE, pageAfter, readPage } from './pages.ts';
import { badResponse } from './reply/atlas-errors.ts';
import type { JobSource, ReadOptions } from './source.ts';

/** Atlas counts events in a bucket of their own, and so do we: what refuses the feed must not silence the polls, nor they it. */
const BUDGET = 'events';

/** Reading the feed is open to every member of a project. */
const ROLE = 'Project Read Only';

/** Reads the activity feed of projects over a connection: https://www.mongodb.com/docs/api/doc/atlas-admin-api-v2/operation/operation-listgroupevents */
export function createFeed(connection: Pick<Connection, 'getJson'>): Pick<JobSource, 'readFeed'> {
  return {
    readFeed: async (groupId, since, { signal, isUrgent, onWait }: ReadOptions) => {
      const found = new Map<string, FeedEvent>();
      const request = {
        accept: acceptOf('v2', '2023-01-01'),
        budgetKey: groupId,
        budget: BUDGET,
        role: ROLE,
      };
      for (let page: Page | null = FIRST_PAGE; page !== null; ) {
        const path = feedPath(groupId, since, page);
        const { body } = await connection.getJson(path, { ...request, signal, isUrgent, onWait });
        const { results, hasNext } = readPage(body, page);
        for (const raw of results) {
          const event = readEvent(raw);
          if (event !== null) found.set(event.id, event);
        }
        page = hasNext ? pageAfter(page) : null;
      }
      return [...found.values()];
    },
  };
}

/** Path and query below the base URL of one page of what happened since, the newest first. */
export function feedPath(groupId: string, since: Timestamp, page: Page): string {
  const types = FEED_EVENT_TYPES.map((type) => `eventType=${type}`).join('&');
  const from = encodeURIComponent(`${toIso(since).slice(0, 19)}Z`);
  return `${projectPath({ apiVersion: 'v2', groupId })}/events?${uncountedPageQuery(page)}&minDate=${from}&${types}`;
}

/**
 * One event of an answer; `null`: one that nobody has asked for. Nothing else of it is kept.
 * @throws {SourceError} `bad_response`, for one without id, type or date: such a feed cannot be relied on.
 */
export function readEvent(raw: unknown): FeedEvent | null {
  const fields = isRecord(raw) ? raw : {};
  const { eventTypeName: type } = fields;
  const id = readId(fields);
  const at = readInstantIfAny(fields, 'created');
  if (id === null || at === null || typeof type !== 'string') {
    throw badResponse('an event of the activity feed has no id, no type or no date');
  }
  if (!isFeedEventType(type)) return null;
  const person = personIn(fields);
  return { id, type, at, ...(person === null ? {} : { person }) };
}

/** A name is not longer than this, in characters. */
const LONGEST_NAME = 200;

/** Who has done it: a user, or an API key by its public half. `null`: the event does not say. */
function personIn(fields: Readonly<Record<string, unknown>>): Person | null {
  const text = (name: string): string | null => {
    const value = fields[name];
    return typeof value === 'string' && value !== '' ? value.slice(0, LONGEST_NAME) : null;
  };
  const id = text('userId') ?? text('apiKeyId') ?? text('username') ?? text('publicKey');
  return id === null
    ? null
    : { id, name: text('username') ?? text('publicKey'), address: text('remoteAddress') };
}
