import { expect, it } from 'vitest';
import { z } from 'zod';
import {
  cancel,
  expire,
  fail,
  finish,
  type JobStep,
  newJobId,
  ready,
  serverlessJob,
} from '../../src/simulator/atlas/scenario.ts';
import {
  ALL_CHANNELS,
  awaken,
  factsOf,
  GROUP,
  INSTANCE,
  settle,
  startWorld,
  untilPolled,
} from './support.ts';

/**
 * The context attributes that CloudEvents 1.0 demands or knows, and no extension.
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#context-attributes
 */
const CLOUD_EVENT = z.strictObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1),
  source: z.string().regex(/^[\w\-.~:/?#[\]@!$&'()*+,;=%]+$/),
  type: z.string().regex(/^restore-watcher\.job\.[a-z]+$/),
  subject: z.string().min(1),
  time: z.iso.datetime(),
  datacontenttype: z.literal('application/json'),
  data: z.record(z.string(), z.unknown()),
});

it('tells every channel once of each of four named jobs that finish, fail, are cancelled and expire, at the first poll after it', async () => {
  const world = await startWorld();
  const ends: ReadonlyArray<[event: string, step: (at: number) => JobStep]> = [
    ['finished', (at) => finish(at)],
    ['failed', (at) => fail(at)],
    ['cancelled', (at) => cancel(at)],
    ['expired', (at) => expire(at)],
  ];
  const ids = ends.map(([end]) =>
    end === 'expired' ? world.startJob({ deliveryType: 'download' }) : world.startJob(),
  );
  const stranger = newJobId(Date.now());
  world.atlas.putJob(
    GROUP,
    INSTANCE,
    serverlessJob({ id: stranger, createdAt: Date.now(), instance: INSTANCE }),
  );
  const home = await settle(world.config({ watches: [world.watch({ restoreJobIds: ids })] }));
  const daemon = await awaken(home);
  await world.untilArrived(4);

  // One poll apart, so that what one costs does not hide what the next one takes.
  const changedAt = new Map<string, number>();
  const change = (index: number, event: string, step: JobStep): void => {
    const id = ids[index] ?? '';
    changedAt.set(`${id} ${event}`, Date.now());
    world.atlas.updateJob(GROUP, INSTANCE, id, step);
  };
  change(3, 'ready', ready(Date.now() + 60_000));
  await world.untilArrived(5);
  let expected = 5;
  for (const [index, [event, step]] of ends.entries()) {
    change(index, event, step(Date.now()));
    expected += 1;
    await world.untilArrived(expected);
  }
  const asked = world.atlas.requests.length;
  await untilPolled(daemon, 3);
  expect(world.atlas.requests.length, 'jobs that have ended are not asked for').toBe(asked);

  const wanted = [
    ...ids.map((id) => `${id} started`),
    ...ends.map(([event], index) => `${ids[index]} ${event}`),
    `${ids[3]} ready`,
  ];
  expect(factsOf(world.told()).toSorted()).toEqual(wanted.toSorted());

  const eventIds = world.told().map(({ id }) => id);
  for (const channel of ALL_CHANNELS) {
    const arrivals = world.arrived(channel);
    expect(arrivals.map(({ eventId }) => eventId).toSorted(), channel).toEqual(eventIds.toSorted());
  }
  for (const { subject, data } of world.told()) {
    const changed = changedAt.get(`${subject} ${data.event}`);
    if (changed === undefined) continue;
    expect(world.atlas.requests.some(({ path }) => path.includes(subject))).toBe(true);
    const polls = world.atlas.requests.filter(
      ({ path, at }) => path.includes(subject) && at > changed && at < Date.parse(data.detectedAt),
    );
    expect(polls.length, `${data.event}: polls until it was found`).toBeLessThanOrEqual(1);
  }

  for (const { json, headers, verified } of world.webhook.received) {
    expect(verified, 'the signature').toBe(true);
    const event = CLOUD_EVENT.parse(json);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
    });
    expect(event).toMatchObject({ source: `/groups/${GROUP}/serverless/${INSTANCE}`, data: { late: false } });
  }
});
