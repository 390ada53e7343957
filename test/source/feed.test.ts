import { describe, expect, it } from 'vitest';
import { clusterJob, finish, LINK_CANARY } from '../../src/simulator/atlas/scenario.ts';
import { createFeed, feedPath, readEvent } from '../../src/source/feed.ts';
import { FIRST_PAGE } from '../../src/source/pages.ts';
import { anAtlas, LOGIN } from '../simulator/atlas/atlas-client.ts';
import { GROUP_ID } from '../support/builders.ts';
import { aConnection } from './support.ts';

const OPTIONS = { signal: new AbortController().signal, isUrgent: false };
const AT = Date.parse('2026-11-23T10:00:00Z');
const AUTH = { type: 'digest', publicKey: LOGIN.user, privateKey: LOGIN.password } as const;

/** A project with one restore, on a connection of its own. */
async function aProject(over: Parameters<typeof anAtlas>[0] = {}) {
  const atlas = await anAtlas({ now: () => AT + 60_000, ...over });
  atlas.addInstance(GROUP_ID, 'orders', 'cluster');
  atlas.putJob(GROUP_ID, 'orders', finish(AT + 30_000)(clusterJob({ instance: 'orders', createdAt: AT })));
  const connection = aConnection(atlas.url, { auth: AUTH });
  return { atlas, connection, feed: createFeed(connection) };
}

it('asks for what has to do with restores since a time, without a count', () => {
  const path = feedPath(GROUP_ID, AT, FIRST_PAGE);
  expect(path).toMatch(
    `/api/atlas/v2/groups/${GROUP_ID}/events?includeCount=false&itemsPerPage=500&pageNum=1&minDate=2026-11-23T10%3A00%3A00Z&eventType=CPS_RESTORE_REQUESTED_AUDIT&`,
  );
  expect(path.match(/eventType=/g)).toHaveLength(12);
});

it('reads id, type, time and who it was, and nothing else', async () => {
  const { feed } = await aProject();
  const events = await feed.readFeed(GROUP_ID, AT - 1_000, OPTIONS);
  const person = { id: expect.stringMatching(/^[0-9a-f]{24}$/), name: 'simulated', address: null };
  expect(events).toEqual([
    { id: expect.stringMatching(/^[0-9a-f]{24}$/), type: 'CPS_RESTORE_SUCCESSFUL', at: AT + 30_000, person },
    { id: expect.any(String), type: 'CPS_RESTORE_REQUESTED_AUDIT', at: expect.any(Number), person },
  ]);
  expect(JSON.stringify(events)).not.toContain(LINK_CANARY);
  expect(await feed.readFeed(GROUP_ID, AT + 31_000, OPTIONS)).toEqual([]);
});

it('reads on until the feed has no further page, each event once', async () => {
  const pages = [
    { results: [anEvent('a'), anEvent('b')], links: [{ rel: 'next', href: 'x' }] },
    {
      results: [anEvent('b'), anEvent('c'), { ...anEvent('d'), eventTypeName: 'CLUSTER_CREATED' }],
      links: [],
    },
  ];
  const asked: string[] = [];
  const feed = createFeed({
    getJson: async (path) => {
      asked.push(path);
      return { body: pages[asked.length - 1] ?? null, text: '', status: 200, headers: new Headers() };
    },
  });
  expect((await feed.readFeed(GROUP_ID, AT, OPTIONS)).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  expect(asked.map((path) => /pageNum=\d/.exec(path)?.[0])).toEqual(['pageNum=1', 'pageNum=2']);
});

const anEvent = (id: string) => ({
  id,
  eventTypeName: 'CPS_RESTORE_REQUESTED_AUDIT',
  created: '2026-11-23T10:00:00Z',
});

it.each([null, 'text', {}, { ...anEvent('a'), created: 'lately' }, { ...anEvent('a'), id: 7 }])(
  'takes a feed with an event that it cannot read for unreadable (%#)',
  (raw) => {
    expect(() => readEvent(raw)).toThrow(expect.objectContaining({ reason: 'bad_response' }));
  },
);

describe('the budget of the feed', () => {
  it('is apart from the one of the jobs, in both directions', async () => {
    const { atlas, connection, feed } = await aProject();
    const refused = { onlyPath: '/events', retryAfter: 600 };
    atlas.refuse(GROUP_ID, 'RATE_LIMITED', refused);
    await expect(feed.readFeed(GROUP_ID, AT, OPTIONS)).rejects.toMatchObject({ status: 429 });
    await expect(feed.readFeed(GROUP_ID, AT, OPTIONS)).rejects.toMatchObject({ reason: 'rate_limited' });
    expect(connection.budgetOf(GROUP_ID).waitsFor).toBeNull();
    const jobs = {
      accept: 'application/vnd.atlas.2023-01-01+json',
      budgetKey: GROUP_ID,
      role: 'Project Owner',
      signal: OPTIONS.signal,
    };
    const path = `/api/atlas/v2/groups/${GROUP_ID}/clusters/orders/backup/restoreJobs`;
    expect((await connection.getJson(path, jobs)).status).toBe(200);
    expect(connection.budgets().map(({ project, set }) => [project, set])).toEqual([
      [GROUP_ID, 'events'],
      [GROUP_ID, 'cloud_backups'],
    ]);
  });
});
