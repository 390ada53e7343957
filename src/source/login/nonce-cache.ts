import type { Clock } from '../../clock.ts';
import type { DigestNonce } from './digest-nonce.ts';

/** A nonce that was accepted this recently is taken to be alive, and requests go out side by side. */
const TRUST_MS = 1_000;

/** Holds the nonce that all requests of a connection share. */
export interface NonceCache {
  /** The shared nonce; `null` when there is none, or it is used up. */
  nonce(): DigestNonce | null;
  /** True while the shared nonce is surely alive. */
  isTrusted(): boolean;
  /** The newest nonce that was accepted becomes everybody's. A late reply does not bring an older one back. */
  accepted(nonce: DigestNonce): void;
  /** It is not used again. */
  refused(nonce: DigestNonce): void;
}

/** An empty cache. */
export function createNonceCache(clock: Clock): NonceCache {
  let current: { nonce: DigestNonce; acceptedAt: number } | null = null;
  let oldestUsable = 0;

  const nonce = (): DigestNonce | null => (current === null || current.nonce.isUsedUp ? null : current.nonce);

  return {
    nonce,
    isTrusted: () =>
      current !== null && nonce() !== null && clock.monotonic() - current.acceptedAt < TRUST_MS,
    accepted: (accepted) => {
      if (accepted.serial < oldestUsable) return;
      oldestUsable = accepted.serial;
      current = { nonce: accepted, acceptedAt: clock.monotonic() };
    },
    refused: (refused) => {
      oldestUsable = Math.max(oldestUsable, refused.serial + 1);
      if (current?.nonce === refused) current = null;
    },
  };
}
