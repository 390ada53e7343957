import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context, MiddlewareHandler } from 'hono';
import pLimit from 'p-limit';

/** This many are worked on at a time. */
const AT_ONCE = 2;
/** This many may wait. Less than the connections that are held, so that there is room for who only asks whether we live. */
const MOST_WAITING = 32;

/** Work by the request that goes on when its answer has begun. */
const goingOn = new WeakMap<Request, Promise<unknown>>();

/** Has a request keep its turn until this work has ended, though it is answered sooner. */
export function holdTurn(c: Context, work: Promise<unknown>): void {
  goingOn.set(c.req.raw, work);
}

/**
 * Answers requests a few at a time. It spaces out what reads the store, which holds the event loop while it reads: health is answered, and Atlas
 * polled, in between.
 * @param refuse answers when too many wait already.
 */
export function inTurns(refuse: (c: Context) => Response | Promise<Response>): MiddlewareHandler {
  const limit = pLimit(AT_ONCE);
  return async (c, next) => {
    if (limit.pendingCount >= MOST_WAITING) return refuse(c);
    const answered = Promise.withResolvers<void>();
    const turn = limit(async () => {
      await nextTurn();
      await next();
      answered.resolve();
      // Whoever began it says what became of it.
      await goingOn.get(c.req.raw)?.catch(() => {});
    });
    await Promise.race([turn, answered.promise]);
    return undefined;
  };
}
