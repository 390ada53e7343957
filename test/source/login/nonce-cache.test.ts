import { describe, expect, it } from 'vitest';
import { DigestNonce } from '../../../src/source/login/digest-nonce.ts';
import { createNonceShelf } from '../../../src/source/login/nonce-cache.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';

function aNonce(serial: number): DigestNonce {
  const rest = { realm: 'r', opaque: null, algorithm: 'MD5', qopAuth: true, stale: false } as const;
  return new DigestNonce('user', 'secret', { ...rest, nonce: `n${serial}` }, serial);
}

describe('the nonce that all requests share', () => {
  it('is the newest that was accepted, whatever the order of the replies', () => {
    const shelf = createNonceShelf(createSteppingClock());
    const [first, second] = [aNonce(1), aNonce(2)];
    shelf.accepted(first);
    shelf.accepted(second);
    shelf.accepted(first);
    expect(shelf.nonce()).toBe(second);
  });

  it('does not come back by a late reply once it was refused', () => {
    const shelf = createNonceShelf(createSteppingClock());
    const nonce = aNonce(1);
    shelf.accepted(nonce);
    shelf.refused(nonce);
    shelf.accepted(nonce);
    expect(shelf.nonce()).toBeNull();
  });

  it('stays when an older one is refused', () => {
    const shelf = createNonceShelf(createSteppingClock());
    shelf.accepted(aNonce(2));
    shelf.refused(aNonce(1));
    expect(shelf.nonce()?.serial).toBe(2);
  });

  it('is trusted for a second after it was accepted', async () => {
    const clock = createSteppingClock();
    const shelf = createNonceShelf(clock);
    expect(shelf.isTrusted()).toBe(false);
    shelf.accepted(aNonce(1));
    await clock.step(999);
    expect(shelf.isTrusted()).toBe(true);
    await clock.step(1);
    expect(shelf.isTrusted()).toBe(false);
    expect(shelf.nonce()).not.toBeNull();
  });
});
