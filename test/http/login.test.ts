import { describe, expect, it } from 'vitest';
import { openSession, SESSION_MS, sealSession } from '../../src/http/session/cookie.ts';
import { returnPath } from '../../src/http/session/return-path.ts';
import { createSlowDown, guesserOf } from '../../src/http/session/slow-down.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { ask, serve } from './serve.ts';

const TOKENS = { token: () => 'may-act', viewToken: 'may-look' };
const BROWSER = { accept: 'text/html,application/xhtml+xml' };

/** Sends the login form as a browser would. */
function logIn(url: string, token: string, headers: Record<string, string> = {}, to = '/') {
  return ask(`${url}/login`, {
    method: 'POST',
    headers: { origin: url, ...headers },
    body: new URLSearchParams({ token, to }).toString(),
  });
}

const cookieOf = (answer: { headers: Record<string, unknown> }): string =>
  String(answer.headers['set-cookie']).split(';')[0] ?? '';

describe('a login', () => {
  it('is where a browser is sent that may not look, and leads back to what it asked for', async () => {
    const { server, get } = await serve({}, TOKENS);
    expect(await get('/', BROWSER)).toMatchObject({ status: 303, headers: { location: '/login' } });
    const sent = await get('/?range=7d', BROWSER);
    expect(sent).toMatchObject({ status: 303, headers: { location: '/login?to=%2F%3Frange%3D7d' } });
    const page = await get('/login?to=%2F%3Frange%3D7d', BROWSER);
    expect(page.status).toBe(200);
    expect(page.text).toContain('name="to" value="/?range=7d"');
    expect(page.text).not.toContain('<script');
    const entered = await logIn(server.url, 'may-look', {}, '/?range=7d');
    expect(entered).toMatchObject({ status: 303, headers: { location: '/?range=7d' } });
    expect(await get('/', { ...BROWSER, cookie: cookieOf(entered) })).toMatchObject({ status: 200 });
  });

  it('is answered to a program as before, with 401', async () => {
    const { get } = await serve({}, TOKENS);
    expect(await get('/', { accept: '*/*' })).toMatchObject({ status: 401 });
    expect(await get('/api/v1/jobs')).toMatchObject({ status: 401 });
  });

  it('gives a cookie that no script reads and no other site sends, and over https only to https', async () => {
    const { server } = await serve({}, TOKENS);
    const plain = String((await logIn(server.url, 'may-act')).headers['set-cookie']);
    for (const part of ['HttpOnly', 'SameSite=Strict', 'Path=/', `Max-Age=${SESSION_MS / 1_000}`])
      expect(plain).toContain(part);
    expect(plain).not.toContain('Secure');
    expect(plain).toMatch(new RegExp(`^restore-watcher-${new URL(server.url).port}=`));
    expect(plain).not.toContain('may-act');
    const https = { origin: server.url.replace('http:', 'https:') };
    expect(String((await logIn(server.url, 'may-act', https)).headers['set-cookie'])).toContain('Secure');
  });

  it('makes of each token the role that it has', async () => {
    const { server, get } = await serve({}, TOKENS);
    const act = cookieOf(await logIn(server.url, 'may-act'));
    const look = cookieOf(await logIn(server.url, 'may-look'));
    expect((await get('/', { cookie: act })).text).toContain('You may act');
    expect((await get('/', { cookie: look })).text).toContain('You may look');
    expect(await get('/api/v1/jobs', { cookie: look })).toMatchObject({ status: 200 });
    const poll = (headers: Record<string, string>) =>
      ask(`${server.url}/-/poll`, { method: 'POST', headers: { origin: server.url, ...headers } });
    expect(await poll({ cookie: look })).toMatchObject({ status: 403 });
    expect(await poll({ cookie: act })).toMatchObject({ status: 200 });
  });

  it('lets a cookie act only where a page of ours sends it', async () => {
    const { server } = await serve({}, TOKENS);
    const cookie = cookieOf(await logIn(server.url, 'may-act'));
    const poll = async (headers: Record<string, string>) =>
      (await ask(`${server.url}/-/poll`, { method: 'POST', headers: { cookie, ...headers } })).status;
    expect(await poll({})).toBe(403);
    expect(await poll({ origin: 'https://evil.example' })).toBe(403);
    expect(await poll({ origin: 'null' })).toBe(403);
    expect(await poll({ origin: server.url.replace(/\d+$/, '1') })).toBe(403);
    expect(await poll({ origin: server.url, 'sec-fetch-site': 'same-site' })).toBe(403);
    expect(await poll({ origin: 'https://behind-a-proxy.example', 'sec-fetch-site': 'same-origin' })).toBe(
      200,
    );
    expect(await poll({ origin: server.url })).toBe(200);
  });

  it('refuses a form that another site sends, and a token that is none', async () => {
    const { server, logged } = await serve({}, TOKENS);
    expect(await logIn(server.url, 'may-act', { origin: 'https://evil.example' })).toMatchObject({
      status: 403,
    });
    const wrong = await logIn(server.url, 'guessed');
    expect(wrong).toMatchObject({ status: 401 });
    expect(wrong.headers['set-cookie']).toBeUndefined();
    expect(wrong.text).toContain('No such token');
    expect(JSON.stringify(logged)).not.toContain('guessed');
    expect(logged.map(({ message }) => message)).toContain('Somebody gave a wrong token at the login page');
  });

  it('ends when it is left, and when the token is another', async () => {
    let token = 'may-act';
    const { server, get } = await serve({}, { token: () => token });
    const cookie = cookieOf(await logIn(server.url, 'may-act'));
    const left = await ask(`${server.url}/logout`, {
      method: 'POST',
      headers: { cookie, origin: server.url },
    });
    expect(left).toMatchObject({ status: 303, headers: { location: '/' } });
    expect(String(left.headers['set-cookie'])).toContain('Max-Age=0');
    expect(await get('/', { cookie })).toMatchObject({ status: 200 });
    token = 'changed';
    expect(await get('/', { cookie })).toMatchObject({ status: 401 });
  });

  it('is not asked for where no token is set', async () => {
    const { get } = await serve();
    expect(await get('/login', BROWSER)).toMatchObject({ status: 303, headers: { location: '/' } });
    const { text } = await get('/', BROWSER);
    expect(text).not.toContain('Log out');
  });
});

describe('a session', () => {
  const tokens = { token: 'may-act', viewToken: 'may-look' };

  it('holds at every replica with the same tokens until it ends', () => {
    const sealed = sealSession('viewer', 'may-look', T0);
    expect(openSession(sealed, { ...tokens }, T0 + SESSION_MS - 2_000)).toBe('viewer');
    expect(openSession(sealed, tokens, T0 + SESSION_MS)).toBeNull();
  });

  it('is not believed with another role, end, signature or token', () => {
    const [role, end, signature] = sealSession('viewer', 'may-look', T0).split('.');
    const fakes = [
      `actor.${end}.${signature}`,
      `${role}.${Number(end) + 1}.${signature}`,
      `${role}.${end}.${signature?.slice(1)}`,
      `${role}.${end}.`,
      `${role}.${end}`,
      sealSession('actor', 'may-look', T0),
      '',
    ];
    expect(fakes.map((fake) => openSession(fake, tokens, T0))).toEqual(fakes.map(() => null));
    const sealed = sealSession('viewer', 'may-look', T0);
    expect(openSession(sealed, { ...tokens, viewToken: 'new' }, T0)).toBeNull();
    expect(openSession(sealed, { ...tokens, viewToken: null }, T0)).toBeNull();
  });
});

describe('whoever guesses tokens', () => {
  it('waits twice as long each time, five seconds at most, and one guess at a time is looked at', async () => {
    const clock = createManualClock(T0);
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const slowDown = createSlowDown({ monotonic: clock.monotonic, sleep }, new AbortController().signal);
    for (let guess = 0; guess < 7; guess += 1) await slowDown.wrong('10.0.0.1');
    await slowDown.wrong('10.0.0.2');
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 250]);
    slowDown.right('10.0.0.1');
    const held = slowDown.wrong('10.0.0.1');
    expect(slowDown.isHeld('10.0.0.1')).toBe(true);
    expect(slowDown.isHeld('10.0.0.2')).toBe(false);
    await held;
    expect(slowDown.isHeld('10.0.0.1')).toBe(false);
    expect(waits.at(-1)).toBe(250);
  });
});

describe('where a guess comes from', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8:1:2::9', '2001:db8:1:2'],
    ['2001:db8::9', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
    ['', ''],
  ])('is the network that somebody has alone: %s counts as %s', (address, expected) => {
    expect(guesserOf(address)).toBe(expected);
  });
});

describe('where a login leads', () => {
  it.each([
    ['/jobs/1?x=2', '/jobs/1?x=2'],
    ['//evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/\t/evil.example', '/'],
    ['javascript:alert(1)', '/'],
    ['', '/'],
    [undefined, '/'],
  ])('is a path of ours: %j is %j', (given, expected) => {
    expect(returnPath(given)).toBe(expected);
  });
});
