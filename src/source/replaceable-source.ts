import type { JobSource } from './source.ts';

/**
 * A source whose inside can be replaced while it is in use, so that those who hold it need not know. A changed credential, proxy or time
 * limit must not make watches begin anew: they would forget their pages, back-off and running jobs, and list everything whole.
 */
export interface ReplaceableSource extends JobSource {
  /**
   * Reads begin with `next` from now on; those under way end with the one they began with. Resolves when that one has been closed.
   */
  replace(next: JobSource): Promise<void>;
}

/** A source and the reads that go over it. */
interface Holding {
  source: JobSource;
  /** Reads under way. */
  uses: number;
  /** Called when there are none any more; `null` while the source is the current one. */
  onIdle: (() => void) | null;
}

/** A handle that reads from `first` until it is replaced. Closing it closes the source in use. */
export function createReplaceableSource(first: JobSource): ReplaceableSource {
  let current: Holding = { source: first, uses: 0, onIdle: null };

  const take = (): Holding => {
    current.uses += 1;
    return current;
  };
  const giveBack = (holding: Holding): void => {
    holding.uses -= 1;
    if (holding.uses === 0) holding.onIdle?.();
  };
  const using = async <T>(read: (source: JobSource) => Promise<T>): Promise<T> => {
    const holding = take();
    try {
      return await read(holding.source);
    } finally {
      giveBack(holding);
    }
  };

  return {
    listJobs: async function* (target, options) {
      const holding = take();
      try {
        yield* holding.source.listJobs(target, options);
      } finally {
        giveBack(holding);
      }
    },
    readJob: (target, jobId, options) => using((source) => source.readJob(target, jobId, options)),
    listProjects: (...place) => using((source) => source.listProjects(...place)),
    listInstances: (...place) => using((source) => source.listInstances(...place)),
    readFeed: (...asked) => using((source) => source.readFeed(...asked)),
    budgetOf: (groupId) => current.source.budgetOf(groupId),
    forgive: () => current.source.forgive(),
    aheadMs: () => current.source.aheadMs(),
    surelyAheadMs: () => current.source.surelyAheadMs(),
    replace: async (next) => {
      const before = current;
      current = { source: next, uses: 0, onIdle: null };
      if (before.uses > 0) {
        await new Promise<void>((resolve) => {
          before.onIdle = resolve;
        });
      }
      await before.source.close();
    },
    close: () => current.source.close(),
  };
}
