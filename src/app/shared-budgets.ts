import type { Clock } from '../clock.ts';
import { type ShareBudget, shareWithNobody } from '../source/budget/budget-share.ts';
import { SharedBudgets } from '../source/budget/shared-budgets.ts';
import { type Membership, REPLICA_LEASE_MS, type SharedMembership } from '../store/ports/leases.ts';

/** So long before its end a lease covers no request any more, in milliseconds: it has to be there by then. */
const MARGIN_MS = 3_000;

/**
 * Gives this process its share of every request budget, as one of the replicas: while its lease lives. All of them, where it has the store
 * alone.
 * @returns the membership to be worked with: its signs of life keep the shares, its end gives them back.
 */
export function sharingBudgets(
  joined: Membership,
  clock: Clock,
): { membership: Membership; shareBudget: ShareBudget } {
  if (joined.kind === 'alone') return { membership: joined, shareBudget: shareWithNobody };
  let era = 0;
  let validUntilMono = Number.NEGATIVE_INFINITY;
  const budgets = new SharedBudgets({
    book: (bookings) => joined.book(bookings),
    era: () => (clock.monotonic() < validUntilMono ? era : null),
    clock,
  });
  const membership: SharedMembership = {
    kind: 'shared',
    replica: joined.replica,
    beat: async (wish, onRenewed) => {
      const begunMono = clock.monotonic();
      let renewedUntilMono = Number.NEGATIVE_INFINITY;
      const standing = await joined.beat(wish, () => {
        renewedUntilMono = begunMono + REPLICA_LEASE_MS - MARGIN_MS;
        // What has run out may be reckoned as spent: that only the whole sign of life tells.
        if (clock.monotonic() < validUntilMono) validUntilMono = renewedUntilMono;
        onRenewed?.();
      });
      // The others may have taken this replica for dead in between, and what it was granted for spent.
      if (clock.monotonic() >= validUntilMono) era += 1;
      validUntilMono = Math.max(renewedUntilMono, begunMono + standing.validForMs - MARGIN_MS);
      return standing;
    },
    release: (units, to) => joined.release(units, to),
    leave: () => joined.leave(),
    book: (bookings) => joined.book(bookings),
    readToken: (key) => joined.readToken(key),
    keepToken: (key, token) => joined.keepToken(key, token),
    renewToken: (key, make) => joined.renewToken(key, make),
    estates: () => joined.estates(),
    foundProjects: (key) => joined.foundProjects(key),
    noteProjects: (...change) => joined.noteProjects(...change),
    noteShare: (...share) => joined.noteShare(...share),
    end: async () => {
      await budgets.close();
      await joined.end();
    },
  };
  return { membership, shareBudget: (name, perMinute) => budgets.of(name, perMinute) };
}
