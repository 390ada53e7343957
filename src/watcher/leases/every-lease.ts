import type { Clock } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Membership } from '../../store/ports/leases.ts';
import { SharedLeases } from './shared-leases.ts';

/** What every lease is taken with. */
export interface EveryLeaseDeps {
  membership: Membership;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
}

/**
 * Takes all these units and keeps them, for a run that does everything by itself and ends soon.
 * @returns what gives them up again.
 * @throws {StoreError} reason `conflict`, naming the replicas that do the work already.
 */
export async function takeEveryLease(
  { membership, ...deps }: EveryLeaseDeps,
  units: readonly string[],
  configuration: string,
): Promise<() => Promise<void>> {
  if (membership.kind === 'alone') return async () => {};
  const leases = new SharedLeases({ membership, ...deps });
  const end = Promise.withResolvers<void>();
  const giveUp = (): Promise<void> => {
    end.resolve();
    return leases.leave();
  };
  leases.begin({ onChange: () => {}, ended: () => end.promise });
  leases.want(units, configuration);
  await leases.look();
  const others = leases.status().replicas.filter(({ id }) => id !== membership.replica);
  if (others.length === 0 && units.every((unit) => leases.holdOf(unit) !== null)) return giveUp;
  await giveUp();
  const who = others.length === 0 ? 'another process' : others.map(({ name }) => name).join(', ');
  throw new StoreError('conflict', `the store is in use by ${who}`, {
    hint: 'What runs there polls and sends already. If it was killed just now, its work is free within 15 s.',
  });
}
