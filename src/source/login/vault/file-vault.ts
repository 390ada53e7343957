import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { openToken, sealToken } from './sealed-token.ts';
import type { TokenVault } from './token-vault.ts';

/**
 * A vault of files, one per key: `PREFIX.token-KEY`, readable by their owner alone, replaced in one step. What they hold is sealed with
 * `secret` and bound to its name: a file that is torn, damaged, of another secret or moved to another name counts as none.
 */
export function createFileVault({ prefix, secret }: { prefix: string; secret: string }): TokenVault {
  const fileOf = (key: string): string => `${prefix}.token-${key}`;
  return {
    read: async (key) => {
      try {
        return openToken(await readFile(fileOf(key)), key, secret);
      } catch {
        return null;
      }
    },
    write: async (key, token) => {
      const draft = `${fileOf(key)}.${process.pid}.tmp`;
      try {
        await writeFile(draft, sealToken(token, key, secret), { mode: 0o600 });
        await rename(draft, fileOf(key));
      } catch (error) {
        await rm(draft, { force: true });
        throw error;
      }
    },
  };
}
