import { StoreError } from '../../errors.ts';
import { CommitInDoubt } from './turns.ts';

/**
 * Wraps a method of the store: faults of the engine become a StoreError, and after closing it refuses.
 * @param doing completes "cannot …" in the message.
 */
export type Guarded = <Args extends unknown[], Result>(
  doing: string,
  method: (...args: Args) => Promise<Result>,
) => (...args: Args) => Promise<Result>;

/** What all methods of one store have in common: how their faults are told, and that closing waits for them. */
export interface MethodGuard {
  guarded: Guarded;
  /** Waits for the methods in hand, then closes. Called again, it gives the same promise. */
  close(): Promise<void>;
}

/** Makes the guard of one store out of what its engine brings along. */
export function createMethodGuard(engine: {
  close(): Promise<void>;
  toStoreError(thrown: unknown, doing: string): unknown;
}): MethodGuard {
  const inHand = new Set<Promise<unknown>>();
  let closing: Promise<void> | null = null;

  async function closeOnce(): Promise<void> {
    await Promise.allSettled(inHand);
    await engine.close();
  }

  return {
    guarded:
      (doing, method) =>
      async (...args) => {
        if (closing) throw new StoreError('unavailable', `Cannot ${doing}: the store is closed`);
        const work = method(...args);
        inHand.add(work);
        try {
          return await work;
        } catch (thrown) {
          throw thrown instanceof CommitInDoubt
            ? inDoubt(engine.toStoreError(thrown.cause, doing))
            : engine.toStoreError(thrown, doing);
        } finally {
          inHand.delete(work);
        }
      },
    close: () => {
      closing ??= closeOnce();
      return closing;
    },
  };
}

/** The same fault, with what is not known because of it. */
function inDoubt(fault: unknown): unknown {
  if (!(fault instanceof StoreError)) return fault;
  const { reason, hint, cause, isPassing } = fault;
  const message = `${fault.message}; it may be written all the same`;
  return new StoreError(reason, message, { hint, cause, isPassing, isInDoubt: true });
}
