import { setImmediate as endOfTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Pace } from './pace.ts';

/**
 * Waits for the end of the turn, to write so many jobs then. What it resolves to is to be called when they are written, or could not be
 * (`areWritten` is false).
 */
export type EndOfTurn = (jobs: number) => Promise<(areWritten: boolean) => void>;

/** Those who go on together. */
interface Group {
  jobs: number;
  /** How many of them have not ended. */
  members: number;
  begin: PromiseWithResolvers<void>;
  beganAt: number;
  /** All that have ended have written. */
  haveWritten: boolean;
}

/**
 * Lets those who ask in the same turn of the event loop go on together when that ends. What they write then is committed together: each by
 * itself would cost a flush of the disk, before the next had even been heard. Those who would write more between them than fits into a
 * turn (`pace`) go on in several turns, in the order in which they asked. A turn in which something could not be written says nothing about
 * the pace: a write that fails at once is not a quick one.
 */
export function createEndOfTurn(pace: Pace, clock: Pick<Clock, 'monotonic'>): EndOfTurn {
  const groups: Group[] = [];

  const run = async (): Promise<void> => {
    while (groups.length > 0) {
      await endOfTurn();
      const group = groups.shift();
      if (group === undefined) continue;
      group.beganAt = clock.monotonic();
      group.begin.resolve();
    }
  };

  const join = (jobs: number): Group => {
    const last = groups.at(-1);
    if (last !== undefined && last.jobs + jobs <= pace.jobs) {
      last.jobs += jobs;
      last.members += 1;
      return last;
    }
    const group = { jobs, members: 1, begin: Promise.withResolvers<void>(), beganAt: 0, haveWritten: true };
    groups.push(group);
    if (groups.length === 1) void run();
    return group;
  };

  return async (jobs) => {
    const group = join(jobs);
    await group.begin.promise;
    return (areWritten) => {
      group.members -= 1;
      group.haveWritten &&= areWritten;
      if (group.members > 0 || !group.haveWritten) return;
      pace.took(group.jobs, clock.monotonic() - group.beganAt);
    };
  };
}
