import type { Clock } from '../../clock.ts';
import { toError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Outbox } from '../../store/ports/outbox.ts';

/** A claim lasts this long unless renewed, so that after a kill nothing waits longer. */
export const LEASE_MS = 15_000;
const RENEW_EVERY_MS = 5_000;

/** What the leases work with. */
export interface LeaseDeps {
  store: Pick<Outbox, 'renewLeases'>;
  clock: Clock;
  faultLog: FaultLog;
  /** Names this process in leases. */
  owner: string;
}

/**
 * Prolongs the leases of these deliveries of a channel while their sends go on. That leases cannot be renewed is logged, once.
 * @returns the function that ends it.
 */
export function keepLeases(
  { store, clock, owner, faultLog }: LeaseDeps,
  channel: string,
  ids: readonly string[],
): () => void {
  const key = `claims of ${channel}`;
  const renew = async (): Promise<void> => {
    try {
      await store.renewLeases(ids, owner, clock.now() + LEASE_MS);
      faultLog.clear(key, 'Claims are renewed again', { channel });
    } catch (thrown) {
      const err = toError(thrown);
      faultLog.report(key, `Claims cannot be renewed: ${err.message}`, { channel, err });
    }
  };
  const timer = setInterval(() => void renew(), RENEW_EVERY_MS);
  return () => clearInterval(timer);
}
