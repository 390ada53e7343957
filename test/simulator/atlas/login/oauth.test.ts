import { describe, expect, it } from 'vitest';
import type { AtlasOptions, AtlasSimulator } from '../../../../src/simulator/atlas/atlas.ts';
import { GROUP_ID, T0 } from '../../../support/builders.ts';
import * as client from '../atlas-client.ts';
import { documented } from '../atlas-client.ts';

const ACCOUNT = { clientId: 'mdb_sa_id_64b0c1d2e3f4a5b6c7d8e9f0', clientSecret: 'mdb_sa_sk_secret' };
const JOBS = `/groups/${GROUP_ID}/serverless/orders/backup/restoreJobs`;
const FORM = 'application/x-www-form-urlencoded';

async function anAtlas(options: Partial<AtlasOptions> = {}): Promise<AtlasSimulator> {
  const atlas = await client.anAtlas({ serviceAccount: ACCOUNT, ...options });
  atlas.addInstance(GROUP_ID, 'orders');
  return atlas;
}

function post(
  atlas: AtlasSimulator,
  path: string,
  form: Record<string, string>,
  { secret = ACCOUNT.clientSecret, type = FORM } = {},
): Promise<Response> {
  const basic = Buffer.from(`${ACCOUNT.clientId}:${secret}`).toString('base64');
  return fetch(`${atlas.url}/api/oauth/${path}`, {
    method: 'POST',
    headers: { authorization: `Basic ${basic}`, 'content-type': type },
    body: new URLSearchParams(form).toString(),
  });
}

const CREDENTIALS = { grant_type: 'client_credentials' };

async function aToken(atlas: AtlasSimulator): Promise<string> {
  const reply = await post(atlas, 'token', CREDENTIALS);
  return ((await reply.json()) as { access_token: string }).access_token;
}

async function statusWith(atlas: AtlasSimulator, token: string, root = '/api/atlas/v1.0'): Promise<number> {
  const accept = root.endsWith('v2') ? 'application/vnd.atlas.2023-01-01+json' : 'application/json';
  const headers = { authorization: `Bearer ${token}`, accept };
  return (await fetch(atlas.url + root + JOBS, { headers })).status;
}

describe('a service account', () => {
  it('gets a token for an hour', async () => {
    const reply = await post(await anAtlas(), 'token', CREDENTIALS);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('cache-control')).toBe('no-store');
    const { body } = documented('oauth', 'ok');
    expect(await reply.json()).toEqual({
      ...body,
      access_token: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/),
    });
  });

  it('is let into v1.0 and v2 with it, beside API keys', async () => {
    const atlas = await anAtlas();
    const token = await aToken(atlas);
    expect([await statusWith(atlas, token), await statusWith(atlas, token, '/api/atlas/v2')]).toEqual([
      200, 200,
    ]);
    expect((await client.ask(atlas, 'v1.0', JOBS)).status).toBe(200);
    expect(atlas.digest).toMatchObject({ accepted: 1, challenges: 1, failures: 0 });
    expect(atlas.requests.map(({ authenticated, status }) => [authenticated, status])).toEqual([
      [false, 200],
      [true, 200],
      [true, 200],
      [false, 401],
      [true, 200],
    ]);
  });

  it('does not exist for Ops Manager', async () => {
    const atlas = await anAtlas();
    expect(await statusWith(atlas, await aToken(atlas), '/api/public/v1.0')).toBe(401);
  });

  it('is refused with a token that has run out, was ended early, was revoked or never made', async () => {
    let now = T0;
    const atlas = await anAtlas({ tokenLifeSeconds: 10, now: () => now });
    const [first, second] = [await aToken(atlas), await aToken(atlas)];
    await post(atlas, 'revoke', { token: second });
    expect([await statusWith(atlas, first), await statusWith(atlas, second)]).toEqual([200, 401]);
    now += 10_000;
    const third = await aToken(atlas);
    expect([await statusWith(atlas, first), await statusWith(atlas, third)]).toEqual([401, 200]);
    atlas.expireTokens();
    expect([await statusWith(atlas, third), await statusWith(atlas, 'made-up')]).toEqual([401, 401]);
  });

  it('is refused as by the layer in front of the API', async () => {
    const atlas = await anAtlas();
    const reply = await fetch(`${atlas.url}/api/atlas/v2${JOBS}`, { headers: { authorization: 'Bearer x' } });
    expect(reply.headers.has('x-error-code')).toBe(false);
    expect(await reply.text()).toBe(JSON.stringify(documented('errors', 'bad-api-key').body, null, 2));
  });

  it('may have 100 live tokens, and gets another as soon as one ends', async () => {
    const atlas = await anAtlas();
    const [first] = await Promise.all(Array.from({ length: 100 }, () => aToken(atlas)));
    expect(atlas.liveTokens()).toBe(100);
    const reply = await post(atlas, 'token', CREDENTIALS);
    expect(reply.status).toBe(403);
    expect(await reply.json()).toEqual(documented('oauth', 'too-many-active-tokens').body);
    await post(atlas, 'revoke', { token: first! });
    expect((await post(atlas, 'token', CREDENTIALS)).status).toBe(200);
    expect(atlas.tokens).toEqual({ requests: 102, issued: 101, refused: 1 });
  });
});

describe('a request for a token is refused', () => {
  it.each([
    ['a wrong secret', 'invalid-client', CREDENTIALS, { secret: 'old' }, 401],
    ['another grant', 'unsupported-grant', { grant_type: 'password' }, {}, 400],
  ] as const)('for %s', async (_, name, form, how, status) => {
    const atlas = await anAtlas();
    const reply = await post(atlas, 'token', form, how);
    expect(reply.status).toBe(status);
    expect(await reply.json()).toEqual(documented('oauth', name).body);
    expect(atlas.tokens).toEqual({ requests: 1, issued: 0, refused: 1 });
  });

  it.each([
    ['without a grant', {}, {}],
    ['in another form', CREDENTIALS, { type: 'application/json' }],
  ])('%s', async (_, form, how) => {
    const reply = await post(await anAtlas(), 'token', form as Record<string, string>, how);
    expect(reply.status).toBe(400);
    expect(await reply.json()).toMatchObject({ error: 'invalid_request' });
  });

  it('where no service account is known', async () => {
    const atlas = await client.anAtlas();
    expect((await post(atlas, 'token', CREDENTIALS)).status).toBe(401);
  });

  it.each([
    ['invalid_grant', 400],
    ['access_denied', 403],
    ['slow_down', 429],
    ['server_error', 500],
  ] as const)('on demand, as %s', async (error, status) => {
    const atlas = await anAtlas();
    atlas.refuseTokens(error);
    const reply = await post(atlas, 'token', CREDENTIALS);
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ error });
    atlas.refuseTokens(null);
    expect((await post(atlas, 'token', CREDENTIALS)).status).toBe(200);
  });
});

it('meets a fault in front of the login, and none behind it', async () => {
  const atlas = await anAtlas();
  atlas.setFault({ kind: 'html' });
  expect((await post(atlas, 'token', CREDENTIALS)).status).toBe(200);
  atlas.setFault({ kind: 'html' }, { beforeAuth: true });
  expect((await post(atlas, 'token', CREDENTIALS)).status).toBe(502);
});

it('knows no other OAuth address', async () => {
  expect((await post(await anAtlas(), 'authorize', {})).status).toBe(404);
});
