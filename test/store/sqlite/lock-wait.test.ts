import { join } from 'node:path';
import { Kysely, SqliteDialect, sql } from 'kysely';
import { expect, it, onTestFinished } from 'vitest';
import { kyselyDatabase, openConnection } from '../../../src/store/sqlite/node-sqlite.ts';
import { takeWriteLock } from '../../crash/write-lock.ts';
import { temporaryDirectory } from '../support.ts';

it('waits for the lock of another process once, and then hardly, until it has the lock again', async () => {
  const path = join(temporaryDirectory(), 'locked.db');
  const connection = openConnection(path, { readOnly: false });
  const db = new Kysely({ dialect: new SqliteDialect({ database: kyselyDatabase(connection) }) });
  onTestFinished(() => db.destroy());
  await sql`create table note (text text)`.execute(db);
  const read = () => sql`select text from note`.execute(db);
  const write = () => sql`insert into note values ('x')`.execute(db);
  const record = () =>
    db.transaction().execute(async (transaction) => {
      await sql`insert into note values ('x')`.execute(transaction);
    });
  const waitsMs = () => connection.prepare('pragma busy_timeout').get();

  expect(waitsMs()).toEqual({ timeout: 2_000 });
  for (const attempt of [record, write]) {
    const giveBack = takeWriteLock(path);
    await expect(attempt()).rejects.toThrow('locked');
    expect(waitsMs()).toEqual({ timeout: 50 });
    await read();
    await expect(record()).rejects.toThrow('locked');
    expect(waitsMs()).toEqual({ timeout: 50 });
    giveBack();
    await record();
    expect(waitsMs()).toEqual({ timeout: 2_000 });
  }
});
