import { describe, expect, it } from 'vitest';
import type { PollNow, WatchStatus } from '../../../src/watcher/status.ts';
import { aMute, HOUR, T0 } from '../../support/builders.ts';
import { aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';
import { ask, serve } from '../serve.ts';

const TOKENS = { token: () => 'may-act', viewToken: 'may-look' };

/** A browser that has logged in. */
async function browser(url: string, token: string) {
  const form = (path: string, values: Record<string, string>, headers: Record<string, string> = {}) =>
    ask(url + path, {
      method: 'POST',
      headers: { origin: url, ...headers },
      body: new URLSearchParams(values).toString(),
    });
  const login = await form('/login', { token });
  const cookie = String(login.headers['set-cookie']).split(';')[0] ?? '';
  return {
    get: (path: string) => ask(url + path, { headers: { cookie } }),
    send: (path: string, values: Record<string, string>, headers: Record<string, string> = {}) =>
      form(path, values, { cookie, ...headers }),
  };
}

describe('an action of the page', () => {
  it('mutes until Monday with who and why, and the page says so', async () => {
    const { server, store } = await serve({}, TOKENS);
    const { get, send } = await browser(server.url, 'may-act');
    expect((await get('/actions/mute?watch=orders')).text).toContain('value="orders"');
    const values = { watch: 'orders', for: 'monday', reason: 'migration', name: 'Ann' };
    const sent = await send('/actions/mute', values);
    expect(sent).toMatchObject({ status: 303, headers: { location: '/?said=muted' } });
    const [muted] = store.content.mutes;
    expect(muted).toMatchObject({ watch: 'orders', author: 'Ann (server.token)', reason: 'migration' });
    const until = new Date(muted?.until ?? 0);
    expect([until.getUTCDay(), until.getUTCHours(), until.getUTCMinutes()]).toEqual([1, 8, 0]);
    expect(until.getTime()).toBeGreaterThan(T0);
    expect(until.getTime() - T0).toBeLessThanOrEqual(7 * 24 * HOUR);
    expect((await get('/?said=muted')).text).toContain('role="status" tabindex="-1" autofocus>Muted.');
    expect((await get('/?said=%3Cscript%3E')).text).not.toContain('class="said"');
  });

  it('ends a mute, and writes down who asked for it and why before it does', async () => {
    const { server, store } = await serve({ mutes: [aMute({ until: T0 + HOUR })] }, TOKENS);
    const { get, send } = await browser(server.url, 'may-act');
    expect((await get('/')).text).toContain('href="/actions/unmute?id=1"');
    const sent = await send('/actions/unmute', { id: '1', reason: 'done early' });
    expect(sent).toMatchObject({ status: 303, headers: { location: '/?said=unmuted' } });
    expect(store.content.mutes).toMatchObject([{ removed: { by: 'server.token' } }]);
    expect(store.content.audit.at(-1)).toMatchObject({
      kind: 'action.asked',
      data: { action: 'unmute', muteId: '1', by: 'server.token', reason: 'done early' },
    });
    expect(await send('/actions/unmute', { id: '1', reason: 'again' })).toMatchObject({ status: 400 });
  });

  it('polls a watch that there is, and no other', async () => {
    const polled: string[] = [];
    const pollSoon = (watch: string) => {
      polled.push(watch);
      return 'begun' as const;
    };
    const { server, store } = await serve({}, { ...TOKENS, pollSoon });
    const { send } = await browser(server.url, 'may-act');
    const sent = await send('/actions/poll', { watch: 'orders', reason: 'cannot wait' });
    expect(sent).toMatchObject({ status: 303, headers: { location: '/?said=polled' } });
    expect(await send('/actions/poll', { watch: 'other', reason: 'x' })).toMatchObject({ status: 400 });
    expect(polled).toEqual(['orders']);
    expect(store.content.audit.map(({ data }) => data)).toMatchObject([{ action: 'poll', watch: 'orders' }]);
  });

  it.each<[string, { outcome?: PollNow | null; watch?: Partial<WatchStatus> }, string, number]>([
    ['a poll that is under way', { outcome: 'under_way' }, 'poll_follows', 1],
    ['a watcher that polls nothing of it', { outcome: null }, 'not_polled', 1],
    ['one that stops', { outcome: 'stopped' }, 'not_polled', 1],
    ['a watch of another replica', { watch: { polledBy: 'pod-b' } }, 'polled_elsewhere', 0],
    ['a part', { watch: { share: { projects: 1, ofProjects: 2, others: ['b'] } } }, 'polled_in_part', 1],
  ])(
    'says what came of the wish to poll: %s',
    async (_what, { outcome = 'begun', watch = {} }, said, polls) => {
      let asked = 0;
      const { server } = await serve(
        {},
        {
          ...TOKENS,
          status: () => aWatcherStatus({ watches: [aWatchStatus(watch)] }),
          pollSoon: () => {
            asked += 1;
            return outcome;
          },
        },
      );
      const { get, send } = await browser(server.url, 'may-act');
      const sent = await send('/actions/poll', { watch: 'orders', reason: 'cannot wait' });
      expect(sent).toMatchObject({ status: 303, headers: { location: `/?said=${said}` } });
      expect(asked).toBe(polls);
      const { text } = await get('/');
      expect(text.includes('/actions/poll?')).toBe(said !== 'polled_elsewhere');
    },
  );

  it('says of a mute that keeps nothing from anybody that it does not', async () => {
    const { server, store } = await serve({}, TOKENS);
    const { get, send } = await browser(server.url, 'may-act');
    const values = { for: '1h', reason: 'migration' };
    const typo = await send('/actions/mute', { ...values, watch: 'order' });
    expect(typo.headers.location).toBe('/?said=muted_no_watch');
    const unseen = await send('/actions/mute', { ...values, job: 'f'.repeat(24) });
    expect(unseen.headers.location).toBe('/?said=muted_no_job');
    expect((await get('/?said=muted_no_watch')).text).toContain('no watch that is configured is called so');
    expect(store.content.mutes).toHaveLength(2);
    // The form offers those that there are.
    expect((await get('/actions/mute')).text).toContain('<option value="orders"></option>');
  });

  it('asks again, with what was written, where the reason is missing or a value is no good', async () => {
    const { server, store } = await serve({}, TOKENS);
    const { send } = await browser(server.url, 'may-act');
    const hostile = '"><script>alert(1)</script>';
    const asked = await send('/actions/mute', { watch: hostile, for: '4h', reason: ' ' });
    expect(asked.status).toBe(400);
    expect(asked.text).toContain('Say why');
    expect(asked.text).toContain('value="&quot;&gt;&lt;script&gt;');
    expect(asked.text).not.toContain('<script>alert');
    expect(await send('/actions/mute', { watch: 'a', for: '9y', reason: 'r' })).toMatchObject({
      status: 400,
    });
    expect(await send('/actions/none', { reason: 'r' })).toMatchObject({ status: 404 });
    expect(store.content.mutes).toEqual([]);
  });

  it('is neither shown to who may look nor done for them, nor for another site', async () => {
    const { server, store } = await serve({}, TOKENS);
    const viewer = await browser(server.url, 'may-look');
    const { text } = await viewer.get('/');
    expect(text).not.toContain('/actions/');
    expect(text).toContain('log in with the token of server.token');
    expect(await viewer.get('/actions/mute')).toMatchObject({ status: 403 });
    const values = { watch: 'orders', for: '1h', reason: 'r' };
    expect(await viewer.send('/actions/mute', values)).toMatchObject({ status: 403 });
    const actor = await browser(server.url, 'may-act');
    const foreign = await actor.send('/actions/mute', values, { origin: 'https://evil.example' });
    expect(foreign).toMatchObject({ status: 403 });
    expect(store.content.mutes).toEqual([]);
  });

  it('is not offered where no token is set, and the page says how to come by it', async () => {
    const { get, server } = await serve();
    expect((await get('/')).text).toContain('set server.token in the configuration');
    const values = new URLSearchParams({ watch: 'orders', for: '1h', reason: 'r' }).toString();
    const headers = { origin: server.url };
    expect(await ask(`${server.url}/actions/mute`, { method: 'POST', headers, body: values })).toMatchObject({
      status: 403,
    });
  });
});
