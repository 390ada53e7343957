/** What somebody has written that wants to be acted on at once. */
export type WakeCall =
  /** `owed`: something is owed to the channel, or due at once. `given_up`: something of it was given up. */
  | { what: 'owed' | 'given_up'; channel: string }
  /** A replica has given up units of work, or handed them over. */
  | { what: 'leases' };

/** Who hears of what is written. */
export interface WakeListener {
  /** Somebody, perhaps this process itself, has committed this. */
  woken(call: WakeCall): void;
  /** Nothing will be heard for now: what stands between us and the database passes nothing on. Told once, and again after that was mended. */
  deaf(): void;
}

/** Hears at once of what other processes write. Nobody may rest on that: a call may get lost, so whoever listens looks now and then as well. */
export interface WakeStore {
  /**
   * Calls the listener from now on. Where a store has no way to tell, nobody is ever called.
   * @returns the function that ends it.
   */
  listen(listener: WakeListener): () => Promise<void>;
}
