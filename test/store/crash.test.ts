import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { verifyStore } from '../../src/audit/verify.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { jobId } from '../support/builders.ts';
import { startChild } from './child.ts';
import { temporaryDirectory } from './support.ts';

const KILLS = 5;

describe('a process killed while it commits', () => {
  it('has kept every poll that it had acknowledged, whole, and the file is sound', async () => {
    const path = join(temporaryDirectory(), 'watcher.db');
    let acknowledged = 0;
    for (let kill = 0; kill < KILLS; kill += 1) {
      const child = startChild('commit-in-a-loop', path, String(acknowledged));
      await child.printed(1 + Math.floor(Math.random() * 200));
      await child.kill();
      acknowledged = Number(child.lines().at(-1));

      const store = await openSqliteStore({ path });
      const ids = Array.from({ length: acknowledged + 1 }, (_, index) => jobId(index + 1));
      const jobs = await store.readObservations('orders', ids);
      const [deliveries] = await store.countDeliveries(0);
      const { entries, problems } = await verifyStore(store);
      // The last one may have been committed without having been acknowledged: then all of it was.
      expect(entries === acknowledged || entries === acknowledged + 1).toBe(true);
      expect([jobs.size, deliveries?.count, problems]).toEqual([entries, entries, []]);
      acknowledged = entries;
      await store.close();
    }
    const db = new DatabaseSync(path, { readOnly: true });
    expect(db.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    db.close();
  });
});
