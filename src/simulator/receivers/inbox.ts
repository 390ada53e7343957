/** What arrived, in order, and who waits for more. */
export interface Inbox<Item> {
  readonly items: readonly Item[];
  add(item: Item): void;
  /**
   * Resolves with the first item, past or future, that fits; `fits` also gets everything that arrived so far, that item included.
   * @throws when none did within `timeoutMs`; the signal's reason when it aborts before.
   */
  waitFor(
    fits: (item: Item, all: readonly Item[]) => boolean,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<Item>;
  /** Calls the listener with every further item. Returns the function that ends it. */
  onItem(listener: (item: Item) => void): () => void;
}

const DEFAULT_TIMEOUT_MS = 45_000;

/** `what` names the items in the message of a time-out. */
export function createInbox<Item>(what: string): Inbox<Item> {
  const items: Item[] = [];
  const listeners = new Set<(item: Item) => void>();

  const onItem: Inbox<Item>['onItem'] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  return {
    items,
    onItem,
    add: (item) => {
      items.push(item);
      for (const listener of [...listeners]) listener(item);
    },
    waitFor: async (fits, timeoutMs = DEFAULT_TIMEOUT_MS, signal) => {
      const past = items.find((item, index) => fits(item, items.slice(0, index + 1)));
      if (past !== undefined) return past;
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<Item>();
      const stop = onItem((item) => {
        if (fits(item, items)) resolve(item);
      });
      const timer = setTimeout(
        () => reject(new Error(`no such ${what} within ${timeoutMs} ms; ${items.length} arrived`)),
        timeoutMs,
      );
      const onAbort = (): void => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort);
      try {
        return await promise;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        stop();
      }
    },
  };
}
