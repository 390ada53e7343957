import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { moveStore } from '../../src/app/move-store.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { aCommit, aDraft, plan } from '../store/support.ts';
import { anObservation } from '../support/builders.ts';
import { aJoining } from '../support/joining.ts';

let from: string;
let to: string;

beforeEach(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'watcher-move-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  from = join(directory, 'from.db');
  to = join(directory, 'to.db');
  const store = await openSqliteStore({ path: from });
  await store.commitPoll(
    aCommit({ observations: [anObservation()], events: [plan(1)], audit: [aDraft(1), aDraft(2)] }),
  );
  await store.close();
});

const move = () => moveStore({ url: `sqlite:${from}` }, { url: `sqlite:${to}` }, () => {});

describe('moving a store', () => {
  it('copies it, verifies the audit log in the copy, and lets go of both', async () => {
    const moved = await move();
    const [source, copy] = [await openSqliteStore({ path: from }), await openSqliteStore({ path: to })];
    const head = await source.auditHead();
    expect(moved).toMatchObject({ from, to, audit: { entries: 2, head, problems: [] } });
    expect(moved.tables).toContainEqual({ table: 'audit_entry', rows: 2 });
    expect(await copy.auditHead()).toEqual(head);
    for (const store of [source, copy]) {
      await store.join(aJoining());
      await store.close();
    }
  });

  it('says what is wrong with an audit log that was copied as it was', async () => {
    const db = new DatabaseSync(from);
    db.exec("update audit_entry set body = replace(body, 'decision', 'decisiom') where seq = 1");
    db.close();
    expect((await move()).audit.problems).toEqual([expect.stringContaining('changed after it was written')]);
  });

  it('is refused while a daemon has either of the two', async () => {
    for (const path of [from, to]) {
      const daemon = await openSqliteStore({ path });
      await daemon.join(aJoining());
      await expect(move()).rejects.toMatchObject({
        reason: 'conflict',
        message: expect.stringContaining(`${path} is in use by another daemon`),
      });
      await daemon.close();
    }
    await move();
  });

  it('is refused for a store that is not there, and makes none', async () => {
    rmSync(from);
    await expect(move()).rejects.toMatchObject({ message: expect.stringContaining('nothing to copy') });
    expect([from, to].filter((path) => existsSync(path))).toEqual([]);
  });

  it('is refused from a store to itself, however it is written', async () => {
    to = join(from, '..', 'from.db');
    await expect(move()).rejects.toMatchObject({ reason: 'conflict' });
  });
});
