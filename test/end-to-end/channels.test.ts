import { describe, expect, it } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { fetchOnce } from '../support/fetch-once.ts';
import {
  awaken,
  command,
  factsOf,
  GROUP,
  INSTANCE,
  settle,
  startWorld,
  until,
  untilPolled,
} from './support.ts';

/** A send that hangs is given up after 10 s: whoever waited for it would be told later than this. */
const TOLD_WITHIN_MS = 9_000;

describe('a channel in trouble', () => {
  it('gets the message once when Slack fails for a moment', async () => {
    const world = await startWorld();
    const daemon = await awaken(await settle(world.config()));
    await untilPolled(daemon, 1);
    world.slack.answer([500]);
    const id = world.startJob();

    await world.untilArrived(1, ['webhook', 'email']);
    await world.untilArrived(1, ['slack']);
    await untilPolled(daemon, 2);

    expect(world.slack.received.map(({ status }) => status)).toEqual([500, 200]);
    const [failed, accepted] = world.slack.received;
    expect((accepted?.at ?? 0) - (failed?.at ?? 0)).toBeGreaterThanOrEqual(5_000);
    expect(accepted?.body).toBe(failed?.body);
    expect(factsOf(world.told())).toEqual([`${id} started`]);
    expect(world.arrived('email')).toHaveLength(1);
  });

  it('is given up when Slack knows the webhook no more, alone, and gets what it missed once mended and redriven', async () => {
    const world = await startWorld();
    const home = await settle(world.config());
    const daemon = await awaken(home);
    await untilPolled(daemon, 1);
    world.slack.answer({ status: 404, body: 'no_service' });
    const id = world.startJob();
    await world.untilArrived(1, ['webhook', 'email']);
    await daemon.waitForLine(({ message }) => message.startsWith('Gave up telling slack'));
    const eventId = world.told()[0]?.id ?? '';

    const listed = await command(home, ['deliveries', '--status', 'given_up', '--json']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    const { items } = JSON.parse(listed.stdout);
    expect(items).toMatchObject([
      {
        eventId,
        channel: 'slack',
        status: 'given_up',
        event: 'started',
        jobId: id,
        attemptsStarted: 1,
        detail: expect.stringContaining('no_service'),
      },
    ]);
    expect(world.slack.received).toHaveLength(1);

    world.slack.answer(null);
    const redriven = await command(home, ['deliveries', 'redrive', '--given-up', '--json']);
    expect(redriven).toMatchObject({ code: 0, stderr: '' });
    await world.untilArrived(1, ['slack']);
    await world.untilArrived(2, ['webhook', 'email']);
    await untilPolled(daemon, 1);
    expect(world.arrived('slack').map((arrival) => arrival.eventId)).toEqual([eventId]);
    // The others also hear that the channel fails; that it has recovered is told when nothing is wrong for ten minutes.
    expect(world.told().map(({ data }) => data.event)).toEqual(['started', 'channel_failing']);
    expect(world.arrived('email').map((arrival) => arrival.eventId)).toEqual(
      world.told().map((told) => told.id),
    );
  });

  it('has its fallback told at once when it gives up, and in time when it does not answer', async () => {
    const world = await startWorld();
    const { channels, ...rest } = world.config();
    const fallbacks: Record<string, object> = {
      slack: { fallback: 'webhook' },
      webhook: { fallback: 'email', fallbackAfter: '1s' },
    };
    const withFallbacks = (channels as Array<{ name: string }>).map((channel) => ({
      ...channel,
      ...fallbacks[channel.name],
    }));
    const routes = [{ events: ['started'], channels: ['slack'] }];
    const home = await settle({ ...rest, channels: withFallbacks, routes });
    const daemon = await awaken(home);
    await untilPolled(daemon, 1);
    world.slack.answer({ status: 404, body: 'no_service' });
    world.webhook.answer('hang');
    const id = world.startJob();
    await world.untilArrived(1, ['email']);
    world.webhook.answer(null);

    const { stdout } = await command(home, ['history', id]);
    expect(stdout).toMatch(/slack +given up .*no_service/);
    expect(stdout).toMatch(/webhook +instead of slack: pending/);
    expect(stdout).toMatch(/email +instead of webhook: told/);
    expect(await command(home, ['audit', 'verify'])).toMatchObject({ code: 0 });
  });

  it('holds up nobody else while a webhook hangs', async () => {
    const world = await startWorld();
    const daemon = await awaken(await settle(world.config()));
    await untilPolled(daemon, 1);
    world.webhook.answer('hang');
    const ids = Array.from({ length: 6 }, () => world.startJob());
    // One at a time, as long as it has accepted nothing.
    await until(() => world.webhook.received.length === 1, 'a hanging request');
    for (const id of ids) world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
    await world.untilArrived(12, ['slack', 'email']);

    const { items } = (await (await fetchOnce(`${daemon.base}/api/v1/transitions`)).json()) as {
      items: Array<{ id: string; detectedAt: string }>;
    };
    expect(items).toHaveLength(12);
    for (const channel of ['slack', 'email'] as const) {
      for (const { eventId, at } of world.arrived(channel)) {
        const detectedAt = items.find(({ id }) => id === eventId)?.detectedAt ?? '';
        expect(at - Date.parse(detectedAt), channel).toBeLessThan(TOLD_WITHIN_MS);
      }
    }
    expect(world.told()).toEqual([]);
  });
});
