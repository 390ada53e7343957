import type { Clock } from '../../clock.ts';
import { StoreError } from '../../errors.ts';
import type { FaultLog } from '../../logging/fault-log.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Membership } from '../../store/ports/leases.ts';
import { type Hold, leasesAlone } from './leases.ts';
import { SharedLeases } from './shared-leases.ts';

/** What every lease is taken with. */
export interface EveryLeaseDeps {
  membership: Membership;
  clock: Clock;
  logger: Logger;
  faultLog: FaultLog;
}

/** What a run that does everything by itself works under. */
export interface EveryLease {
  /** As it was taken; what is lost is never taken again. `null`: no unit of this name was asked for. */
  holdOf(unit: string): Hold | null;
  giveUp(): Promise<void>;
}

/**
 * Takes all these units and keeps them, for a run that does everything by itself and ends soon.
 * @throws {StoreError} reason `conflict`, naming the replicas that do the work already.
 */
export async function takeEveryLease(
  { membership, ...deps }: EveryLeaseDeps,
  units: readonly string[],
  configuration: string,
): Promise<EveryLease> {
  if (membership.kind === 'alone') return { holdOf: leasesAlone().holdOf, giveUp: async () => {} };
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
  const holds = new Map(units.flatMap((unit) => leases.holdOf(unit) ?? []).map((hold) => [hold.unit, hold]));
  if (others.length === 0 && holds.size === units.length)
    return { holdOf: (unit) => holds.get(unit) ?? null, giveUp };
  await giveUp();
  const who = others.length === 0 ? 'another process' : others.map(({ name }) => name).join(', ');
  throw new StoreError('conflict', `the store is in use by ${who}`, {
    hint: 'What runs there polls and sends already. If it was killed just now, its work is free within 15 s.',
  });
}
