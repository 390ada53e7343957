/**
 * Work that many want and one does: whoever asks while it is under way waits for the same end. Each caller leaves with the reason of
 * its own signal; when the last one has left, the work is told to stop, and the next caller begins anew.
 */
export function createSharedWork<T>(
  work: (signal: AbortSignal) => Promise<T>,
): (signal: AbortSignal) => Promise<T> {
  let underway: { result: Promise<T>; callers: number; off: AbortController } | null = null;

  function begin(): NonNullable<typeof underway> {
    const off = new AbortController();
    const mine = { result: work(off.signal), callers: 0, off };
    const end = (): void => {
      if (underway === mine) underway = null;
    };
    mine.result.then(end, end);
    return mine;
  }

  return async (signal) => {
    signal.throwIfAborted();
    underway ??= begin();
    const mine = underway;
    mine.callers += 1;
    try {
      return await unlessAborted(mine.result, signal);
    } finally {
      mine.callers -= 1;
      if (mine.callers === 0) {
        if (underway === mine) underway = null;
        mine.off.abort();
      }
    }
  };
}

function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
