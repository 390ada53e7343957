import { describe, expect, it } from 'vitest';
import { aWatcherStatus, aWatchStatus } from '../support/statuses.ts';
import { ask, serve } from './serve.ts';

describe('POST /-/poll', () => {
  it('says what was begun, and for an unknown watch which ones there are', async () => {
    const { server } = await serve({}, { token: () => 'secret', pollSoon: () => 'under_way' });
    const post = (query: string) =>
      fetch(`${server.url}/-/poll${query}`, { method: 'POST', headers: { Authorization: 'Bearer secret' } });
    const asked = await post('?watch=orders');
    expect([asked.status, await asked.json()]).toEqual([
      200,
      { watches: [{ watch: 'orders', poll: 'under_way', notAsked: [] }] },
    ]);
    const unknown = await post('?watch=order');
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: 'no such watch', hint: 'there are: orders' },
    ]);
  });

  it('says which replicas were not asked: one that has the watch, or those that have parts of it', async () => {
    const asked: string[] = [];
    const share = { projects: 2, ofProjects: 5, others: ['b', 'c'] };
    const watches = [aWatchStatus({ watch: 'far', polledBy: 'b' }), aWatchStatus({ watch: 'all', share })];
    const { server } = await serve(
      {},
      {
        token: () => 'secret',
        status: () => aWatcherStatus({ watches }),
        pollSoon: (watch) => {
          asked.push(watch);
          return 'begun';
        },
      },
    );
    const answer = await ask(`${server.url}/-/poll`, {
      method: 'POST',
      headers: { Authorization: 'Bearer secret' },
    });
    expect(answer.body.watches).toEqual([
      { watch: 'far', poll: 'elsewhere', notAsked: ['b'] },
      { watch: 'all', poll: 'begun', notAsked: ['b', 'c'] },
    ]);
    expect(asked).toEqual(['all']);
  });
});
