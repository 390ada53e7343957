import { describe, expect, it } from 'vitest';
import {
  createDigestAuth,
  type DigestAuth,
  type DigestAuthOptions,
} from '../../../../src/simulator/atlas/login/digest-auth.ts';
import { createManualClock } from '../../../support/manual-clock.ts';
import { authorize, readChallenge } from './digest-client.ts';

const user = 'publickey';
const password = 'private:key "with" marks';
const uri = '/api/atlas/v1.0/groups/1?pageNum=2&x=%20';

function aServer(over: Partial<DigestAuthOptions> = {}) {
  const clock = createManualClock(1_000_000);
  const auth = createDigestAuth({ publicKey: user, privateKey: password, now: clock.now, ...over });
  return { auth, clock };
}

function challengeOf(auth: DigestAuth, authorization?: string): string {
  const verdict = auth.verify('GET', uri, authorization);
  if (verdict.ok) throw new Error('let in');
  return verdict.challenge;
}

function freshNonce(auth: DigestAuth): string {
  return readChallenge(challengeOf(auth)).nonce!;
}

describe('the challenge', () => {
  it('is spelled as Atlas spells it', () => {
    expect(challengeOf(aServer().auth)).toMatch(
      /^Digest realm="MMS Public API", domain="", nonce="[A-Za-z0-9+/]{32}", algorithm=MD5, qop="auth", stale=false$/,
    );
  });

  it('can be spelled as in the documentation, and is answered with qop=auth all the same', () => {
    const { auth } = aServer({ opSpelling: true });
    const challenge = challengeOf(auth);
    expect(challenge).toContain('algorithm=MD5, op="auth", stale=false');
    const { nonce = '' } = readChallenge(challenge);
    expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc: 1 }))).toEqual({ ok: true });
  });
});

describe('a correct client', () => {
  it('is let in again and again with one nonce, whose count is hexadecimal', () => {
    const { auth } = aServer();
    const nonce = freshNonce(auth);
    for (let nc = 1; nc <= 300; nc += 1) {
      expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc }))).toEqual({ ok: true });
    }
    expect(auth.counts).toEqual({ accepted: 300, challenges: 1, stale: 0, replays: 0, failures: 0 });
  });

  it('may have its requests arrive out of order', () => {
    const { auth } = aServer();
    const nonce = freshNonce(auth);
    for (const nc of [2, 1, 4, 3]) {
      expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc })).ok).toBe(true);
    }
  });

  it('may not, where the count must grow', () => {
    const { auth } = aServer({ strictNc: true });
    const nonce = freshNonce(auth);
    const verdicts = [1, 3, 2, 4].map(
      (nc) => auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc })).ok,
    );
    expect(verdicts).toEqual([true, true, false, true]);
  });

  it('is told that its nonce is stale once that is older than its life, and is let in with the new one', () => {
    const { auth, clock } = aServer({ nonceLifeMs: 2_000 });
    const nonce = freshNonce(auth);
    clock.advance(2_000);
    expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc: 1 })).ok).toBe(true);
    clock.advance(1);
    const challenge = challengeOf(auth, authorize({ user, password, uri, nonce, nc: 2 }));
    expect(challenge).toContain('stale=true');
    const next = readChallenge(challenge).nonce!;
    expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce: next, nc: 1 })).ok).toBe(true);
    expect(auth.counts.stale).toBe(1);
  });

  it('is told that its nonce is stale when it has counted to 1,024', () => {
    const { auth } = aServer();
    const nonce = freshNonce(auth);
    expect(auth.verify('GET', uri, authorize({ user, password, uri, nonce, nc: 1_023 })).ok).toBe(true);
    expect(challengeOf(auth, authorize({ user, password, uri, nonce, nc: 1_024 }))).toContain('stale=true');
  });
});

describe('a wrong client is refused, without stale', () => {
  it('when it uses a count twice', () => {
    const { auth } = aServer();
    const login = authorize({ user, password, uri, nonce: freshNonce(auth), nc: 1 });
    expect(auth.verify('GET', uri, login).ok).toBe(true);
    expect(challengeOf(auth, login)).toContain('stale=false');
    expect(auth.counts.replays).toBe(1);
  });

  it('when it counts from zero', () => {
    const { auth } = aServer();
    expect(challengeOf(auth, authorize({ user, password, uri, nonce: freshNonce(auth), nc: 0 }))).toContain(
      'stale=false',
    );
  });

  it.each([
    ['has another password', { password: 'guess' }, {}],
    ['has another name', { user: 'somebody' }, {}],
    ['signs another method', { method: 'POST' }, {}],
    ['signs another address', { uri: '/api/atlas/v1.0/groups/1' }, {}],
    ['claims an address that it did not sign', { uri: '/other' }, { uri }],
    ['answers without qop', {}, { qop: '' }],
    ['answers for auth-int', {}, { qop: 'auth-int' }],
    ['answers with another algorithm', {}, { algorithm: 'SHA-256' }],
    ['answers for another realm', {}, { realm: 'Elsewhere' }],
    ['leaves its own nonce empty', {}, { cnonce: '' }],
    ['writes a short count', {}, { nc: '1' }],
    ['writes a count that is no number', {}, { nc: '0000000g' }],
  ])('when it %s', (_, signed, over) => {
    const { auth } = aServer();
    const login = authorize({ user, password, uri, nonce: freshNonce(auth), nc: 1, ...signed }, over);
    expect(challengeOf(auth, login)).toContain('stale=false');
    expect(auth.counts.failures).toBe(1);
  });

  it.each(['Basic cHVibGlja2V5OmtleQ==', 'Digest', 'Digest nonsense', 'Digest a="1", a="2"'])(
    'when it sends %s',
    (header) => {
      const { auth } = aServer();
      expect(challengeOf(auth, header)).toContain('stale=false');
      expect(auth.counts.failures).toBe(1);
    },
  );
});

it('calls a nonce that it did not give out stale, as Jetty does', () => {
  const { auth } = aServer();
  expect(challengeOf(auth, authorize({ user, password, uri, nonce: 'mine', nc: 1 }))).toContain('stale=true');
});
