import type { StoreAddress } from './address.ts';

/** `readonly`: for looking at what a daemon keeps; nothing is made or changed, and every writing method fails. */
export type StoreMode = 'readwrite' | 'readonly';

/** What can be said of a store without opening it for good. */
export interface StoreFacts {
  /** Where it is, without credentials. */
  where: string;
  /** False: there is none yet, and the daemon will make it. */
  exists: boolean;
  /** `null` while there is none. */
  schemaVersion: number | null;
  /** A daemon holds it at the moment; `null` when that cannot be told. */
  inUse: boolean | null;
}

/** A database of an older layout is brought up to date: before, and when that is done. */
export interface LayoutUpdate {
  isDone: boolean;
  /** Layouts, by number. */
  from: number;
  to: number;
}

/** Tells whether the store does its work. */
export interface StoreProbe {
  /**
   * Proves that the store can be written, without leaving a trace.
   * @throws {StoreError} when it cannot.
   */
  checkWritable(): Promise<void>;
}

/** The store until its closing, for whoever opened it. */
export interface StoreLife extends StoreProbe {
  /**
   * Makes new connections by the user and password of this address, which is the same place. Those that are open go on. A store without a
   * login takes no notice.
   */
  useLogin(address: StoreAddress): void;
  /** Waits for what is in hand, then closes. After that every other method fails. Safe to call twice. */
  close(): Promise<void>;
}
