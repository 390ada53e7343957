import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AuditCheck, checkAudit } from '../../src/audit/check.ts';
import { type AuditDraft, parseAuditEntry, writeEntries } from '../../src/domain/audit.ts';
import { rootOf } from '../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint } from '../../src/domain/evidence/checkpoint.ts';
import { verifierKeyText } from '../../src/domain/evidence/signed-note.ts';
import { openPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { hasPostgres, newPostgresAddress } from '../support/postgres/shared.ts';
import { aLogKey, signLines } from '../support/signed-log.ts';

const ENTRIES = 10_000;
const EVERY = 1_000;
const KEY = aLogKey();
const VKEY = verifierKeyText(KEY.verifier);

/** Writes a log of so many entries as the program does, signed again and again. */
async function fill(store: Store): Promise<string[]> {
  for (let seq = 0; seq < ENTRIES; ) {
    const drafts = Array.from({ length: Math.min(EVERY - 2, ENTRIES - seq) }, (_, index): AuditDraft => {
      const number = seq + index + 1;
      return { at: T0 + number, kind: 'anomaly.seen', data: { jobId: `job ${number}`, problem: 'odd' } };
    });
    await store.recordAudit(drafts);
    const sign: Parameters<Store['recordCheckpoint']>[0]['sign'] = (tree) =>
      makeCheckpoint({ size: tree.size, root: rootOf(tree) }, KEY);
    await store.recordCheckpoint({ at: T0 + seq + EVERY, key: VKEY, sign });
    ({ seq } = await store.auditHead());
  }
  const lines: string[] = [];
  for (let after = 0; ; after = lines.length) {
    const page = await store.readAuditLines(after, EVERY);
    if (page.length === 0) return lines;
    lines.push(...page.map(({ body }) => body));
  }
}

/** What somebody does who may write to the database: statements, given the lines as they were. */
interface Forgery {
  what: string;
  sql: (lines: readonly string[]) => string[];
  first: NonNullable<AuditCheck['first']> | 'in the tree' | 'at the end';
}

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
const body = (seq: number, line: string): string =>
  `update audit_entry set body = ${quoted(line)} where seq = ${seq}`;
/** The lines from there on, hashed anew behind another one, checkpoints and all, by somebody without the key. */
function chainedAnew(lines: readonly string[], from: number): string[] {
  const anew = lines.slice(0, from - 1);
  for (const [index, line] of lines.slice(from - 1).entries()) {
    const { kind, data, at } = parseAuditEntry(line) ?? { kind: '', data: {}, at: '' };
    const told = index === 0 ? { ...data, problem: 'none' } : data;
    const head = parseAuditEntry(anew.at(-1) ?? '');
    if (head === null) throw new Error('no entry before it');
    const draft = { at: Date.parse(at), kind: kind as AuditDraft['kind'], data: told };
    anew.push(...writeEntries(head, [draft]).map((one) => one.line));
  }
  return anew;
}

const FORGERIES: Forgery[] = [
  {
    what: 'an entry is edited',
    sql: (lines) => [body(4_321, lines[4_320]?.replace('odd', 'fine') ?? '')],
    first: { entry: 4_321, how: 'changed' },
  },
  {
    what: 'an entry is edited, and hashed anew',
    sql: (lines) => [body(4_321, chainedAnew(lines.slice(0, 4_321), 4_321).at(-1) ?? '')],
    first: { entry: 4_321, how: 'changed' },
  },
  {
    what: 'an entry is deleted',
    sql: () => ['delete from audit_entry where seq = 777'],
    first: { entry: 777, how: 'missing' },
  },
  {
    what: 'entries are deleted, and the others numbered anew',
    sql: () => [
      'delete from audit_entry where seq = 9500',
      'update audit_entry set seq = -seq where seq > 9500',
      'update audit_entry set seq = -seq - 1 where seq < 0',
      'update audit_head set seq = seq - 1',
    ],
    // The row holds an entry of another number.
    first: { entry: 9_500, how: 'unreadable' },
  },
  {
    what: 'two entries are swapped',
    sql: (lines) => [body(300, lines[300] ?? ''), body(301, lines[299] ?? '')],
    first: { entry: 300, how: 'unreadable' },
  },
  {
    what: 'an entry is put in the place of another',
    sql: (lines) => [body(61, lines[59] ?? '')],
    first: { entry: 61, how: 'unreadable' },
  },
  {
    what: 'the end is cut off, and the head moved back',
    sql: (lines) => [
      'delete from audit_entry where seq > 9400',
      `update audit_head set seq = 9400, hash = ${quoted(parseAuditEntry(lines[9_399] ?? '')?.hash ?? '')}`,
    ],
    // The tree beside the log is of more.
    first: { entry: 9_400, how: 'other_history' },
  },
  {
    what: 'all is chained anew from an entry on, without the key',
    sql: (lines) =>
      chainedAnew(lines, 9_700).flatMap((line, index) => (index < 9_699 ? [] : [body(index + 1, line)])),
    first: 'in the tree',
  },
  {
    what: 'a checkpoint is replaced by one of another key',
    sql: (lines) => {
      const seq = lines.findLastIndex((line) => line.includes('"kind":"checkpoint.made"')) + 1;
      const forged = signLines(lines.slice(0, seq - 1), aLogKey());
      const head = parseAuditEntry(lines[seq - 2] ?? '');
      if (head === null) throw new Error('no entry before it');
      const draft = { at: T0, kind: 'checkpoint.made' as const, data: { note: forged } };
      return [body(seq, writeEntries(head, [draft])[0]?.line ?? '')];
    },
    first: 'in the tree',
  },
  {
    what: 'the beginning is cut off',
    sql: () => ['delete from audit_entry where seq <= 500'],
    first: { entry: 1, how: 'missing' },
  },
  {
    what: 'the tree beside the log is another',
    sql: () => [
      `update audit_head set tree = '${Buffer.alloc(32, 7).toString('base64')}' || substr(tree, 45)`,
    ],
    first: 'at the end',
  },
  {
    what: 'the head has another hash',
    sql: () => [`update audit_head set hash = '${'a'.repeat(64)}'`],
    first: 'at the end',
  },
];

interface World {
  lines: string[];
  /** A store on which these statements were run; what they did is undone after the work. */
  forged<T>(sql: readonly string[], work: (store: Store) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

async function sqliteWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'watcher-forged-'));
  const path = join(directory, 'watcher.db');
  const store = await openSqliteStore({ path });
  const lines = await fill(store);
  await store.close();
  return {
    lines,
    forged: async (sql, work) => {
      const copy = `${path}.forged`;
      copyFileSync(path, copy);
      const db = new DatabaseSync(copy);
      db.exec('begin');
      for (const statement of sql) db.exec(statement);
      db.exec('commit');
      db.close();
      const forged = await openSqliteStore({ path: copy });
      try {
        return await work(forged);
      } finally {
        await forged.close();
        for (const ending of ['', '-wal', '-shm']) rmSync(`${copy}${ending}`, { force: true });
      }
    },
    close: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function postgresWorld(): Promise<World> {
  const address = await newPostgresAddress();
  const store = await openPostgresStore(address);
  const lines = await fill(store);
  const client = new pg.Client(address.url);
  await client.connect();
  await client.query(`set search_path to ${address.schema}`);
  const tables = ['audit_entry', 'audit_head'];
  for (const table of tables) await client.query(`create table sound_${table} as table ${table}`);
  return {
    lines,
    forged: async (sql, work) => {
      await client.query(sql.join(';\n'));
      try {
        return await work(store);
      } finally {
        for (const table of tables) {
          await client.query(`delete from ${table}`);
          await client.query(`insert into ${table} select * from sound_${table}`);
        }
      }
    },
    close: async () => {
      await client.end();
      await store.close();
    },
  };
}

describe.each([
  ['SQLite', sqliteWorld, true],
  ['PostgreSQL', postgresWorld, hasPostgres()],
])('a log of 10,000 entries in %s', (_engine, open, isThere) => {
  let world: World;
  beforeAll(async () => {
    if (isThere) world = await open();
  }, 240_000);
  afterAll(() => world?.close());

  /** What an auditor finds who has the key, the store, and the file that somebody could not reach. */
  async function audit(sql: readonly string[], { file = world.lines.join('\n').concat('\n') } = {}) {
    const mirror = join(temporaryDirectory(), 'audit.jsonl');
    writeFileSync(mirror, file);
    const evidence = { key: KEY.verifier, kept: [], faults: [] };
    return world.forged(sql, (store) => checkAudit(store, { store: 'store', files: [mirror] }, evidence));
  }

  it.skipIf(!isThere)('is sound as it was written', async () => {
    expect(await audit([])).toMatchObject({ problems: [], first: null });
  });

  it.skipIf(!isThere).each(FORGERIES)('shows that $what', async ({ sql, first }) => {
    const statements = sql(world.lines);
    const found = await audit(statements);
    expect(found.problems.length).toBeGreaterThan(0);
    if (first === 'in the tree')
      expect(['other_history', 'signature', 'changed']).toContain(found.first?.how);
    else if (first !== 'at the end') expect(found.first).toMatchObject(first);
  });

  it.skipIf(!isThere)('shows that an entry is edited alike in the store and in the file', async () => {
    const edited = chainedAnew(world.lines, 9_700);
    const statements = edited.flatMap((line, index) => (index < 9_699 ? [] : [body(index + 1, line)]));
    const found = await audit(statements, { file: edited.join('\n').concat('\n') });
    expect(found.problems.length).toBeGreaterThan(0);
  });
});
