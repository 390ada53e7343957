import { openToken, sealToken } from '../source/login/vault/sealed-token.ts';
import type { StoredToken, TokenVault } from '../source/login/vault/token-vault.ts';
import type { SealedToken, TokenStore } from '../store/ports/replicas/tokens.ts';

/** A vault in the store that replicas share. Whoever reads the store without the secret learns nothing of a token but when it ends. */
export function createSharedVault(tokens: TokenStore, secret: string): TokenVault {
  const seal = (key: string, token: StoredToken): SealedToken => ({
    sealed: sealToken(token, key, secret).toString('base64'),
    expiresAt: token.expiresAt,
  });
  const open = (key: string, kept: SealedToken | null): StoredToken | null =>
    kept === null ? null : openToken(Buffer.from(kept.sealed, 'base64'), key, secret);
  return {
    read: async (key) => open(key, await tokens.readToken(key).catch(() => null)),
    write: (key, token) => tokens.keepToken(key, seal(key, token)),
    renew: async (key, work) => {
      let state: 'waiting' | 'working' | 'done' = 'waiting';
      try {
        await tokens.renewToken(key, async (kept) => {
          state = 'working';
          const made = await work(open(key, kept));
          state = 'done';
          return made === null ? null : seal(key, made);
        });
      } catch (thrown) {
        const reached = state as 'waiting' | 'working' | 'done';
        if (reached === 'working') throw thrown;
        // The store is away: this process asks for itself. A token that could not be kept is good all the same.
        if (reached === 'waiting') await work(null);
      }
    },
  };
}
