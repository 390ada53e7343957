import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import type { Home } from '../support/daemon.ts';
import { awaken, command, factsOf, GROUP, INSTANCE, settle, startWorld, untilPolled } from './support.ts';

const FORTY_DAYS_MS = 40 * 24 * 3_600_000;

/** As if all that is on record had been found so much earlier. */
function setBack({ dbFile }: Home): void {
  const db = new DatabaseSync(dbFile);
  db.exec(`
    update observation set created_at = created_at - ${FORTY_DAYS_MS},
      body = json_set(body, '$.changedAt', json_extract(body, '$.changedAt') - ${FORTY_DAYS_MS});
    update event set detected_at = detected_at - ${FORTY_DAYS_MS};
    update delivery set ended_at = ended_at - ${FORTY_DAYS_MS};
  `);
  db.close();
}

it('what is pruned is told to nobody again while Atlas lists it, and the audit log is whole, also in a copy of the store', async () => {
  const world = await startWorld();
  const home = await settle(world.config({ store: { url: 'sqlite:watcher.db', keep: '30d' } }));
  const once = async (): Promise<void> => {
    const { code, stderr } = await command(home, ['once']);
    expect(code, stderr).toBe(0);
  };
  const listed = async (what: string): Promise<unknown[]> =>
    JSON.parse((await command(home, [what, '--json'])).stdout).items;
  await once();
  const id = world.startJob();
  await once();
  world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
  await once();
  await world.untilArrived(2);
  expect(await listed('jobs')).toHaveLength(1);

  setBack(home);
  await once();
  expect(await listed('jobs')).toEqual([]);
  expect(await listed('history')).toEqual([]);
  await once();
  const daemon = await awaken(home);
  await untilPolled(daemon, 2);
  const running = world.startJob();
  await world.untilArrived(3);
  expect(factsOf(world.told())).toEqual([`${id} started`, `${id} finished`, `${running} started`]);

  const copy = `sqlite:${join(home.dbFile, '..', 'copy.db')}`;
  const refused = await command(home, ['store', 'migrate', '--to', copy]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('is in use by another daemon')]);
  await daemon.kill('SIGTERM');
  const verdict = async () => JSON.parse((await command(home, ['audit', 'verify', '--json'])).stdout);
  const { head, problems } = await verdict();
  expect(problems).toEqual([]);
  const move = await command(home, ['store', 'migrate', '--to', copy, '--json']);
  expect(move.code, move.stderr).toBe(0);
  expect(JSON.parse(move.stdout)).toMatchObject({
    ok: true,
    audit: { head, problems: [] },
    rows: { pruned_job: 1 },
  });
  expect((await verdict()).head).toEqual(head);
  expect(world.told()).toHaveLength(3);
});
