import type { Clock } from '../../clock.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Outbox } from '../../store/ports/outbox.ts';

/** A claim lasts this long unless renewed, so that after a kill nothing waits longer. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;

/** What the leases work with. */
export interface LeaseDeps {
  store: Pick<Outbox, 'renewLeases'>;
  clock: Clock;
  logger: Logger;
  /** Names this process in leases. */
  owner: string;
}

/**
 * Prolongs the leases of these deliveries while their sends go on. A lease that cannot be renewed is logged.
 * @returns the function that ends it.
 */
export function keepLeases({ store, clock, owner, logger }: LeaseDeps, ids: readonly string[]): () => void {
  const timer = setInterval(() => {
    store.renewLeases(ids, owner, clock.now() + LEASE_MS).catch((error: unknown) => {
      logger.warn('A lease could not be renewed', { err: error });
    });
  }, RENEW_EVERY_MS);
  return () => clearInterval(timer);
}
