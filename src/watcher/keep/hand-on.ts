import type { Witness } from '../../witness/witness.ts';
import { type CheckpointCopiesDeps, createCheckpointCopies } from './checkpoint-copies.ts';
import { createRollbackTelling, type RollbackTellingDeps } from './rollback-telling.ts';
import { createWitnessing, type WitnessingDeps } from './witnessing.ts';

/** What handing on the last checkpoint takes. */
export type HandOnDeps = CheckpointCopiesDeps &
  RollbackTellingDeps &
  WitnessingDeps & { witnesses?: readonly Witness[] };

/** The last checkpoint on its way out of the house. */
export interface HandingOn {
  /** Waits until all of it is recorded, and no longer than `ms` for witnesses: what is owed to channels is on record then. */
  within(ms: number): Promise<void>;
  /** Asks no witness any more. */
  end(): Promise<void>;
}

/**
 * Hands on the last checkpoint, once: has it cosigned, tells of it those who ask for it, and tells of a store that was rolled back. Faults
 * are logged.
 */
export function handOnCheckpoint(deps: HandOnDeps): HandingOn {
  const witnessing = createWitnessing(deps);
  witnessing.apply(deps.witnesses ?? []);
  const [copies, rollbacks] = [createCheckpointCopies(deps), createRollbackTelling(deps)];
  for (const each of [witnessing, copies, rollbacks]) each.beat();
  return {
    within: async (ms) => {
      await Promise.all([copies.stop(), rollbacks.stop()]);
      const limit = Promise.withResolvers<void>();
      const timer = setTimeout(limit.resolve, ms);
      await Promise.race([witnessing.settled(), limit.promise]);
      clearTimeout(timer);
    },
    end: () => witnessing.stop(),
  };
}
