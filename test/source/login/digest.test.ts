import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { readDigestChallenge } from '../../../src/source/login/digest-challenge.ts';
import { DigestNonce } from '../../../src/source/login/digest-nonce.ts';
import type { RequestRecord } from '../../../src/source/wire/http-exchange.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';
import {
  type StrictDigestOptions,
  type StrictDigestServer,
  startStrictDigestServer,
} from '../../support/strict-digest-server.ts';
import { aConnection, createJumpingClock, get, PATH } from '../support.ts';

let server: StrictDigestServer | null = null;

async function serve(options: StrictDigestOptions = {}): Promise<StrictDigestServer> {
  server = await startStrictDigestServer(options);
  return server;
}

afterEach(async () => {
  await server?.close();
  server = null;
});

/** More than the 1,024 uses after which a Jetty-type server calls a nonce stale. */
const CALLS = 1_200;
/** Fifty watches, each polled every 30 s. */
const BETWEEN_POLLS_MS = 600;
const ROUND_MS = 30_000;

describe('a login that lasts', () => {
  it.each([
    { nonceLifeMs: 60_000, strictNc: false, atMost: 1.1 },
    { nonceLifeMs: 60_000, strictNc: true, atMost: 1.1 },
    { nonceLifeMs: 2_000, strictNc: true, atMost: 1.35 },
  ])(
    'costs at most $atMost requests a call over many calls in a row ($nonceLifeMs ms to a nonce, growing counts demanded: $strictNc)',
    async ({ atMost, ...options }) => {
      const clock = createJumpingClock();
      const strict = await serve({ ...options, now: clock.monotonic });
      const connection = aConnection(strict.url, { clock });
      for (let call = 0; call < CALLS; call += 1) {
        clock.jump(BETWEEN_POLLS_MS);
        await get(connection);
      }
      expect(strict.counts).toMatchObject({ accepted: CALLS, failures: 0, replays: 0, challenges: 1 });
      expect(strict.requests() / CALLS).toBeLessThanOrEqual(atMost);
    },
  );

  it.each([60_000, 2_000])(
    'costs at most 1.1 requests a call in 30 rounds of 50 at once (%i ms to a nonce)',
    async (nonceLifeMs) => {
      const clock = createJumpingClock();
      const strict = await serve({ nonceLifeMs, now: clock.monotonic });
      const connection = aConnection(strict.url, { clock });
      for (let round = 0; round < 30; round += 1) {
        clock.jump(ROUND_MS);
        await Promise.all(Array.from({ length: 50 }, () => get(connection)));
      }
      expect(strict.counts).toMatchObject({ accepted: 1_500, failures: 0, replays: 0, challenges: 1 });
      expect(strict.requests() / 1_500).toBeLessThanOrEqual(1.1);
    },
  );

  it('survives a nonce that runs out in the midst of every second burst', async () => {
    let serverTime = 0;
    const strict = await serve({ nonceLifeMs: 2_000, now: () => serverTime });
    const connection = aConnection(strict.url);
    for (let round = 0; round < 30; round += 1) {
      serverTime += 1_500;
      await Promise.all(Array.from({ length: 50 }, () => get(connection)));
    }
    expect(strict.counts).toMatchObject({ accepted: 1_500, failures: 0, replays: 0, challenges: 1 });
    expect(strict.requests() / 1_500).toBeLessThanOrEqual(1.6);
  });

  it('survives a server that demands growing counts while requests overtake one another', async () => {
    const strict = await serve({ strictNc: true });
    const connection = aConnection(strict.url);
    for (let round = 0; round < 30; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => get(connection)));
    }
    expect(strict.counts).toMatchObject({ accepted: 1_500, failures: 0 });
  });

  it('makes newcomers wait for the one that is renewing a nonce just refused', async () => {
    let serverTime = 0;
    const held = Promise.withResolvers<void>();
    const renewing = Promise.withResolvers<void>();
    const strict = await serve({
      now: () => serverTime,
      onAccepted: async (_request, response) => {
        if (strict.counts.accepted === 2) {
          renewing.resolve();
          await held.promise;
        }
        response.end('{}');
      },
    });
    const connection = aConnection(strict.url);
    await get(connection);
    serverTime += 61_000;
    const refused = get(connection);
    await renewing.promise;
    const newcomer = get(connection);
    held.resolve();
    await Promise.all([refused, newcomer]);
    expect(strict.counts).toMatchObject({ challenges: 1, stale: 1, accepted: 3 });
  });

  it('takes a new nonce before the server calls the count stale', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url);
    for (let call = 0; call < 2_500; call += 1) await get(connection);
    expect(strict.counts).toMatchObject({ accepted: 2_500, stale: 0, challenges: 3 });
  });
});

describe('a cold start', () => {
  it('costs one challenge for a burst of fifty, not one each', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url);
    await Promise.all(Array.from({ length: 50 }, () => get(connection)));
    expect(strict.requests()).toBe(51);
    expect(strict.counts).toMatchObject({ challenges: 1, accepted: 50 });
  });

  it('makes nobody wait longer than two seconds behind a first request that hangs', async () => {
    const clock = createSteppingClock();
    const arrived = Promise.withResolvers<void>();
    let accepted = 0;
    const { url } = await serve({
      onAccepted: (_request, response) => {
        accepted += 1;
        if (accepted === 1) arrived.resolve();
        else response.end('{}');
      },
    });
    const connection = aConnection(url, { clock });
    const stuck = new AbortController();
    const first = get(connection, stuck.signal);
    await arrived.promise;
    const second = get(connection);
    await clock.step(1_999);
    expect(accepted).toBe(1);
    await clock.step(1);
    await expect(second).resolves.toMatchObject({ status: 200 });
    stuck.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
  });

  it('lets the next one go ahead when the first is given up', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url);
    const first = new AbortController();
    const given = get(connection, first.signal);
    const second = get(connection);
    first.abort(new Error('given up'));
    await expect(given).rejects.toThrow('given up');
    await expect(second).resolves.toMatchObject({ status: 200 });
    expect(strict.counts.accepted).toBe(1);
  });
});

describe('what servers ask for', () => {
  it.each<[string, StrictDigestOptions]>([
    ['qop="auth"', {}],
    ['op="auth", as the documentation spells it', { opSpelling: true }],
    ['Basic and Digest in one header', { otherChallenge: 'Basic realm="a, b"' }],
    ['Negotiate, Basic and op="auth"', { otherChallenge: 'Negotiate, Basic realm=x', opSpelling: true }],
  ])('answers %s', async (_name, options) => {
    const strict = await serve(options);
    const connection = aConnection(strict.url);
    await get(connection);
    await get(connection);
    expect(strict.requests()).toBe(3);
    expect(strict.counts).toMatchObject({ challenges: 1, accepted: 2 });
  });

  it.each([
    ['SHA-256', 'sha256', 'qop="auth,auth-int"'],
    ['MD5', 'md5', 'qop=auth'],
    ['MD5', 'md5', 'algorithm=MD5'],
  ])('computes a %s answer (%s, %s) as RFC 7616 has it', (algorithm, hashName, extra) => {
    const challenge = readDigestChallenge(
      `Digest realm="r", nonce="n/1+2=", algorithm=${algorithm}, ${extra}, opaque="o"`,
    );
    const nonce = new DigestNonce('user', 'secret', challenge!, 1);
    const header = nonce.authorization('https://cloud.mongodb.com/a?b=c');
    const hash = (text: string): string => createHash(hashName).update(text).digest('hex');
    const cnonce = /cnonce="(\w{32})"/.exec(header)?.[1];
    const middle = extra.startsWith('qop') ? `:00000001:${cnonce}:auth` : '';
    expect(header).toContain(
      `response="${hash(`${hash('user:r:secret')}:n/1+2=${middle}:${hash('GET:/a?b=c')}`)}"`,
    );
    expect(header).toContain('opaque="o"');
    expect(header.includes('nc=')).toBe(extra.startsWith('qop'));
  });

  it('hashes a realm with quotes as it is, and escapes them in the header', () => {
    const challenge = readDigestChallenge(
      String.raw`Digest realm="The \"MMS\", nonce=\"x\" \\ API", nonce="n", opaque="o\"o", qop="auth"`,
    );
    const header = new DigestNonce('user', 'secret', challenge!, 1).authorization(
      'https://cloud.mongodb.com/a',
    );
    const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
    const cnonce = /cnonce="(\w{32})"/.exec(header)?.[1];
    const realm = String.raw`The "MMS", nonce="x" \ API`;
    expect(header).toContain(String.raw`realm="The \"MMS\", nonce=\"x\" \\ API",nonce="n",`);
    expect(header).toContain(String.raw`opaque="o\"o"`);
    const ha1 = md5(`user:${realm}:secret`);
    expect(header).toContain(`response="${md5(`${ha1}:n:00000001:${cnonce}:auth:${md5('GET:/a')}`)}"`);
    expect(readDigestChallenge(header)).toMatchObject({ realm, opaque: 'o"o' });
  });

  it('signs the query as it is sent, also with spaces, umlauts and dot segments', async () => {
    const strict = await serve();
    await get(aConnection(strict.url), undefined, `${PATH}/../bäckup/x y?name=ö ä#fragment`);
    expect(strict.counts).toMatchObject({ accepted: 1, failures: 0 });
  });

  it('reads the body of every 401, so that its connection is used again', async () => {
    let serverTime = 0;
    const strict = await serve({ padding: 'x'.repeat(200_000), nonceLifeMs: 1, now: () => serverTime });
    const connection = aConnection(strict.url);
    for (let call = 0; call < 100; call += 1) {
      serverTime += 10;
      await get(connection);
    }
    expect(strict.requests()).toBe(200);
    expect(strict.connections()).toBeLessThanOrEqual(3);
  });
});

describe('a wrong key', () => {
  const auth = { type: 'digest', publicKey: 'public', privateKey: 'wrong' } as const;

  it('costs two requests and is called by its name', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url, { auth, retries: 4 });
    for (let call = 1; call <= 3; call += 1) {
      await expect(get(connection)).rejects.toMatchObject({ reason: 'auth', status: 401, retryable: false });
      expect(strict.requests()).toBe(2 * call);
    }
  });

  it('costs two requests each when many try at once', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url, { auth });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => get(connection)));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(strict.requests()).toBe(40);
  });

  it('is found out with two requests when the key is rotated while the nonce is in use', async () => {
    const strict = await serve();
    const connection = aConnection(strict.url);
    await get(connection);
    strict.rotateKey('another');
    const before = strict.requests();
    await expect(get(connection)).rejects.toMatchObject({ reason: 'auth' });
    expect(strict.requests() - before).toBe(2);
  });

  it('never goes to another origin', async () => {
    const connection = aConnection('http://127.0.0.1:1');
    await expect(get(connection, undefined, '@127.0.0.1:2/x')).rejects.toThrow('origin');
  });
});

describe('a login that is right, and yet refused', () => {
  it.each([
    ['by a header and the body', { 'X-Error-Code': 'NOT_IN_GROUP' }],
    ['by the body alone', {}],
    [
      'beside a challenge that every 401 carries',
      { 'X-Error-Code': 'NOT_IN_GROUP', 'WWW-Authenticate': 'Digest realm="r", nonce="n", qop="auth"' },
    ],
  ])('does not log in again for a missing role, told %s', async (_name, headers) => {
    const strict = await serve({
      onAccepted: (_request, response) => {
        response.writeHead(401, { 'Content-Type': 'application/json', ...headers });
        response.end('{"error":401,"errorCode":"NOT_IN_GROUP","detail":"not in the group"}');
      },
    });
    const connection = aConnection(strict.url);
    await expect(get(connection)).rejects.toMatchObject({ reason: 'auth', atlasCode: 'NOT_IN_GROUP' });
    await expect(get(connection)).rejects.toMatchObject({ reason: 'auth', atlasCode: 'NOT_IN_GROUP' });
    expect(strict.requests()).toBe(3);
  });

  const refuse = (response: ServerResponse, headers: Record<string, string> = {}): void => {
    response.writeHead(401, { 'Content-Type': 'application/json', ...headers });
    response.end('{"errorCode":"USER_UNAUTHORIZED"}');
  };

  it('answers a challenge beside which a code about roles stands', async () => {
    const strict = await serve({ challengeHeaders: { 'X-Error-Code': 'USER_UNAUTHORIZED' } });
    await expect(get(aConnection(strict.url))).resolves.toMatchObject({ status: 200 });
    expect(strict.requests()).toBe(2);
  });

  it('logs in afresh once before it believes in a missing role that an old login is told of', async () => {
    let isMissing = false;
    const strict = await serve({
      onAccepted: (_request, response) => {
        if (isMissing && strict.counts.challenges === 1) refuse(response);
        else response.end('{"fine":true}');
      },
    });
    const connection = aConnection(strict.url);
    await get(connection);
    isMissing = true;
    await expect(get(connection)).resolves.toMatchObject({ status: 200 });
    expect([strict.requests(), strict.counts.challenges]).toEqual([5, 2]);
  });

  it('logs in afresh once in ten minutes where the role is missing indeed, within the budget', async () => {
    const clock = createJumpingClock();
    let isMissing = false;
    const strict = await serve({
      nonceLifeMs: 3_600_000,
      now: clock.monotonic,
      onAccepted: (_request, response) => (isMissing ? refuse(response) : response.end('{"fine":true}')),
    });
    const statuses: Array<number | 'error'> = [];
    const onRequest = ({ status }: RequestRecord) => void statuses.push(status);
    const connection = aConnection(strict.url, { clock, onRequest, requestsPerMinute: 6 });
    await get(connection);
    isMissing = true;
    for (let poll = 0; poll < 8; poll += 1) {
      clock.jump(60_000);
      await expect(get(connection)).rejects.toMatchObject({ subject: 'project' });
    }
    expect(strict.counts.challenges).toBe(2);
    expect(statuses).toHaveLength(2 + 3 + 7);
    expect(strict.requests()).toBe(statuses.length);
    clock.jump(60_000 * 4);
    await expect(get(connection)).rejects.toMatchObject({ subject: 'project' });
    expect(strict.counts.challenges).toBe(3);
  });

  it('shares one fresh login among all whose login was as old', async () => {
    let isMissing = false;
    const strict = await serve({
      onAccepted: (_request, response) => {
        if (isMissing && strict.counts.challenges === 1) setTimeout(() => refuse(response), 20);
        else response.end('{"fine":true}');
      },
    });
    const connection = aConnection(strict.url);
    await get(connection);
    isMissing = true;
    const replies = await Promise.all(Array.from({ length: 20 }, () => get(connection)));
    expect(replies.every(({ status }) => status === 200)).toBe(true);
    expect(strict.counts.challenges).toBe(2);
  });

  it('gives up on a server that calls every login out of date, without blaming the key', async () => {
    const strict = await serve({ nonceLifeMs: -1 });
    const connection = aConnection(strict.url);
    await expect(get(connection)).rejects.toMatchObject({
      reason: 'unavailable',
      retryable: true,
      hint: expect.stringMatching(/load balancer/),
    });
    expect(strict.requests()).toBe(3);
  });
});
