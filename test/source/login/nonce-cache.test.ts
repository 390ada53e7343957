import { describe, expect, it } from 'vitest';
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
