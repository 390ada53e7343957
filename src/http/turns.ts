import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context, MiddlewareHandler } from 'hono';
import pLimit from 'p-limit';

/** This many are worked on at a time. */
const AT_ONCE = 2;
/** This many may wait. Less than the connections that are held, so that there is room for who only asks whether we live. */
const MOST_WAITING = 32;

/** Lets work be done a few at a time. */
export interface Turns {
  /** Does the work when its turn comes. @returns `null` at once, and does nothing, when too many wait already. */
  take<T>(work: () => Promise<T>): Promise<T> | null;
}

/**
 * Spaces out what reads the store, which holds the event loop while it reads: health is answered, and Atlas polled, in between.
 */
export function createTurns(): Turns {
  const limit = pLimit(AT_ONCE);
  return {
    take: (work) => {
      if (limit.pendingCount >= MOST_WAITING) return null;
      return limit(async () => {
        await nextTurn();
        return work();
      });
    },
  };
}

/** Work by the request that goes on when its answer has begun. */
const goingOn = new WeakMap<Request, Promise<unknown>>();

/** Has a request keep its turn until this work has ended, though it is answered sooner. */
export function holdTurn(c: Context, work: Promise<unknown>): void {
  goingOn.set(c.req.raw, work);
}

/** Answers requests in turns. @param refuse answers when too many wait already. */
export function inTurns(refuse: (c: Context) => Response | Promise<Response>): MiddlewareHandler {
  const turns = createTurns();
  return async (c, next) => {
    const answered = Promise.withResolvers<void>();
    const turn = turns.take(async () => {
      await next();
      answered.resolve();
      // Whoever began it says what became of it.
      await goingOn.get(c.req.raw)?.catch(() => {});
    });
    if (turn === null) return refuse(c);
    await Promise.race([turn, answered.promise]);
    return undefined;
  };
}
