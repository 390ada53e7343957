/** An access token as it is kept: instants in milliseconds since the epoch. */
export interface StoredToken {
  accessToken: string;
  obtainedAt: number;
  expiresAt: number;
  /** Atlas has accepted it at least once. */
  isAccepted: boolean;
  /** It was made in place of one that was refused. */
  isSuccessor: boolean;
  /** A role was found missing with it. The roles of a token may be those at its making: the next process makes another. */
  isRoleRefused: boolean;
  /** When tokens were made in the hour before its making, and itself, in the same order. */
  madeAt: readonly number[];
}

/** Keeps access tokens from one process to the next, so that a crash loop does not ask for a new one at each start. */
export interface TokenVault {
  /** `null` when there is none that can be read, whatever the reason. */
  read(key: string): Promise<StoredToken | null>;
  /** Rejects when it cannot be kept; the token is good all the same. */
  write(key: string, token: StoredToken): Promise<void>;
  /**
   * Lets one process at a time renew the token of a key, and keeps what `work` makes of the one that is kept by then (`null`: that one is to
   * stay). Where nobody can be kept out, `work` is done all the same. Rejects as `work` does. Absent: no other process uses the vault.
   */
  renew?(key: string, work: (kept: StoredToken | null) => Promise<StoredToken | null>): Promise<void>;
}

/** Keeps them for the life of the process only. */
export function createMemoryVault(): TokenVault {
  const tokens = new Map<string, StoredToken>();
  return {
    read: async (key) => tokens.get(key) ?? null,
    write: async (key, token) => {
      tokens.set(key, token);
    },
  };
}
