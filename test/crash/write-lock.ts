import { DatabaseSync } from 'node:sqlite';

/** Takes SQLite's write lock as another process would, so that nobody else can commit. Returns the function that gives it back. */
export function takeWriteLock(dbFile: string): () => void {
  const db = new DatabaseSync(dbFile, { timeout: 5_000 });
  db.exec('begin immediate');
  return () => {
    db.exec('rollback');
    db.close();
  };
}
