import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { EMPTY_FRONTIER, growFrontier, leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import { aDraft, openForTest, temporaryDirectory } from '../support.ts';

const ENTRIES = 1203;

/** A store with a log, after somebody has run this on it. */
async function storeAfter(sql: string) {
  const path = join(temporaryDirectory(), 'watcher.db');
  const before = await openForTest({ path });
  await before.recordAudit(Array.from({ length: ENTRIES }, (_, index) => aDraft(index)));
  await before.close();
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
  return openForTest({ path });
}

describe('a log without a tree', () => {
  it.each([
    ['that an older version has written', "update audit_head set tree = ''"],
    ['whose tree somebody has cut', 'update audit_head set tree = substr(tree, 46)'],
    ['whose tree is no tree', "update audit_head set tree = 'nothing'"],
  ])('%s gets it from the first who writes', async (_what, sql) => {
    const store = await storeAfter(sql);
    expect(await store.auditTree()).toEqual({ seq: ENTRIES, tree: null });
    await store.recordAudit([aDraft(1), aDraft(2)]);
    const lines = await store.readAuditLines(0, 9999);
    const tree = growFrontier(
      EMPTY_FRONTIER,
      lines.map(({ body }) => leafHash(body)),
    );
    expect(await store.auditTree()).toEqual({ seq: ENTRIES + 2, tree });
  });

  it('is gone on with also where entries are gone from it', async () => {
    const store = await storeAfter(
      `update audit_head set tree = ''; delete from audit_entry where seq between 400 and 1100 or seq = ${ENTRIES}`,
    );
    await store.recordAudit([aDraft(1)]);
    const lines = new Map((await store.readAuditLines(0, 9999)).map(({ seq, body }) => [seq, body]));
    const tree = growFrontier(
      EMPTY_FRONTIER,
      Array.from({ length: ENTRIES + 1 }, (_, index) => leafHash(lines.get(index + 1) ?? '')),
    );
    expect(await store.auditTree()).toEqual({ seq: ENTRIES + 1, tree });
  });
});
