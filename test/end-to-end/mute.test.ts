import { expect, it } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { awaken, command, factsOf, settle, startWorld, untilPolled, WEBHOOK_SECRET } from './support.ts';

it('keeps a change from people while its watch is muted, records it, and tells the next one', async () => {
  const world = await startWorld();
  const home = await settle(
    world.config({
      channels: [{ name: 'webhook', type: 'webhook', url: world.webhook.url, secret: WEBHOOK_SECRET }],
      routes: [{ events: ['*'], channels: ['webhook'] }],
    }),
  );
  const daemon = await awaken(home);
  await untilPolled(daemon, 1);

  const reason = ['--reason', 'planned drill'];
  const added = await command(home, [
    'mute',
    'add',
    '--watch',
    'ord*',
    '--for',
    '2h',
    '--author',
    'ann',
    ...reason,
  ]);
  expect(added).toMatchObject({ code: 0, stderr: '' });

  const quiet = world.startJob();
  const recorded = await daemon.waitForLine(({ event }) => event === 'started');
  expect(recorded).toMatchObject({ suppressed: 'muted' });
  const history = await command(home, ['history', quiet]);
  expect(history.stdout).toMatch(/nobody was told: muted until .* by ann \(planned drill\)/);

  expect((await command(home, ['mute', 'remove', '1', '--author', 'bob'])).code).toBe(0);
  const loud = world.startJob();
  await world.untilArrived(1, ['webhook']);
  await untilPolled(daemon, 2);
  expect(factsOf(world.told())).toEqual([`${loud} started`]);

  await daemon.kill('SIGTERM');
  const verified = await command(home, ['audit', 'verify']);
  expect(verified.code).toBe(0);
  const store = await openSqliteStore({ path: home.dbFile, mode: 'readonly' });
  const entries = await store.readAudit(0, 1_000).finally(() => store.close());
  const decisions = entries.filter(({ kind }) => kind === 'decision' || kind.startsWith('mute.'));
  expect(decisions).toMatchObject([
    { kind: 'mute.added', data: { muteId: 1, author: 'ann', reason: 'planned drill' } },
    { kind: 'decision', data: { decision: 'suppress', reason: 'muted', muteId: 1 } },
    { kind: 'mute.removed', data: { muteId: 1, by: 'bob' } },
    { kind: 'decision', data: { decision: 'deliver', channel: 'webhook' } },
  ]);
});
