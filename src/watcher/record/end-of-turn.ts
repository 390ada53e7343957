import { setImmediate as endOfTurn } from 'node:timers/promises';

/**
 * Lets all who ask in the same turn of the event loop go on together when that ends. What they write then is committed together: each by
 * itself would cost a flush of the disk, before the next had even been heard.
 */
export function createEndOfTurn(): () => Promise<void> {
  let end: Promise<void> | null = null;
  const wait = async (): Promise<void> => {
    await endOfTurn();
    end = null;
  };
  return () => {
    end ??= wait();
    return end;
  };
}
