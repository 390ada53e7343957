import { setImmediate as endOfTurn } from 'node:timers/promises';

/** So many jobs are written before everything else gets its turn: a flush is a small part of it then, and the event loop stands still for no longer. */
export const JOBS_IN_A_TURN = 100;

/**
 * Lets those who ask in the same turn of the event loop go on together when that ends. What they write then is committed together: each by
 * itself would cost a flush of the disk, before the next had even been heard. Those who would write more than `JOBS_IN_A_TURN` between
 * them go on in several turns, in the order in which they asked.
 */
export function createEndOfTurn(): (jobs: number) => Promise<void> {
  const groups: Array<{ jobs: number; begin: PromiseWithResolvers<void> }> = [];

  const run = async (): Promise<void> => {
    while (groups.length > 0) {
      await endOfTurn();
      groups.shift()?.begin.resolve();
    }
  };

  return (jobs) => {
    const last = groups.at(-1);
    if (last !== undefined && last.jobs + jobs <= JOBS_IN_A_TURN) {
      last.jobs += jobs;
      return last.begin.promise;
    }
    const group = { jobs, begin: Promise.withResolvers<void>() };
    groups.push(group);
    if (groups.length === 1) void run();
    return group.begin.promise;
  };
}
