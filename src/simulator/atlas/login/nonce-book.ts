import type { Timestamp } from '../../../domain/instant.ts';

/** Jetty's limit: from this count on a nonce is stale, however young. */
const MAX_COUNT = 1_024;

/** The nonces that were given out, and how often each was used. */
export interface NonceBook {
  issue(nonce: string): void;
  /** Notes a use. `stale`: unknown, too old, or used up. `replay`: this count was used before, is zero, or steps back. */
  use(nonce: string, count: number): 'fresh' | 'stale' | 'replay';
}

/** Creates an empty book of nonces, each of which lives for `lifeMs` milliseconds. */
export function createNonceBook(options: {
  now: () => Timestamp;
  lifeMs: number;
  /** Counts must grow from use to use; otherwise they only must not repeat. */
  mustGrow: boolean;
}): NonceBook {
  const { now, lifeMs, mustGrow } = options;
  // In the order of issue, so that those that have run out stand in front.
  const nonces = new Map<string, { issuedAt: Timestamp; used: Set<number>; highest: number }>();

  const forgetExpired = (): void => {
    for (const [nonce, { issuedAt }] of nonces) {
      if (now() - issuedAt <= lifeMs) return;
      nonces.delete(nonce);
    }
  };

  return {
    issue: (nonce) => {
      forgetExpired();
      nonces.set(nonce, { issuedAt: now(), used: new Set(), highest: 0 });
    },
    use: (nonce, count) => {
      forgetExpired();
      const known = nonces.get(nonce);
      if (!known || count >= MAX_COUNT) return 'stale';
      if (count === 0 || known.used.has(count) || (mustGrow && count <= known.highest)) return 'replay';
      known.used.add(count);
      known.highest = Math.max(known.highest, count);
      return 'fresh';
    },
  };
}
