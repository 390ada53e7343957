import { expect, it } from 'vitest';
import { finish } from '../../src/simulator/atlas/scenario.ts';
import { awaken, command, GROUP, INSTANCE, settle, startWorld, untilPolled } from './support.ts';

const TITLE = '{{ event.name | upcase }}: {{ job.instanceName }}';
const BODY = '*{{ message.advice }}* {{ event.occurredAt | time: "zone" }}';

it('tells in the words of a template what the preview has shown, and shows afterwards what was told', async () => {
  const world = await startWorld();
  const config = world.config();
  const channels = (config.channels as Array<Record<string, unknown>>).map((channel) =>
    channel.type === 'slack'
      ? { ...channel, timeZone: 'Asia/Tokyo', template: { title: TITLE, body: BODY } }
      : channel,
  );
  const home = await settle({ ...config, channels });
  const before = await command(home, ['notify', 'preview', '--channel', 'slack', '--event', 'finished']);
  expect(before).toMatchObject({ code: 0, stderr: '' });
  expect(before.stdout).toContain('"text": "[TEST] FINISHED: ');

  const daemon = await awaken(home);
  await untilPolled(daemon, 1);
  const id = world.startJob();
  await world.untilArrived(1);
  world.atlas.updateJob(GROUP, INSTANCE, id, finish(Date.now()));
  await world.untilArrived(2);

  const sent = world.slack.received.map(({ body }) => JSON.parse(String(body)));
  expect(sent.at(-1)).toMatchObject({ text: expect.stringMatching(/^FINISHED: /) });
  expect(JSON.stringify(sent.at(-1))).toMatch(/\*The data is back\. Nothing to do here\.\* [^"]* GMT\+9/);
  const after = await command(home, ['notify', 'preview', '--job', id, '--channel', 'slack', '--json']);
  const [shown] = JSON.parse(after.stdout).items;
  expect(shown).toMatchObject({ from: 'record', event: 'finished' });
  expect(sent.at(-1)).toMatchObject(shown.content);
});
