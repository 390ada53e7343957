import { describe, expect, it } from 'vitest';
import type { SourceError, SourceReason } from '../../../src/errors.ts';
import type { ConnectionOptions } from '../../../src/source/connection.ts';
import { createMemoryVault, type TokenVault } from '../../../src/source/login/vault/token-vault.ts';
import type { RequestRecord } from '../../../src/source/wire/http-exchange.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { createSteppingClock, settled } from '../../support/stepping-clock.ts';
import { aConnection, get } from '../support.ts';
import { AUTH, CLIENT_ID, CLIENT_SECRET, createOauthWorld, json, ORIGIN } from './oauth-world.ts';

function aWorld(over: Partial<ConnectionOptions> = {}) {
  const oauth = createOauthWorld();
  const clock = createSteppingClock();
  const logger = createRecordingLogger();
  const records: RequestRecord[] = [];
  const connect = (more: Partial<ConnectionOptions> = {}) =>
    aConnection(ORIGIN, {
      auth: AUTH,
      fetch: oauth.fetch,
      clock,
      logger,
      onRequest: (record) => records.push(record),
      ...over,
      ...more,
    });
  return { oauth, clock, logger, records, connect };
}

const INVALID_TOKEN = { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
const DIGEST = { 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' };

const failure = (call: Promise<unknown>): Promise<SourceError> =>
  call.then(
    () => expect.unreachable('it went well'),
    (error: unknown) => error as SourceError,
  );

describe('one token', () => {
  it('is asked for as the API wants it, at the origin of the connection', async () => {
    const { oauth, connect } = aWorld();
    await expect(get(connect())).resolves.toMatchObject({ body: { fine: true } });
    expect(oauth.asked).toEqual([
      {
        url: 'https://cloud.mongodb.com/api/oauth/token',
        method: 'POST',
        headers: {
          Accept: 'application/json',
          Authorization: `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`,
          'Content-Type': 'application/x-www-form-urlencoded',
        },
        body: 'grant_type=client_credentials',
      },
    ]);
    expect(oauth.reads).toEqual([{ url: expect.stringContaining(ORIGIN), token: 'token-1-canary' }]);
  });

  it('is asked for below the path that a gateway has put Atlas under', async () => {
    const { oauth, connect } = aWorld();
    await get(connect({ baseUrl: `${ORIGIN}/atlas` }));
    expect(oauth.asked.map(({ url }) => url)).toEqual([`${ORIGIN}/atlas/api/oauth/token`]);
  });

  it('serves a hundred polls, one after the other', async () => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    for (let poll = 0; poll < 100; poll += 1) {
      await get(connection);
      await clock.step(30_000);
    }
    expect(oauth.reads).toHaveLength(100);
    expect(oauth.asked).toHaveLength(1);
  });

  it('serves fifty that start at once', async () => {
    const { oauth, connect } = aWorld();
    const connection = connect();
    await Promise.all(Array.from({ length: 50 }, () => get(connection)));
    expect(oauth.asked).toHaveLength(1);
    expect(new Set(oauth.reads.map(({ token }) => token))).toEqual(new Set(['token-1-canary']));
  });

  it('is counted among the requests', async () => {
    const { records, connect } = aWorld();
    await get(connect());
    expect(records.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('never goes to another origin', async () => {
    const { oauth, connect } = aWorld();
    await expect(get(connect(), undefined, '@evil.example/x')).rejects.toThrow('origin of the connection');
    expect([oauth.asked, oauth.reads]).toEqual([[], []]);
  });
});

describe('the end of a token', () => {
  it.each([
    [3_600, 3_239, 3_241],
    [300, 239, 241],
    [60, 29, 31],
    [1, 0.4, 0.6],
  ])('is not waited for: of %i s, it is used for %d s and renewed after %d s', async (life, good, due) => {
    const { oauth, clock, connect } = aWorld();
    oauth.lifeSeconds = life;
    const connection = connect();
    await get(connection);
    await clock.step(good * 1_000);
    await get(connection);
    expect(oauth.asked).toHaveLength(1);
    await clock.step((due - good) * 1_000);
    await Promise.all([get(connection), get(connection)]);
    expect(oauth.asked).toHaveLength(2);
    expect(oauth.reads.at(-1)?.token).toBe('token-2-canary');
  });

  it('is used to where it cannot be renewed, with one warning', async () => {
    const { oauth, clock, logger, connect } = aWorld();
    const connection = connect();
    await get(connection);
    await clock.step(3_300_000);
    oauth.tokenReplies = Array(20).fill(() => json(503, {}));
    for (let poll = 0; poll < 5; poll += 1) {
      await get(connection);
      await clock.step(30_000);
    }
    expect(oauth.reads.map(({ token }) => token)).toEqual(Array(6).fill('token-1-canary'));
    expect(logger.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { message: expect.stringContaining('cannot be renewed'), fields: { secondsLeft: 300 } },
    ]);
    oauth.tokenReplies = [];
    await get(connection);
    expect(oauth.reads.at(-1)?.token).toBe('token-2-canary');
  });

  it('may come early: all that were refused share one renewal, and no call is lost', async () => {
    const { oauth, connect } = aWorld();
    const connection = connect();
    await get(connection);
    oauth.revokeAll();
    const replies = await Promise.all(Array.from({ length: 10 }, () => get(connection)));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(oauth.asked).toHaveLength(2);
    expect(oauth.reads).toHaveLength(1 + 10 + 10);
  });

  it('may come early while the token endpoint is away for a moment, and no call is lost', async () => {
    const { oauth, clock, connect } = aWorld({ retries: 2 });
    const connection = connect();
    await get(connection);
    oauth.revokeAll();
    oauth.tokenReplies = [() => json(503, {})];
    const call = get(connection);
    await clock.step(1_000);
    await expect(call).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(3);
  });
});

describe('a refused token', () => {
  it('is replaced once: the second refusal is the answer, and is not about a key', async () => {
    const { oauth, connect } = aWorld({ retries: 4 });
    const connection = connect();
    await get(connection);
    oauth.onRead = () => json(401, { error: 401, errorCode: 'UNEXPECTED_ERROR', detail: 'no' });
    const error = await failure(get(connection));
    expect(error).toMatchObject({ reason: 'auth', status: 401, retryable: false });
    expect(error.hint).toMatch(/service account still exist/);
    expect([oauth.reads.length, oauth.asked.length]).toEqual([3, 2]);
  });

  it('costs no more than one token a minute where a server refuses every token that it makes', async () => {
    const { oauth, clock, connect } = aWorld();
    oauth.onRead = () => json(401, {});
    const connection = connect();
    for (let poll = 0; poll < 200; poll += 1) {
      await failure(get(connection));
      await clock.step(3_000);
    }
    expect(oauth.asked.length).toBeLessThanOrEqual(11);
  });

  it.each(['USER_UNAUTHORIZED', 'USER_CANNOT_ACCESS_GROUP', 'NOT_IN_GROUP'])(
    'is not what Atlas means by a 401 %s: that is about the role of the service account',
    async (errorCode) => {
      const { oauth, connect } = aWorld();
      oauth.onRead = () => json(401, { error: 401, errorCode });
      const error = await failure(get(connect()));
      expect(error).toMatchObject({ reason: 'auth', hint: expect.stringContaining('service account') });
      expect(error.hint).not.toMatch(/API key/);
      expect([oauth.reads.length, oauth.asked.length]).toEqual([1, 1]);
    },
  );

  it.each<[string, () => Response]>([
    ['by a challenge', () => new Response('', { status: 401, headers: INVALID_TOKEN })],
    ['by a code of those who are not known', () => json(401, { errorCode: 'UNAUTHORIZED' })],
    ['by a challenge beside a code about roles', () => json(401, { errorCode: 'NOT_IN_GROUP' }, DIGEST)],
    ['without a word', () => new Response(null, { status: 401 })],
  ])('is replaced at once, even the very first one, when it is refused %s', async (_name, refusal) => {
    const { oauth, connect } = aWorld();
    oauth.onRead = refusal;
    const connection = connect();
    await failure(get(connection));
    expect(oauth.reads).toHaveLength(2);
    oauth.onRead = () => json(200, { fine: true });
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(2);
  });

  it('is taken out of what Atlas says about it', async () => {
    const { oauth, connect } = aWorld();
    const connection = connect();
    await get(connection);
    oauth.onRead = () => json(403, { detail: 'bad: token-1-canary', errorCode: 'ACCESS_FORBIDDEN' });
    const { message } = await failure(get(connection));
    expect(message).toContain('bad: [redacted]');
  });
});

describe('a missing role', () => {
  const ROLE = () => json(401, { error: 401, errorCode: 'USER_UNAUTHORIZED' });
  const GROUP = '/api/atlas/v2/groups/64b0c1d2e3f4a5b6c7d8e9f0';
  const OTHER = '/api/atlas/v2/groups/64b0c1d2e3f4a5b6c7d8e9f1';

  it.each<[string, () => Response]>([
    ['a 401', ROLE],
    ['a 403', () => json(403, { errorCode: 'USER_CANNOT_ACCESS_GROUP' })],
    ['a scope', () => json(401, {}, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' })],
  ])('is not believed of a token that may be older than the role, told by %s', async (_name, refusal) => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    await get(connection);
    await clock.step(1_000);
    oauth.onRead = () =>
      oauth.reads.at(-1)?.token === 'token-1-canary' ? refusal() : json(200, { fine: true });
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(2);
  });

  it('is believed of one new token, for ten minutes, however often it is polled', async () => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    await get(connection);
    oauth.onRead = ROLE;
    for (let poll = 0; poll < 60; poll += 1) {
      await clock.step(10_000);
      await expect(failure(get(connection, undefined, GROUP))).resolves.toMatchObject({ subject: 'project' });
    }
    expect(oauth.asked).toHaveLength(2);
    await clock.step(10_000);
    await failure(get(connection, undefined, GROUP));
    expect(oauth.asked).toHaveLength(3);
  });

  it('is doubted again once the project could be read, and not because another could or Atlas was away', async () => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    await get(connection);
    const poll = async (path: string, reply: () => Response) => {
      await clock.step(70_000);
      oauth.onRead = reply;
      await get(connection, undefined, path).catch(() => {});
      return oauth.asked.length;
    };
    expect(await poll(GROUP, ROLE)).toBe(2);
    expect(await poll(OTHER, () => json(200, {}))).toBe(2);
    expect(await poll(GROUP, () => json(503, {}))).toBe(2);
    expect(await poll(GROUP, ROLE)).toBe(2);
    expect(await poll(GROUP, () => json(200, {}))).toBe(2);
    expect(await poll(GROUP, ROLE)).toBe(3);
  });

  it('is doubted too of a token that was made because the one before was not known', async () => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    await get(connection);
    oauth.revokeAll();
    await clock.step(1_000);
    await get(connection);
    await clock.step(1_000);
    oauth.onRead = () =>
      oauth.reads.at(-1)?.token === 'token-2-canary' ? ROLE() : json(200, { fine: true });
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(3);
  });

  it('costs one new token, though it is missing in fifty projects at once', async () => {
    const { oauth, clock, connect } = aWorld();
    const connection = connect();
    await get(connection);
    await clock.step(1_000);
    oauth.onRead = ROLE;
    await Promise.all(
      Array.from({ length: 50 }, (_each, at) => failure(get(connection, undefined, `/api/groups/${at}/x`))),
    );
    expect(oauth.asked).toHaveLength(2);
  });

  it('is not believed of the token that an earlier process was refused with', async () => {
    const vault = createMemoryVault();
    const { oauth, clock, connect } = aWorld({ vault });
    oauth.onRead = ROLE;
    const before = connect();
    await failure(get(before, undefined, GROUP));
    await clock.step(2_000);
    await failure(get(before, undefined, GROUP));
    oauth.onRead = () =>
      oauth.reads.at(-1)?.token === 'token-1-canary' ? ROLE() : json(200, { fine: true });
    await expect(get(connect(), undefined, GROUP)).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(2);
    await get(connect(), undefined, GROUP);
    expect(oauth.asked).toHaveLength(2);
  });

  it.each<[string, () => Response, number]>([
    ['', ROLE, 1],
    [
      ', and two the first one, where Atlas asks for a login as well',
      () => json(401, { errorCode: 'NOT_IN_GROUP' }, DIGEST),
      2,
    ],
  ])(
    'costs one token a start, and a few an hour however often the process starts%s',
    async (_name, refusal, first) => {
      const vault = createMemoryVault();
      const { oauth, clock, connect } = aWorld({ vault });
      oauth.onRead = refusal;
      const starts = async (count: number, apartMs: number) => {
        for (let start = 0; start < count; start += 1) {
          await failure(get(connect(), undefined, GROUP));
          await clock.step(apartMs);
        }
        return oauth.asked.length;
      };
      expect(await starts(3, 2_000)).toBe(first + 2);
      expect(await starts(300, 10_000)).toBeLessThanOrEqual(17);
    },
  );
});

describe('a token that is not given', () => {
  it.each<[string, () => Response, SourceReason, RegExp]>([
    ['invalid_client', () => json(401, { error: 'invalid_client' }), 'auth', /secret expired/],
    ['access_denied', () => json(403, { error: 'access_denied' }), 'refused', /100 live access tokens.*hour/],
    ['invalid_request', () => json(400, { error: 'invalid_request' }), 'bad_request', /cut short or swapped/],
    [
      'unsupported_grant_type',
      () => json(400, { error: 'unsupported_grant_type' }),
      'bad_request',
      /baseUrl/,
    ],
    ['a 401 without a word', () => json(401, {}), 'auth', /secret expired/],
    ['a 403 without a word', () => json(403, {}), 'refused', /100 live/],
    ['a 403 of a proxy', () => new Response('<html>', { status: 403 }), 'refused', /proxy or firewall/],
    ['a 407', () => new Response('', { status: 407 }), 'refused', /proxy/],
    ['a 404', () => json(404, {}), 'bad_response', /baseUrl/],
    ['a page of a login', () => new Response('<html>'), 'bad_response', /proxy or a login page/],
    [
      'a token of another type',
      () => json(200, { access_token: 'x', token_type: 'mac' }),
      'bad_response',
      /proxy/,
    ],
    ['a token that fits no header', () => json(200, { access_token: 'a\r\nb' }), 'bad_response', /proxy/],
  ])(
    'is told at once with what to do, and not asked for again within a minute: %s',
    async (_name, reply, reason, hint) => {
      const { oauth, clock, connect } = aWorld({ retries: 4 });
      oauth.tokenReplies = Array(9).fill(reply);
      const connection = connect();
      const errors = await Promise.all([failure(get(connection)), failure(get(connection))]);
      await clock.step(59_000);
      errors.push(await failure(get(connection)));
      for (const error of errors) {
        expect(error).toMatchObject({ reason, retryable: false, hint: expect.stringMatching(hint) });
        expect(error.message).toMatch(/^POST \/api\/oauth\/token: /);
      }
      expect([oauth.asked.length, oauth.reads.length]).toEqual([1, 0]);
      oauth.tokenReplies = [];
      await clock.step(1_000);
      await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    },
  );

  it.each<[string, () => Response]>([
    ['500 server_error', () => json(500, { error: 'server_error' })],
    ['429', () => json(429, {})],
    ['408', () => json(408, {})],
    [
      'no connection',
      () => {
        throw new TypeError('fetch failed', {
          cause: Object.assign(new Error('no'), { code: 'ECONNRESET' }),
        });
      },
    ],
  ])('for a passing fault is asked for again: %s', async (_name, reply) => {
    const { oauth, clock, connect } = aWorld({ retries: 2 });
    oauth.tokenReplies = [reply, reply];
    const connection = connect();
    const calls = Promise.all(Array.from({ length: 20 }, () => get(connection)));
    await clock.step(20_000);
    await expect(calls).resolves.toHaveLength(20);
    expect(oauth.asked).toHaveLength(3);
  });

  it('is not asked for again before Retry-After, by anybody', async () => {
    const { oauth, clock, connect } = aWorld({ retries: 1 });
    oauth.tokenReplies = [() => json(429, {}, { 'Retry-After': '20' })];
    const connection = connect();
    const first = get(connection);
    await clock.step(10_000);
    const second = get(connection);
    await clock.step(9_999);
    expect(oauth.asked).toHaveLength(1);
    await clock.step(1);
    await expect(Promise.all([first, second])).resolves.toHaveLength(2);
    expect(oauth.asked).toHaveLength(2);
  });

  it('ends the poll where Retry-After is longer than a poll waits', async () => {
    const { oauth, clock, connect } = aWorld({ retries: 4 });
    oauth.tokenReplies = [() => json(429, {}, { 'Retry-After': '300' })];
    const connection = connect();
    await expect(failure(get(connection))).resolves.toMatchObject({ retryAfterMs: 300_000 });
    await clock.step(100_000);
    const told = { reason: 'rate_limited', retryAfterMs: 200_000 };
    await expect(failure(get(connection))).resolves.toMatchObject(told);
    expect(oauth.asked).toHaveLength(1);
    await clock.step(200_000);
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
  });

  it('leaves neither secret in the error, even if the server quotes them', async () => {
    const { oauth, connect } = aWorld();
    const basic = Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64');
    const said = `${CLIENT_ID} ${CLIENT_SECRET} ${basic}`;
    oauth.tokenReplies = [() => json(401, { error: 'invalid_client', error_description: said })];
    const error = await failure(get(connect()));
    const text = JSON.stringify(error, Object.getOwnPropertyNames(error)) + String(error.stack);
    expect(text).toContain('invalid_client ([redacted] [redacted] [redacted])');
    for (const secret of [CLIENT_ID, CLIENT_SECRET, basic]) expect(text).not.toContain(secret);
  });
});

describe('waiting for a token', () => {
  const hanging = (oauth: ReturnType<typeof createOauthWorld>): { ended: () => boolean } => {
    let ended = false;
    oauth.tokenReplies = [
      (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            ended = true;
            reject(signal.reason);
          });
        }),
    ];
    return { ended: () => ended };
  };

  it('ends with the reason of an abort, and the others go on waiting', async () => {
    const { oauth, clock, connect } = aWorld();
    const reply = Promise.withResolvers<Response>();
    oauth.tokenReplies = [() => reply.promise];
    const connection = connect();
    const leaver = new AbortController();
    const left = get(connection, leaver.signal);
    const stays = get(connection);
    const outcome = expect(left).rejects.toThrow('shutting down');
    await settled();
    leaver.abort(new Error('shutting down'));
    await outcome;
    reply.resolve(json(200, { access_token: 'token-x-canary' }));
    oauth.onRefused = oauth.onRead;
    await clock.step(0);
    await expect(stays).resolves.toMatchObject({ status: 200 });
    expect(oauth.asked).toHaveLength(1);
  });

  it('is given up when nobody waits any more, and begun anew by the next', async () => {
    const { oauth, connect } = aWorld();
    const request = hanging(oauth);
    const connection = connect();
    const leaver = new AbortController();
    const outcome = expect(get(connection, leaver.signal)).rejects.toThrow('shutting down');
    await settled();
    leaver.abort(new Error('shutting down'));
    await outcome;
    expect(request.ended()).toBe(true);
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
  });

  it('ends with a timeout where the token endpoint hangs', async () => {
    const { oauth, connect } = aWorld({ requestTimeoutMs: 50 });
    const request = hanging(oauth);
    await expect(get(connect())).rejects.toMatchObject({ reason: 'timeout', retryable: true });
    expect(request.ended()).toBe(true);
  });
});

describe('across restarts', () => {
  it('the token is kept: five crashes in a row cost one', async () => {
    const vault = createMemoryVault();
    const { oauth, connect } = aWorld({ vault });
    for (let start = 0; start < 6; start += 1) await get(connect());
    expect(oauth.asked).toHaveLength(1);
  });

  it('a token that is refused after a restart is replaced, and costs one more', async () => {
    const vault = createMemoryVault();
    const { oauth, connect } = aWorld({ vault });
    await get(connect());
    oauth.revokeAll();
    for (let start = 0; start < 5; start += 1) await get(connect());
    expect(oauth.asked).toHaveLength(2);
  });

  it('a crash loop against a server that refuses every token costs two at first, and one a minute at most', async () => {
    const vault = createMemoryVault();
    const { oauth, clock, connect } = aWorld({ vault });
    oauth.onRead = () => json(401, {});
    for (let start = 0; start < 60; start += 1) {
      await failure(get(connect()));
      await clock.step(1_000);
    }
    expect(oauth.asked).toHaveLength(2);
  });

  it('one that has run out, or is about to, is not used', async () => {
    const vault = createMemoryVault();
    const { oauth, clock, connect } = aWorld({ vault });
    await get(connect());
    await clock.step(3_550_000);
    await get(connect());
    expect(oauth.reads.at(-1)?.token).toBe('token-2-canary');
  });

  it('one of another service account, or of another origin, is not used', async () => {
    const vault = createMemoryVault();
    const { oauth, connect } = aWorld({ vault });
    await get(connect());
    await get(connect({ auth: { ...AUTH, clientId: 'mdb_sa_id_another' } }));
    await get(aConnection('https://cloud.mongodbgov.com', { auth: AUTH, fetch: oauth.fetch, vault }));
    expect(oauth.asked).toHaveLength(3);
  });

  it('a vault that cannot be used costs a warning, and nothing else', async () => {
    const broken: TokenVault = {
      read: () => Promise.reject(new Error('no')),
      write: () => Promise.reject(new Error('read-only file system')),
    };
    const { logger, connect } = aWorld({ vault: broken });
    await expect(get(connect())).resolves.toMatchObject({ status: 200 });
    const [first] = logger.lines.filter(({ level }) => level === 'warn');
    expect(first?.message).toContain('cannot be kept');
  });
});
