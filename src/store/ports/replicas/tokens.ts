/** A secret that replicas share, sealed: whoever has made it alone can open it. */
export interface SealedToken {
  sealed: string;
  /** Milliseconds since the epoch. */
  expiresAt: number;
}

/**
 * Access tokens of service accounts, for all replicas.
 * @throws {StoreError} from every method.
 */
export interface TokenStore {
  readToken(key: string): Promise<SealedToken | null>;
  /** Keeps it, unless one is kept that lives longer. */
  keepToken(key: string, token: SealedToken): Promise<void>;
  /**
   * Keeps everybody else out until `make` has made a token of the one that is kept by then, and keeps that; `null`: nothing changes.
   * Rejects as `make` does, and then nothing has changed either.
   */
  renewToken(key: string, make: (kept: SealedToken | null) => Promise<SealedToken | null>): Promise<void>;
}
