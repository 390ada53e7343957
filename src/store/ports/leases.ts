import type { Booking, Grant } from '../../domain/polling/shared-budget.ts';
import type { EstateStore } from './replicas/estates.ts';
import type { Lease } from './replicas/lease.ts';
import type { TokenStore } from './replicas/tokens.ts';

/** A process that is about to work with the store. */
export interface Joining {
  /** For people: the machine and the process. */
  name: string;
  version: string;
  /** Stands for the configuration that it goes by; replicas with another one are told. */
  configuration: string;
}

/** A replica that lives, for people. */
export interface ReplicaFacts extends Joining {
  /** Names it in leases. */
  id: string;
  /** By the store's clock, as all times here. */
  joinedAt: number;
  /** It shows signs of life so long at least. */
  until: number;
  isLeaving: boolean;
}

/** What a replica would do, and goes by. */
export interface Wish {
  /** Units that it would work on. */
  wanted: readonly string[];
  configuration: string;
}

/** How all stands at a sign of life. */
export interface Standing {
  /** For so many milliseconds from the beginning of the call on, what is `held` stays ours, whatever happens. */
  validForMs: number;
  held: readonly Lease[];
  /** Units of ours that are due to another replica: to be released to it as soon as nothing of them is in hand. */
  due: ReadonlyArray<{ unit: string; to: string }>;
  /** The replica that has a unit, by unit; what nobody has is left out. */
  owners: ReadonlyMap<string, string>;
  replicas: readonly ReplicaFacts[];
}

/** So long a replica that shows no sign of life keeps what it has, in milliseconds. */
export const REPLICA_LEASE_MS = 15_000;

/** What a process has joined. */
export type Membership =
  /** The store serves one daemon at a time. Every lease is this one's at once and for good. */
  | {
      kind: 'alone';
      /** Names this process in leases; no other process has or had this name. */
      replica: string;
    }
  | SharedMembership;

/**
 * One of several replicas. What it holds is its own for `REPLICA_LEASE_MS` from each sign of life on, by the clock of the store.
 * @throws {StoreError} from every method.
 */
export interface SharedMembership extends EstateStore, TokenStore {
  kind: 'shared';
  replica: string;
  /**
   * A sign of life, at least every 5 s; cheap, and meant for every second. Prolongs all that this replica holds, takes what is free and
   * ours by `domain/replicas/assignment.ts`, asks for what others should give us, and says how all stands. What an earlier holder had
   * claimed to deliver on a channel that is newly held is free again.
   *
   * @param onRenewed called as soon as it is written that this replica lives for `REPLICA_LEASE_MS` from the beginning of the call on. With a
   * slow database that is known long before all the rest.
   */
  beat(wish: Wish, onRenewed?: () => void): Promise<Standing>;
  /** Gives up units: to this replica, or (`null`) to whoever takes them first. What is not ours any more is passed over. */
  release(units: readonly string[], to: string | null): Promise<void>;
  /** Takes nothing any more from now on. To be called before the last units are released. */
  leave(): Promise<void>;
  /** Books what was spent of request budgets, and grants more; see `domain/polling/shared-budget.ts`. Budgets are booked whole or not at all. */
  book(bookings: readonly Booking[]): Promise<Grant[]>;
  /** Is not one of the replicas any more. To be called when everything is released. */
  end(): Promise<void>;
}

/**
 * Joining those who work with the store, and writing under a lease.
 * @typeParam Whole the store itself.
 */
export interface LeaseStore<Whole> {
  /**
   * Joins for this process's life, as one of those who do the work. Where the store serves one daemon, that claims it, and frees what an
   * earlier, dead daemon had claimed to deliver. The claim ends with the process, however it ends; nothing that outlives the process
   * may hold it.
   *
   * Who commits polls or alerts rests on what was read before, and so does it under the lease on what these are about.
   * @throws {StoreError} reason `conflict` when another daemon holds a store that serves one.
   */
  join(process: Joining): Promise<Membership>;
  /**
   * The same store, whose every write is made under the lease: it is refused, and nothing is written, once the lease is not ours any
   * more, by the clock of the store. Reads are as before. Several works that are committed together stand each under its own lease.
   * Every writing method throws a StoreError, reason `fenced`, then.
   */
  under(lease: Lease): Whole;
}
