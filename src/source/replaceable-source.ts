import type { JobSource } from './source.ts';

/** A source whose inside can be exchanged while it is in use, so that those who hold it need not know. */
export interface ReplaceableSource extends JobSource {
  /**
   * Reads begin with `next` from now on; those under way end with the one they began with. Resolves when that one has been closed.
   */
  replace(next: JobSource): Promise<void>;
}

interface Lease {
  source: JobSource;
  /** Reads under way. */
  uses: number;
  /** Called when there are none any more; `null` while the source is the current one. */
  onIdle: (() => void) | null;
}

export function createReplaceableSource(first: JobSource): ReplaceableSource {
  let current: Lease = { source: first, uses: 0, onIdle: null };

  const take = (): Lease => {
    current.uses += 1;
    return current;
  };
  const giveBack = (lease: Lease): void => {
    lease.uses -= 1;
    if (lease.uses === 0) lease.onIdle?.();
  };
  const using = async <T>(read: (source: JobSource) => Promise<T>): Promise<T> => {
    const lease = take();
    try {
      return await read(lease.source);
    } finally {
      giveBack(lease);
    }
  };

  return {
    listJobs: async function* (target, options) {
      const lease = take();
      try {
        yield* lease.source.listJobs(target, options);
      } finally {
        giveBack(lease);
      }
    },
    readJob: (target, jobId, options) => using((source) => source.readJob(target, jobId, options)),
    listProjects: (...place) => using((source) => source.listProjects(...place)),
    listInstances: (...place) => using((source) => source.listInstances(...place)),
    aheadMs: () => current.source.aheadMs(),
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
