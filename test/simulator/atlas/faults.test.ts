import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AtlasSimulator, startAtlas } from '../../../src/simulator/atlas/atlas.ts';
import { GROUP_ID } from '../../support/builders.ts';
import { fetchByDigest } from './login/digest-client.ts';

const login = { user: 'public', password: 'private' };

let atlas: AtlasSimulator;
beforeEach(async () => {
  atlas = await startAtlas({ publicKey: login.user, privateKey: login.password });
  for (const name of ['orders', 'users']) atlas.addInstance(GROUP_ID, name);
});
afterEach(() => atlas.close());

function ask(instance = 'orders', init: RequestInit = {}): Promise<Response> {
  return fetchByDigest(
    `${atlas.url}/api/atlas/v1.0/groups/${GROUP_ID}/serverless/${instance}/backup/restoreJobs`,
    login,
    init,
  );
}

describe('a fault of Atlas', () => {
  it('can be an error with a code, a time to wait and headers', async () => {
    atlas.setFault({ kind: 'status', status: 429, retryAfter: 3, headers: { 'x-more': 'yes' } });
    const reply = await ask();
    expect(reply.status).toBe(429);
    expect(reply.headers.get('retry-after')).toBe('3');
    expect(reply.headers.get('x-more')).toBe('yes');
    expect(await reply.json()).toMatchObject({
      error: 429,
      errorCode: 'RATE_LIMITED',
      reason: 'Too Many Requests',
    });
  });

  it('can name any code', async () => {
    atlas.setFault({ kind: 'status', status: 403, errorCode: 'NEW_CODE', detail: 'Something new.' });
    expect(await (await ask()).json()).toMatchObject({ errorCode: 'NEW_CODE', detail: 'Something new.' });
  });

  it('can be a page of a proxy', async () => {
    atlas.setFault({ kind: 'html' });
    const reply = await ask();
    expect(reply.status).toBe(502);
    expect(await reply.text()).toContain('<html>');
  });

  it('can be a cut connection', async () => {
    atlas.setFault({ kind: 'reset' });
    await expect(ask()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('can break the reply off in the middle', async () => {
    atlas.setFault({ kind: 'truncate' });
    const reply = await ask();
    expect(reply.status).toBe(200);
    await expect(reply.text()).rejects.toThrow('terminated');
  });

  it('can give half a reply as if it were whole', async () => {
    atlas.setFault({ kind: 'truncate', clean: true });
    const text = await (await ask()).text();
    expect(text.startsWith('{"links"')).toBe(true);
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });

  it('can be silence, which ends with the simulator', async () => {
    atlas.setFault({ kind: 'hang' });
    const reply = ask();
    const request = await atlas.waitForRequest(({ authenticated }) => authenticated);
    expect(request.status).toBeNull();
    await Promise.all([expect(reply).rejects.toThrow('fetch failed'), atlas.close()]);
  });

  it('can be slowness', async () => {
    atlas.setFault({ kind: 'slow', ms: 30 });
    const before = performance.now();
    expect((await ask()).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(25);
  });

  it('can be a reply that is held back until it is let go', async () => {
    const { promise: until, resolve: letGo } = Promise.withResolvers<void>();
    atlas.setFault({ kind: 'held', until }, { times: 1 });
    let isAnswered = false;
    const reply = ask().finally(() => {
      isAnswered = true;
    });
    await atlas.waitForRequest(({ authenticated }) => authenticated);
    expect((await ask()).status).toBe(200);
    expect(isAnswered).toBe(false);
    letGo();
    expect((await reply).status).toBe(200);
  });
});

describe('a fault is met', () => {
  it('until it is taken away', async () => {
    atlas.setFault({ kind: 'status', status: 500 });
    expect([(await ask()).status, (await ask()).status]).toEqual([500, 500]);
    atlas.setFault(null);
    expect((await ask()).status).toBe(200);
  });

  it('as often as it is set to, challenges not counted', async () => {
    atlas.setFault({ kind: 'status', status: 500 }, { times: 2 });
    expect([(await ask()).status, (await ask()).status, (await ask()).status]).toEqual([500, 500, 200]);
  });

  it.each(['/users/', /\/users\//g])('only on the paths that it is set for: %s', async (onlyPath) => {
    atlas.setFault({ kind: 'status', status: 500 }, { onlyPath });
    expect([(await ask('orders')).status, (await ask('users')).status, (await ask('users')).status]).toEqual([
      200, 500, 500,
    ]);
  });

  it('before the login where it is set so', async () => {
    atlas.setFault({ kind: 'status', status: 503 }, { beforeAuth: true });
    const reply = await fetch(`${atlas.url}/api/atlas/v1.0/groups/${GROUP_ID}`);
    expect(reply.status).toBe(503);
    expect(atlas.requests).toMatchObject([{ authenticated: false, status: 503 }]);
  });
});
