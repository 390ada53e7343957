/** A limit on how long something may take. */
export interface TimeLimit {
  /** Aborts with a `TimeoutError` when the time is up; with the outer reason when that aborts before. */
  signal: AbortSignal;
  /** To be called when the work has ended: nothing is left in memory then. */
  end(): void;
}

/**
 * Limits what obeys `outer` to so many milliseconds as well. `AbortSignal.timeout` and `AbortSignal.any` would stay in memory until the
 * time is up, for each request that has long been answered. Does not keep the process alive.
 *
 * Where the process stood still until the time was up, the answer may have come long ago: what has come is read before it counts as late.
 */
export function limitTime(outer: AbortSignal, ms: number): TimeLimit {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort(outer.reason);
  if (outer.aborted) onAbort();
  outer.addEventListener('abort', onAbort, { once: true });
  let afterReading: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => {
    // After the sockets have had their turn.
    afterReading = setImmediate(() => stop.abort(new DOMException('the time is up', 'TimeoutError')));
    afterReading.unref();
  }, ms);
  timer.unref();
  return {
    signal: stop.signal,
    end: () => {
      clearTimeout(timer);
      clearImmediate(afterReading);
      outer.removeEventListener('abort', onAbort);
    },
  };
}
