import type { LeaseStore, ReplicaFacts } from '../../store/ports/leases.ts';
import type { Lease } from '../../store/ports/replicas/lease.ts';
import type { ReplicasStatus } from '../status.ts';

/** A unit of work that is ours. */
export interface Hold {
  readonly unit: string;
  /** What is written for it is written under this; `null`: it is ours for good. */
  readonly lease: Lease | null;
  /** It is still ours at this moment, by the clock that cannot step: to be asked before anything that cannot be taken back. */
  isOurs(): boolean;
}

/** Whoever works by the leases. */
export interface LeaseUser {
  /**
   * What is ours has changed: begins what is, and ends what is not any more. `lost`: what may still be in hand of that is cut short, for
   * another replica begins with it.
   */
  onChange(how: 'given' | 'lost'): void;
  /** Resolves when nothing is in hand of a unit that is to be given up. */
  ended(unit: string): Promise<void>;
}

/** What this process may work on. */
export interface Leases {
  /** `null`: it is not ours, or not for long enough to begin anything. The same object for as long as nobody else can have had it. */
  holdOf(unit: string): Hold | null;
  /** Follows what is ours from now on, for this user. */
  begin(user: LeaseUser): void;
  /** Asks for these units from now on, by this configuration; others are given up. */
  want(units: readonly string[], configuration: string): void;
  /** Looks at once how all stands, and follows that. Never rejects. Does nothing for who has the store alone. */
  look(): Promise<void>;
  /** Nothing that was remembered holds any more: whatever works begins anew, under the same leases. Does nothing for who has the store alone. */
  beginAnew(): void;
  /** Gives up everything, each unit as soon as nothing of it is in hand. Never rejects. */
  leave(): Promise<void>;
  /** The replica that has a unit, as far as is known; `null`: nobody, or this one alone has the store. */
  ownerOf(unit: string): ReplicaFacts | null;
  /** How the replicas stand; `null`: this process has the store alone. */
  status(): ReplicasStatus | null;
}

/** The leases of whoever has the store alone: every one, for good. */
export function leasesAlone(): Leases {
  const holds = new Map<string, Hold>();
  return {
    holdOf: (unit) => {
      const known = holds.get(unit);
      if (known) return known;
      const hold: Hold = { unit, lease: null, isOurs: () => true };
      holds.set(unit, hold);
      return hold;
    },
    begin: () => {},
    want: () => {},
    look: async () => {},
    beginAnew: () => {},
    leave: async () => {},
    ownerOf: () => null,
    status: () => null,
  };
}

/** What writes under leases: a store, or whoever writes to one. */
export type Fenced<Whole> = Pick<LeaseStore<Whole>, 'under'>;

/** The same writer, for what is written for a unit that is ours. */
export function underHold<Whole extends Fenced<Whole>>(writer: Whole, { lease }: Pick<Hold, 'lease'>): Whole {
  return lease === null ? writer : writer.under(lease);
}
