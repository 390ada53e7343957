import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../../../src/errors.ts';
import type { LayoutUpdate } from '../../../src/store/ports/life.ts';
import { isOpenToOthers } from '../../../src/store/sqlite/file.ts';
import { inspectFileStore } from '../../../src/store/sqlite/inspect.ts';
import { migrate } from '../../../src/store/sqlite/layout/migrate.ts';
import { MIGRATIONS } from '../../../src/store/sqlite/layout/migrations.ts';
import { openConnection, readPragma } from '../../../src/store/sqlite/node-sqlite.ts';
import { openSqliteStore } from '../../../src/store/sqlite/sqlite-store.ts';
import { anObservation, jobId } from '../../support/builders.ts';
import { aJoining } from '../../support/joining.ts';
import { startChild } from '../child.ts';
import { aPollOf } from '../poll-of.ts';
import { aCommit, openForTest, temporaryDirectory } from '../support.ts';

const LATEST = MIGRATIONS.length;

/** A database with a few hundred jobs in it, closed. */
async function aFilledFile(): Promise<string> {
  const path = join(temporaryDirectory(), 'watcher.db');
  const store = await openSqliteStore({ path });
  for (let number = 1; number <= 200; number += 1) await store.commitPoll(aPollOf(number));
  await store.close();
  return path;
}

function overwrite(path: string, from: number, length: number, byte = 0xa5): void {
  const bytes = readFileSync(path);
  bytes.fill(byte, from, from + length);
  writeFileSync(path, bytes);
}

async function refusalOf(path: string, mode: 'readwrite' | 'readonly' = 'readwrite'): Promise<StoreError> {
  const outcome = await openSqliteStore({ path, mode }).catch((error: unknown) => error);
  expect(outcome).toBeInstanceOf(StoreError);
  return outcome as StoreError;
}

describe('a database file', () => {
  it('is made together with its directory, and durable in every connection', async () => {
    const path = join(temporaryDirectory(), 'not', 'yet', 'there', 'watcher.db');
    await openForTest({ path });
    const other = openConnection(path, { readOnly: false });
    const pragma = (name: string) => Object.values(other.prepare(`pragma ${name}`).get() ?? {})[0];
    expect(['journal_mode', 'synchronous', 'foreign_keys'].map(pragma)).toEqual(['wal', 2, 1]);
    other.close();
  });

  it('keeps what was written when it is opened again', async () => {
    const path = await aFilledFile();
    const store = await openForTest({ path });
    expect(await store.readObservations('orders', [jobId(200)])).toHaveLength(1);
    expect((await store.auditHead()).seq).toBe(200);
  });

  it('that is empty is a new one', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    writeFileSync(path, '');
    expect((await (await openForTest({ path })).auditHead()).seq).toBe(0);
  });

  it.each<[string, (path: string, mirror: string) => void]>([
    ['a lock', (path) => writeFileSync(`${path}.lock`, '')],
    ['a mirror', (_path, mirror) => writeFileSync(mirror, '{}\n')],
  ])('that is empty is damaged where %s shows that there was more', async (_what, leave) => {
    const directory = temporaryDirectory();
    const [path, mirror] = [join(directory, 'watcher.db'), join(directory, 'audit.jsonl')];
    writeFileSync(path, '');
    leave(path, mirror);
    for (const mode of ['readwrite', 'readonly'] as const) {
      const opening = openSqliteStore({ path, mirror, mode });
      await expect(opening).rejects.toMatchObject({
        reason: 'damaged',
        message: expect.stringContaining('it is empty, but'),
      });
    }
    expect(() => inspectFileStore(path, mirror)).toThrow('shows that there was more');
    expect(statSync(path).size).toBe(0);
    rmSync(path);
    expect((await (await openForTest({ path, mirror })).auditHead()).seq).toBe(0);
  });

  it('is for its owner alone, with all that stands beside it; a mode that it has is left to it', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'watcher.db');
    const modes = () => readdirSync(directory).map((name) => statSync(join(directory, name)).mode & 0o777);
    const store = await openSqliteStore({ path });
    await store.join(aJoining());
    await store.commitPoll(aPollOf(1));
    expect(readdirSync(directory)).toContain('watcher.db-wal');
    expect(new Set(modes())).toEqual(new Set([0o600]));
    await store.close();

    chmodSync(path, 0o640);
    await (await openSqliteStore({ path })).close();
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  it('is known to be open to others when they may read it and get to it', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'watcher.db');
    writeFileSync(path, '');
    const isOpen = (mode: number, above: number) => {
      chmodSync(path, mode);
      chmodSync(directory, above);
      return isOpenToOthers(path);
    };
    expect([isOpen(0o644, 0o755), isOpen(0o640, 0o755), isOpen(0o644, 0o750)]).toEqual([true, false, false]);
    expect(isOpenToOthers(join(directory, 'none'))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0)(
    'can be read by a user who may write neither it nor its directory, while it is written and after',
    async () => {
      const path = await aFilledFile();
      chmodSync(dirname(path), 0o755);
      chmodSync(path, 0o644);
      /** Connections are opened before the first pause: who the process is need not change for longer. */
      const asNobody = <T>(work: () => T): T => {
        process.seteuid?.(65_534);
        try {
          return work();
        } finally {
          process.seteuid?.(0);
        }
      };
      const jobs = async () => {
        const reader = await asNobody(() => openSqliteStore({ path, mode: 'readonly' }));
        const { items } = await reader.listObservations({ limit: 500 });
        await reader.close();
        return items.length;
      };
      expect(await jobs()).toBe(200);
      expect(asNobody(() => inspectFileStore(path))).toMatchObject({
        exists: true,
        schemaVersion: LATEST,
      });

      const writer = await openForTest({ path });
      await writer.join(aJoining());
      await writer.commitPoll(aPollOf(201));
      expect(await jobs()).toBe(201);
      expect(asNobody(() => inspectFileStore(path))).toMatchObject({ inUse: null });
    },
  );

  it.each([
    ['a parent that is a file', (directory: string) => join(directory, 'file', 'watcher.db')],
    ['a path that is a directory', (directory: string) => join(directory, 'directory')],
  ])('that cannot be made is refused as unavailable: %s', async (_what, pathIn) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'file'), '');
    mkdirSync(join(directory, 'directory'));
    const refusal = await refusalOf(pathIn(directory));
    expect(refusal.reason).toBe('unavailable');
    expect(refusal.message).toContain(directory);
    expect(refusal.hint).toBeTruthy();
  });

  it.each<[string, (path: string) => void]>([
    ['text', (path) => writeFileSync(path, 'this was never a database '.repeat(50))],
    ['zeroes at its beginning', (path) => overwrite(path, 0, 4096, 0)],
    ['a torn page in the middle', (path) => overwrite(path, 40 * 4096, 4096)],
    ['pages cut off at the end', (path) => truncateSync(path, statSync(path).size - 3 * 4096)],
    ['a few bytes left', (path) => truncateSync(path, 60)],
  ])('that is damaged is refused by name and left as it is: %s', async (_what, damage) => {
    const path = await aFilledFile();
    damage(path);
    const before = readFileSync(path);
    const refusal = await refusalOf(path);
    expect(refusal.reason).toBe('damaged');
    expect(refusal.message).toContain(path);
    expect(refusal.hint).toContain('backup');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('that is damaged is found out even when it is too big to be checked at every start', async () => {
    const path = await aFilledFile();
    const { size } = statSync(path);
    // The pages before these hold the layout.
    overwrite(path, 80 * 4096, size - 80 * 4096);
    const store = await openForTest({ path, mode: 'readonly' });
    const ids = Array.from({ length: 200 }, (_, index) => jobId(index + 1));
    await expect(store.readObservations('orders', ids)).rejects.toMatchObject({ reason: 'damaged' });
  });

  it('whose write-ahead log is there without it is refused as damaged', async () => {
    const path = await aFilledFile();
    rmSync(path);
    writeFileSync(`${path}-wal`, 'what was written last');
    expect((await refusalOf(path)).reason).toBe('damaged');
    expect(existsSync(path)).toBe(false);
  });

  it('of another program is refused and left as it is', async () => {
    const path = join(temporaryDirectory(), 'other.db');
    const other = new DatabaseSync(path);
    other.exec('create table theirs (a)');
    other.close();
    const before = readFileSync(path);
    expect((await refusalOf(path)).reason).toBe('damaged');
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('of a newer program is refused by name and left as it is', async () => {
    const path = await aFilledFile();
    const db = new DatabaseSync(path);
    db.exec(`pragma user_version = ${LATEST + 1}; pragma wal_checkpoint(truncate)`);
    db.close();
    const before = readFileSync(path);
    const refusal = await refusalOf(path);
    expect(refusal.reason).toBe('schema_too_new');
    expect(refusal.message).toContain(`layout ${LATEST + 1}`);
    expect(refusal.hint).toBeTruthy();
    expect((await refusalOf(path, 'readonly')).reason).toBe('schema_too_new');
    expect(readFileSync(path).equals(before)).toBe(true);
  });
});

describe('a store opened for reading', () => {
  it('sees what the daemon writes, and cannot write itself', async () => {
    const path = await aFilledFile();
    const daemon = await openForTest({ path });
    const reader = await openForTest({ path, mode: 'readonly' });
    await daemon.commitPoll(aPollOf(201));
    expect(await reader.readObservations('orders', [jobId(201)])).toHaveLength(1);
    await expect(reader.commitPoll(aPollOf(202))).rejects.toMatchObject({ reason: 'unavailable' });
    await expect(reader.redrive('given_up', 0)).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('makes no database where there is none', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    const refusal = await refusalOf(path, 'readonly');
    expect(refusal.reason).toBe('unavailable');
    expect(refusal.message).toContain('no database yet');
    expect(existsSync(path)).toBe(false);
  });

  it('does not bring an older layout up to date', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    openConnection(path, { readOnly: false }).close();
    const refusal = await refusalOf(path, 'readonly');
    expect(refusal.reason).toBe('unavailable');
    expect(refusal.message).toContain('older');
  });
});

describe('an unchanged poll', () => {
  it('costs no write: not a byte, not a lock', async () => {
    const path = await aFilledFile();
    const store = await openForTest({ path });
    const other = openConnection(path, { readOnly: false });
    const version = () => Object.values(other.prepare('pragma data_version').get() ?? {})[0];
    const before = version();
    other.exec('begin immediate');
    await store.commitPoll(aCommit());
    expect(
      await store.claimDeliveries({
        channel: 'none',
        owner: 'a',
        now: 0,
        leaseMs: 1,
        limit: 1,
        perKey: 'run',
      }),
    ).toEqual([]);
    other.exec('rollback');
    expect(version()).toBe(before);

    await store.commitPoll(aCommit({ observations: [anObservation()] }));
    expect(version()).not.toBe(before);
    other.close();
  });
});

describe('migrations', () => {
  it('are numbered from 1 without gaps', () => {
    expect(MIGRATIONS.map(({ number }) => number)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  it('run once, however often the store is opened', async () => {
    const path = await aFilledFile();
    const db = openConnection(path, { readOnly: false });
    migrate(db, path);
    migrate(db, path);
    expect(readPragma(db, 'user_version')).toBe(LATEST);
    db.close();
  });

  it('add what is missing and keep what is there', async () => {
    const path = await aFilledFile();
    const db = openConnection(path, { readOnly: false });
    const next = { number: LATEST + 1, name: 'one more', sql: 'create table more (a text) strict' };
    const updates: LayoutUpdate[] = [];
    migrate(db, path, [...MIGRATIONS, next], (update) => updates.push(update));
    expect(updates).toEqual([false, true].map((isDone) => ({ isDone, from: LATEST, to: LATEST + 1 })));
    expect(readPragma(db, 'user_version')).toBe(LATEST + 1);
    expect(db.prepare('select count(*) as jobs from observation').get()?.jobs).toBe(200);
    db.close();
  });

  it('are applied all or none', () => {
    const db = new DatabaseSync(':memory:');
    const broken = {
      number: LATEST + 1,
      name: 'broken',
      sql: 'create table half (a); create table half (a)',
    };
    expect(() => migrate(db, ':memory:', [...MIGRATIONS, broken])).toThrow();
    expect(readPragma(db, 'user_version')).toBe(0);
    expect(db.prepare('select * from sqlite_schema').all()).toEqual([]);
  });

  it('run once when several processes open new files at the same instant', async () => {
    const directory = temporaryDirectory();
    const start = String(Date.now() + 1_000);
    const children = Array.from({ length: 4 }, () => startChild('open-and-close', directory, start));
    const ends = await Promise.all(children.map((child) => child.ended()));
    expect(ends).toEqual(children.map(() => 0));
    const store = await openForTest({ path: join(directory, 'watcher-0.db') });
    expect((await store.auditHead()).seq).toBe(0);
  });
});
