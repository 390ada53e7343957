import type { DatabaseSync } from 'node:sqlite';
import { BUSY, resultCode } from './errors.ts';

/** How long a statement waits for another process's lock, in milliseconds. The event loop stands still meanwhile, so it is short. */
export const BUSY_TIMEOUT_MS = 2_000;

/** The same for whoever comes after one that waited in vain. */
const WHILE_LOCKED_MS = 50;

/**
 * How long the statements of one connection wait for another process's lock. Once a statement has waited in vain, those that follow hardly
 * wait, until a transaction begins again: a daemon that waits in full for each of its writes does nothing else, and answers nobody.
 */
export class LockWait {
  readonly #db: DatabaseSync;
  #isShort = false;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Runs what takes the write lock first. Throws what it throws. */
  begin(take: () => void): void {
    this.attempt(take);
    if (this.#isShort) this.#set(BUSY_TIMEOUT_MS);
  }

  /** Runs a statement. Throws what it throws. */
  attempt<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (!this.#isShort && resultCode(error) === BUSY) this.#set(WHILE_LOCKED_MS);
      throw error;
    }
  }

  #set(ms: number): void {
    this.#db.exec(`pragma busy_timeout = ${ms}`);
    this.#isShort = ms === WHILE_LOCKED_MS;
  }
}
