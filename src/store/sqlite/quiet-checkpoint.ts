import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

/** Nothing was committed for so long, in milliseconds: what a tick of the schedules has found is told by then. */
const QUIET_MS = 250;

/** A log of so many bytes (some 200 pages) is worth it. SQLite itself waits for 1,000 pages, and then lets a commit do it. */
const WORTH_BYTES = 200 * 4_096;

/** Has the write-ahead log copied into the database when nobody waits for anything. */
export interface QuietCheckpoint {
  /** Something was committed just now. */
  committed(): void;
  /** No more of it. */
  end(): void;
}

/**
 * Copies the write-ahead log of the database file at `path` into it once nothing has been committed for a moment. The disk is flushed
 * twice for that; left to SQLite, one commit in some thirty does it, and who is to be told of what that commit records waits for it.
 * While commits follow one another without a pause, SQLite goes on to do it by itself. Does not keep the process alive.
 */
export function createQuietCheckpoint(db: DatabaseSync, path: string): QuietCheckpoint {
  let timer: NodeJS.Timeout | null = null;
  const copy = (): void => {
    if (!db.isOpen || db.isTransaction) return;
    try {
      // By its size alone: to open and close it would drop the locks that SQLite holds.
      const size = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      // Passive: it waits for nobody, and nobody waits for a lock of it.
      if (size >= WORTH_BYTES) db.exec('pragma wal_checkpoint(passive)');
    } catch {
      // Nothing is lost by it. A disk that is full, or broken, is for the next commit to tell.
    }
  };
  return {
    committed: () => {
      timer ??= setTimeout(copy, QUIET_MS).unref();
      timer.refresh();
    },
    end: () => {
      if (timer !== null) clearTimeout(timer);
    },
  };
}
