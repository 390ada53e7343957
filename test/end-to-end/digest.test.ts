import { expect, it } from 'vitest';
import { fail, finish } from '../../src/simulator/atlas/scenario.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import { awaken, command, GROUP, INSTANCE, settle, startWorld, until, untilPolled } from './support.ts';

/** Far off, whenever the test runs. */
const ONCE_A_YEAR = '0 7 29 2 *';

it('gathers what a channel is told, and sends it at its time as one message, on each kind of channel that can', async () => {
  const world = await startWorld();
  const { channels, ...rest } = world.config();
  const withDigests = (channels as Array<{ name: string }>).map((channel) =>
    channel.name === 'webhook' ? channel : { ...channel, digest: '*/5 * * * * *' },
  );
  const home = await settle({ ...rest, channels: withDigests });
  const daemon = await awaken(home);
  await untilPolled(daemon, 1);
  const ids = Array.from({ length: 6 }, () => world.startJob());
  for (const [index, id] of ids.entries()) {
    world.atlas.updateJob(GROUP, INSTANCE, id, (index === 3 ? fail : finish)(Date.now()));
  }
  await world.untilArrived(12, ['webhook']);

  await until(() => world.smtp.received.length > 0, 'a digest by mail');
  await until(() => world.slack.accepted().length > 0, 'a digest in Slack');
  const subject = world.smtp.received[0]?.mail.subject;
  expect(subject).toMatch(/^\[(critical|info)\] Restores since \w{3} \d\d:\d\d UTC: /);
  // The slot may fall between two polls: then what came after it has a digest of its own.
  await until(
    async () =>
      JSON.parse((await command(home, ['deliveries', '--status', 'pending', '--json'])).stdout).items
        .length === 0,
    'nothing that waits any more',
  );
  expect(world.smtp.received.length).toBeLessThanOrEqual(2);
  expect(world.slack.accepted().length).toBeLessThanOrEqual(2);
  expect(new Set(world.arrived('slack').map(({ eventId }) => eventId)).size).toBe(12);
  expect(await command(home, ['audit', 'verify'])).toMatchObject({ code: 0 });
});

it('says until when something waits, in every place where one would look, and waits over a restart', async () => {
  const world = await startWorld();
  const { channels, ...rest } = world.config({ routes: [{ events: ['*'], channels: ['email'] }] });
  const withDigest = (channels as Array<{ name: string }>).map((channel) =>
    channel.name === 'email'
      ? { ...channel, digest: ONCE_A_YEAR, fallback: 'slack', fallbackAfter: '1s' }
      : channel,
  );
  const home = await settle({ ...rest, channels: withDigest });
  const first = await awaken(home);
  await untilPolled(first, 1);
  const id = world.startJob();
  await until(
    async () => (await command(home, ['history', id])).stdout.includes('waits for the digest of '),
    'an event that waits',
  );
  expect(await first.kill('SIGTERM')).toMatchObject({ code: 0 });
  const again = await awaken(home);
  await untilPolled(again, 2);

  const { items } = JSON.parse((await command(home, ['deliveries', '--json'])).stdout);
  expect(items).toMatchObject([
    {
      channel: 'email',
      status: 'pending',
      attemptsStarted: 0,
      heldUntil: expect.stringMatching(/-02-29T07:00:00.000Z$/),
    },
  ]);
  expect((await command(home, ['deliveries'])).stdout).toMatch(/ digest in \d+ d/);
  expect((await command(home, ['check'])).stdout).toMatch(
    /email +email +digest 0 7 29 2 \* \(UTC\), next \d{4}-02-29/,
  );
  const explained = await command(home, ['routes', 'explain', '--event', 'failed', '--watch', INSTANCE]);
  expect(explained.stdout).toMatch(/Held for the digest of email, the next at \d{4}-02-29 07:00:00Z/);
  const metrics = await (await fetchOnce(`${again.base}/metrics`)).text();
  expect(metrics).toContain('restore_watcher_deliveries_held{channel="email"} 1');
  expect(metrics).toContain('restore_watcher_deliveries_pending{channel="email"} 0');
  // Neither mailed before its time, nor handed to the fallback.
  expect([world.smtp.received.length, world.slack.received.length]).toEqual([0, 0]);
  expect(await command(home, ['notify', 'test', '--channel', 'email'])).toMatchObject({ code: 0 });
  expect(world.smtp.received).toHaveLength(1);
});
