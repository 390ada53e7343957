import { describe, expect, it } from 'vitest';
import { serve } from './serve.ts';

describe('POST /-/poll', () => {
  it('says what was begun, and for an unknown watch which ones there are', async () => {
    const { server } = await serve({}, { token: () => 'secret', pollSoon: () => 'under_way' });
    const post = (query: string) =>
      fetch(`${server.url}/-/poll${query}`, { method: 'POST', headers: { Authorization: 'Bearer secret' } });
    const asked = await post('?watch=orders');
    expect([asked.status, await asked.json()]).toEqual([
      200,
      { watches: [{ watch: 'orders', poll: 'under_way' }] },
    ]);
    const unknown = await post('?watch=order');
    expect([unknown.status, await unknown.json()]).toEqual([
      404,
      { error: 'no such watch', hint: 'there are: orders' },
    ]);
  });
});
