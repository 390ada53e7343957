import { execFileSync, spawn } from 'node:child_process';
import { DatabaseSync } from 'node:sqlite';
import type { StoreAddress } from '../../src/store/ports/address.ts';
import type { Home } from '../support/daemon.ts';

/** The same in whatever store a home has. */
export function takeStoreLock({ store, dbFile }: Pick<Home, 'store' | 'dbFile'>): () => void {
  return store.url.startsWith('postgres') ? takeTurnOf(store) : takeWriteLock(dbFile);
}

/** Takes SQLite's write lock as another process would, so that nobody else can commit. Returns the function that gives it back. */
export function takeWriteLock(dbFile: string): () => void {
  const db = new DatabaseSync(dbFile, { timeout: 5_000 });
  db.exec('begin immediate');
  return () => {
    db.exec('rollback');
    db.close();
  };
}

/** Whoever records anything locks the end of the audit log first. Of Debian's tools: no library of this program waits while nothing else runs. */
function takeTurnOf({ url, schema }: StoreAddress): () => void {
  const name = `holds ${schema}`;
  const ask = (statement: string): string =>
    execFileSync('psql', [url, '-tAc', statement], { encoding: 'utf8' }).trim();
  const held = `begin; lock table "${schema}".audit_head in exclusive mode; select pg_sleep(600)`;
  const holder = spawn('psql', [url, '-c', held], {
    env: { ...process.env, PGAPPNAME: name },
    stdio: 'ignore',
  });
  const ofHolder = `from pg_stat_activity where application_name = '${name}'`;
  while (ask(`select count(*) ${ofHolder} and wait_event = 'PgSleep'`) !== '1');
  return () => {
    ask(`select pg_terminate_backend(pid) ${ofHolder}`);
    holder.kill();
  };
}
