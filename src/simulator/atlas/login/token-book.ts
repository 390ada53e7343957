import { randomBytes } from 'node:crypto';
import type { Timestamp } from '../../../domain/instant.ts';

/** Every access token begins with it: it looks like a JSON Web Token, and is none. Found anywhere, a token has leaked. */
export const TOKEN_CANARY = 'eyJhbGciOiJFUzUxMiJ9';

/** The access tokens of one service account. */
export interface TokenBook {
  /** A new token; `null` when as many live ones as may be are out already. */
  issue(): string | null;
  isLive(token: string): boolean;
  revoke(token: string): void;
  /** Ends all of them, before their time. */
  expireAll(): void;
  live(): number;
}

/** Creates an empty book, for at most `most` tokens that live at a time, each for `lifeMs` milliseconds. */
export function createTokenBook(options: { now: () => Timestamp; lifeMs: number; most: number }): TokenBook {
  const { now, lifeMs, most } = options;
  const endings = new Map<string, Timestamp>();

  const live = (): number => {
    for (const [token, endsAt] of endings) if (endsAt <= now()) endings.delete(token);
    return endings.size;
  };

  return {
    issue: () => {
      if (live() >= most) return null;
      const token = `${TOKEN_CANARY}.${newPart(48)}.${newPart(32)}`;
      endings.set(token, now() + lifeMs);
      return token;
    },
    isLive: (token) => (endings.get(token) ?? 0) > now(),
    revoke: (token) => {
      endings.delete(token);
    },
    expireAll: () => endings.clear(),
    live,
  };
}

function newPart(bytes: number): string {
  return randomBytes(bytes).toString('base64url');
}
