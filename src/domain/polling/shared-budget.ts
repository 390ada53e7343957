/** The window that a ceiling is about, in milliseconds. */
export const BUDGET_WINDOW_MS = 60_000;

/** So many requests went out at a time; they are as old as that at least. */
export interface SpentAgo {
  agoMs: number;
  count: number;
}

/** What one replica says of a budget that it shares with others. */
export interface Booking {
  budget: string;
  /** The ceiling: requests in any minute, of all replicas together. */
  perMinute: number;
  /** All that this replica has spent in the last minute. */
  spent: readonly SpentAgo[];
  /** How many it would spend before it books again: as many at least as are left of what it was granted before. */
  wanted: number;
  /** For how long everybody is to be silent, as far as this replica was told. */
  silentForMs: number;
}

/** What a booking comes to. */
export interface Grant {
  budget: string;
  /** So many the replica may spend before it books again, in place of what it was granted before. */
  granted: number;
  /** Where that is less than wanted: there may be more in so long. `null`: that hangs on what others do. */
  moreInMs: number | null;
  /** For how long everybody is to be silent, as far as any replica was told. */
  silentForMs: number;
}

/** What one replica has of a budget. Instants are the store's, in milliseconds. */
export interface ReplicaShare {
  bookedAt: number;
  /** What it may have spent since, and nobody else may. */
  advance: number;
  /** When it has spent how many. */
  spent: ReadonlyArray<readonly [at: number, count: number]>;
}

/** A budget that several replicas share. */
export interface BudgetAccount {
  /** By replica. */
  shares: Readonly<Record<string, ReplicaShare>>;
  silentUntil: number;
}

/** A budget of which nothing is spent. */
export const EMPTY_ACCOUNT: BudgetAccount = { shares: {}, silentUntil: 0 };

/** In which a booking is made. */
export interface BookingScene {
  replica: string;
  now: number;
  /** Until when a replica lives, as far as is known; `null`: it is not on the list any more. */
  livesUntil: (replica: string) => number | null;
  /** For so long after its last sign a replica may have gone on that is not on the list. */
  leaseMs: number;
}

/**
 * Books what a replica has spent, and grants it an advance: what it may spend until it books again. What was granted and is not booked counts
 * as spent at the last instant at which it can have been: now, or when its replica died. So whatever happens to a replica, no minute holds
 * more than the ceiling; and what is lost with a killed one is its advance, for a minute. One that counts as dead changes nothing.
 */
export function settle(
  account: BudgetAccount,
  { perMinute, spent, wanted, silentForMs }: Booking,
  scene: BookingScene,
): { account: BudgetAccount; grant: Omit<Grant, 'budget'> } {
  const { replica, now, livesUntil } = scene;
  const isAlive = (livesUntil(replica) ?? 0) > now;
  const shares: Record<string, ReplicaShare> = {};
  const uses: Use[] = [];
  for (const [id, share] of Object.entries(account.shares)) {
    if (id === replica) continue;
    const of = usesOf(id, share, scene);
    if (of.length === 0) continue;
    shares[id] = share;
    uses.push(...of);
  }
  const mine = spent.map(({ agoMs, count }) => [now - agoMs, count] as const);
  uses.push(...mine.map(([at, count]) => ({ at, count, isOver: true })));
  const used = uses.reduce((sum, { count }) => sum + count, 0);
  const granted = isAlive ? Math.max(0, Math.min(wanted, perMinute - used)) : 0;
  if (granted > 0 || mine.length > 0) shares[replica] = { bookedAt: now, advance: granted, spent: mine };
  const silentUntil = Math.max(account.silentUntil, silentForMs > 0 ? now + silentForMs : 0);
  return {
    account: isAlive ? { shares, silentUntil } : account,
    grant: {
      granted,
      moreInMs: granted < wanted ? untilFirstIsForgotten(uses, now) : null,
      silentForMs: Math.max(0, silentUntil - now),
    },
  };
}

/** Requests that count against a budget. `isOver`: they were sent, or nobody can send them any more. */
interface Use {
  at: number;
  count: number;
  isOver: boolean;
}

function usesOf(id: string, { spent, advance, bookedAt }: ReplicaShare, scene: BookingScene): Use[] {
  const { now, livesUntil, leaseMs } = scene;
  const until = livesUntil(id) ?? bookedAt + leaseMs;
  const uses = spent.map(([at, count]) => ({ at: Math.min(at, now), count, isOver: true }));
  uses.push({ at: Math.min(until, now), count: advance, isOver: until <= now });
  return uses.filter(({ at, count }) => count > 0 && at > now - BUDGET_WINDOW_MS);
}

function untilFirstIsForgotten(uses: readonly Use[], now: number): number | null {
  const over = uses.filter(({ isOver }) => isOver).map(({ at }) => at + BUDGET_WINDOW_MS - now);
  return over.length === 0 ? null : Math.max(0, Math.min(...over));
}
