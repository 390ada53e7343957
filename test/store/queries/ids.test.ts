import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { aJob, anObservation } from '../../support/builders.ts';
import { aCommit, openForTest, temporaryDirectory } from '../support.ts';

const OLDEST = '6b0a000000000000000000a1';

it('finds the one job of its ends among more than 30,000 that begin alike', async () => {
  const path = join(temporaryDirectory(), 'watcher.db');
  const store = await openForTest({ path });
  await store.commitPoll(aCommit({ observations: [anObservation(aJob([], { id: OLDEST }))] }));
  multiply(path, 30_000);

  const found = await store.findJobIds({ head: '6b0a', tail: '00a1', watch: null }, 9);
  expect(found).toEqual({ ids: [OLDEST], isComplete: true });
});

/** As many jobs more, later ones, in one statement. */
function multiply(path: string, count: number): void {
  const database = new DatabaseSync(path);
  const columns = database.prepare("select name from pragma_table_info('observation')").all();
  const names = columns.map(({ name }) => String(name));
  const values = names.map((name) => (name === 'job_id' ? "printf('6b0a1%019d', n * 10)" : name));
  database.exec(`
    with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < ${count})
    insert into observation (${names.join(', ')}) select ${values.join(', ')} from numbers, observation
    where job_id = '${OLDEST}'`);
  database.close();
}
