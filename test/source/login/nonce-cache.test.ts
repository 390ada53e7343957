import { describe, expect, it, vi } from 'vitest';
import { DigestNonce } from '../../../src/source/login/digest-nonce.ts';
import { createNonceCache } from '../../../src/source/login/nonce-cache.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';

function aNonce(serial: number): DigestNonce {
  const rest = { realm: 'r', opaque: null, algorithm: 'MD5', qopAuth: true, stale: false } as const;
  return new DigestNonce('user', 'secret', { ...rest, nonce: `n${serial}` }, serial);
}

describe('the nonce that all requests share', () => {
  it('is the newest that was accepted, whatever the order of the replies', () => {
    const nonces = createNonceCache(createSteppingClock());
    const [first, second] = [aNonce(1), aNonce(2)];
    nonces.accepted(first);
    nonces.accepted(second);
    nonces.accepted(first);
    expect(nonces.nonce()).toBe(second);
  });

  it('does not come back by a late reply once it was refused', () => {
    const nonces = createNonceCache(createSteppingClock());
    const nonce = aNonce(1);
    nonces.accepted(nonce);
    nonces.refused(nonce);
    nonces.accepted(nonce);
    expect(nonces.nonce()).toBeNull();
  });

  it('stays when an older one is refused', () => {
    const nonces = createNonceCache(createSteppingClock());
    nonces.accepted(aNonce(2));
    nonces.refused(aNonce(1));
    expect(nonces.nonce()?.serial).toBe(2);
  });

  it('is trusted for a second after it was accepted', async () => {
    const clock = createSteppingClock();
    const nonces = createNonceCache(clock);
    expect(nonces.isTrusted()).toBe(false);
    nonces.accepted(aNonce(1));
    await clock.step(999);
    expect(nonces.isTrusted()).toBe(true);
    await clock.step(1);
    expect(nonces.isTrusted()).toBe(false);
    expect(nonces.nonce()).not.toBeNull();
  });
});

describe('a nonce', () => {
  it('hashes the credential once, and then twice for each request', () => {
    const nonce = aNonce(1);
    const hashed = vi.spyOn(nonce, 'hashWithAlgorithm');
    for (let use = 0; use < 3; use += 1) nonce.authorization('http://atlas/api');
    expect(hashed.mock.calls.filter(([text]) => String(text).includes('secret'))).toHaveLength(1);
    expect(hashed).toHaveBeenCalledTimes(1 + 3 * 2);
  });
});
