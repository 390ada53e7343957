import type { Clock } from '../../clock.ts';
import type { Timestamp } from '../../domain/instant.ts';
import type { Logger } from '../../logging/logger.ts';
import type { Recorder } from '../record/recorder.ts';
import { PruneWalk, type PruneWalkDeps } from './walk.ts';

/** So long, in milliseconds, whoever waits for the end of a run waits for this. */
const A_WHILE_MS = 2_000;

/** Nobody waits for the process in between. */
const ROWS = 200;

/**
 * Prunes what was over before then, step by step, for two seconds at most: the next run goes on. Records what was pruned.
 * @throws {StoreError} and then what was pruned until then is pruned.
 */
export async function pruneForAWhile(
  deps: {
    store: PruneWalkDeps['store'];
    recorder: Pick<Recorder, 'recordPruned'>;
    clock: Clock;
    logger: Logger;
  },
  overBefore: Timestamp,
): Promise<void> {
  const { clock, recorder, logger } = deps;
  const walk = new PruneWalk(deps, overBefore, ROWS);
  const until = clock.monotonic() + A_WHILE_MS;
  while (!walk.hasEnded && clock.monotonic() < until) await walk.step();
  await recorder.recordPruned();
  walk.tell(logger);
}
