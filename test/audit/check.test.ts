import crypto from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { verifyFiles, verifyStore } from '../../src/audit/verify.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';

/** How many hashes are made from now on. A mock of the module would find it loaded already, by another test of this process. */
function countHashes(): () => number {
  const spy = vi.spyOn(crypto, 'hash');
  syncBuiltinESMExports();
  onTestFinished(() => {
    spy.mockRestore();
    syncBuiltinESMExports();
  });
  return () => spy.mock.calls.length;
}

type Change = (lines: string[]) => string[];

/** A store of so many entries, all noted as mirrored, and what its lines are. */
async function written(entries: number) {
  const path = join(temporaryDirectory(), 'watcher.db');
  const store = await openSqliteStore({ path });
  await store.recordAudit(Array.from({ length: entries }, (_, index) => aDraft(index + 1)));
  await store.noteMirrored(entries);
  const lines = (await store.readAuditLines(0, entries)).map(({ body }) => body);
  await store.close();
  return { path, lines };
}

/** Checks store and file together, and each alone. */
async function checked({ path, lines }: Awaited<ReturnType<typeof written>>, inFile: Change) {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  writeFileSync(
    file,
    inFile(lines)
      .map((line) => `${line}\n`)
      .join(''),
  );
  const store = await openForTest({ path });
  const [expectedHead] = await store.readAudit(lines.length - 1, 1).catch(() => []);
  const hashes = countHashes();
  const together = await checkAudit(store, { store: 'store', files: [file] });
  return {
    together,
    hashed: hashes(),
    alone: [await verifyStore(store), await verifyFiles([file], { expectedHead })],
  };
}

const same: Change = (lines) => lines;
const change: Change = (lines) => lines.with(149, lines[149]?.replace('"at":"2', '"at":"3') ?? '');

describe('checking the audit log in the store and in the file', () => {
  it('hashes what stands in both once', async () => {
    const { together, hashed } = await checked(await written(700), same);
    expect(together).toMatchObject({ checked: [{ entries: 700 }, { entries: 700 }], problems: [] });
    // The chain; the leaves of the tree, its nodes, and its root in the end, which the store has as well.
    expect(hashed).toBe(700 + 700 + 694 + 2 * 5);
  });

  it.each<[string, Change, number]>([
    ['a changed line', change, 1],
    ['a line that is gone', (lines) => lines.toSpliced(100, 1), 1],
    ['a line twice', (lines) => lines.toSpliced(100, 0, lines[99] ?? ''), 1],
    ['a space', (lines) => lines.with(180, `${lines[180]} `), 1],
    ['lines in another order', (lines) => [...lines.slice(0, 90), ...lines.slice(90).reverse()], 100],
    ['no beginning', (lines) => lines.slice(70), 1],
    ['no end', (lines) => lines.slice(0, 130), 1],
    ['a number far ahead', (lines) => lines.with(3, lines[3]?.replace('"seq":4', '"seq":900') ?? ''), 2],
  ])('finds in the file what it finds there without the store: %s', async (_what, inFile, problems) => {
    const { together, alone } = await checked(await written(200), inFile);
    expect(alone[0]?.problems).toEqual([]);
    expect(alone[1]?.problems).toHaveLength(problems);
    expect(together.problems).toHaveLength(problems);
    expect(together.head).toEqual(alone[0]?.head);
    expect(together.checked).toMatchObject(alone.map((verdict) => ({ entries: verdict?.entries })));
  });

  it.each<[string, string]>([
    ['changed', `update audit_entry set body = replace(body, '"at":"2', '"at":"3') where seq = 150`],
    ['gone', 'delete from audit_entry where seq = 150'],
    ['no entry', `update audit_entry set body = '{}' where seq = 150`],
  ])('goes on in the file by itself where the store has an entry that is %s', async (_what, sql) => {
    const log = await written(200);
    const db = new DatabaseSync(log.path);
    db.exec(sql);
    db.close();
    const { together, alone } = await checked(log, same);
    expect(alone[0]?.problems).not.toEqual([]);
    expect(together.problems).toHaveLength(alone[0]?.problems.length ?? 0);
    expect(together.checked[1]?.entries).toBe(200);
  });

  it('finds what was changed alike in both', async () => {
    const log = await written(200);
    const db = new DatabaseSync(log.path);
    db.exec(`update audit_entry set body = replace(body, '"at":"2', '"at":"3') where seq = 150`);
    db.close();
    const { together } = await checked(log, change);
    expect(together.problems).toEqual([
      'store: entry 150 was changed after it was written',
      'file, line 150: entry 150 was changed after it was written',
    ]);
  });
});
