import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPagerDutyNotifier, type PagerDutyOptions } from '../../../src/channels/pagerduty/pagerduty.ts';
import { createReceiverLimiter } from '../../../src/channels/receiver-limiter.ts';
import { EVENT_NAMES, type EventName, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { aJob, anEvent, GROUP_ID, jobId, T0 } from '../../support/builders.ts';
import type { HttpSink } from '../../support/http-sink.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { describeHttpNotifier, describeSilence, NOW, startReceiver } from '../http-notifier-contract.ts';
import { aNotice, failureOf, never } from '../notifier-contract.ts';
import { alertsAfter, expectPagerDutyTakes } from './pagerduty-rules.ts';

const ROUTING_KEY = 'R0123456789abcdefSECRET789abcdef';
const SECRETS = [ROUTING_KEY];
const USERS = { groupId: GROUP_ID, projectName: null, instanceName: 'users' };

const ANSWERS = {
  accepts: { status: 202, body: '{"status":"success","message":"Event processed"}' },
  busy: { status: 500 },
  gone: { status: 404 },
  dislikes: { status: 400, body: '{"status":"invalid event"}' },
} as const;

function notifierFor(sink: HttpSink, over: Partial<PagerDutyOptions> = {}) {
  const clock = createManualClock(NOW);
  return createPagerDutyNotifier({
    channel: 'pager',
    routingKey: ROUTING_KEY,
    template: null,
    logger: createRecordingLogger(),
    url: `${sink.origin}/v2/enqueue`,
    clock,
    limiter: createReceiverLimiter(clock),
    ...over,
  });
}

const KIND = {
  type: 'pagerduty',
  secrets: SECRETS,
  answers: ANSWERS,
  notifierFor,
  // Each failed job is a trigger and a resolve; the contract counts messages.
  accepted: (sink: HttpSink) => sink.accepted.filter(({ body }) => body.includes('"trigger"')).length,
};

describeHttpNotifier(KIND);
describeSilence(KIND);

describe('what PagerDuty receives', () => {
  let sink: HttpSink;
  beforeEach(async () => {
    sink = await startReceiver(KIND);
  });
  afterEach(() => sink.close());

  /** Sends the events, and returns all that PagerDuty has received so far. */
  const sendAll = async (...events: WatcherEvent[]) => {
    for (const event of events) await notifierFor(sink).send([{ deliveryId: event.id, event }], never);
    return sink.requests.map(({ body }) => expectPagerDutyTakes(body));
  };
  const openAfter = async (...events: WatcherEvent[]) =>
    alertsAfter(await sendAll(...events)).filter(({ isOpen }) => isOpen);

  it('is a trigger in the common event format, with all that a person on call needs', async () => {
    const [body] = await sendAll(anEvent('failed', { note: 'Known before.' }));

    expect(sink.requests[0]).toMatchObject({ method: 'POST', path: '/v2/enqueue' });
    expect(sink.requests[0]!.headers['content-type']).toBe('application/json');
    expect(body).toMatchObject({
      routing_key: ROUTING_KEY,
      event_action: 'trigger',
      client: 'restore-watcher',
      links: [{ href: expect.stringMatching(/^https:\/\/cloud\.mongodb\.com\//), text: expect.any(String) }],
      payload: {
        summary: 'Restore 6ae8…0001 of orders to orders-copy failed after 14 min',
        severity: 'critical',
        source: '/groups/64b0c1d2e3f4a5b6c7d8e9f0/serverless/orders',
        component: 'orders-copy',
        group: 'orders',
        class: 'failed',
        timestamp: '2026-11-02T08:14:05.000Z',
        custom_details: {
          'What now': expect.stringContaining('Start another restore'),
          State: 'in progress → failed',
          Took: '14 min',
          Note: 'Known before.',
          Labels: 'team=payments',
          Started: '2026-11-02T08:00:05.000Z',
          Job: jobId(1),
        },
      },
    });
  });

  it.each(EVENT_NAMES)('keeps the published shape and limits: %s', async (name) => {
    await sendAll(sampleEvent(name, { channel: 'pager', now: T0 }));
  });

  it.each<[EventName, string]>([
    ['failed', 'critical'],
    ['cancelled', 'warning'],
    ['expired', 'warning'],
    ['expiring', 'warning'],
    ['stalled', 'warning'],
    ['missing', 'warning'],
    ['watch_failing', 'critical'],
    ['drill_overdue', 'warning'],
    ['channel_failing', 'critical'],
  ])('opens one alert for %s, as %s, however often it is sent', async (name, severity) => {
    const event = anEvent(name);
    const bodies = await sendAll(event, event, event);

    const triggers = bodies.filter(({ event_action }) => event_action === 'trigger');
    expect(triggers.map(({ payload }) => (payload as { severity: string }).severity)).toEqual(
      Array(3).fill(severity),
    );
    expect(alertsAfter(bodies)).toEqual([expect.objectContaining({ isOpen: true, triggers: 3 })]);
  });

  it.each<[EventName, EventName]>([
    ['stalled', 'finished'],
    ['stalled', 'ready'],
    ['missing', 'finished'],
    ['missing', 'ready'],
    ['watch_failing', 'watch_recovered'],
    ['channel_failing', 'channel_recovered'],
    ['drill_overdue', 'drill_passed'],
    ['drill_failed', 'drill_passed'],
  ])('closes the alert of %s with %s, by the same key', async (begins, ends) => {
    const eventOf = (name: EventName) => anEvent(name);
    const bodies = await sendAll(eventOf(begins), eventOf(ends), eventOf(ends));

    expect(bodies.filter(({ event_action }) => event_action === 'trigger')).toHaveLength(1);
    expect(alertsAfter(bodies)).toEqual([expect.objectContaining({ isOpen: false })]);
  });

  it.each<EventName>(['failed', 'cancelled', 'expired'])(
    'closes the alert of a job that was slow, and opens another, when it has %s',
    async (name) => {
      const alerts = alertsAfter(await sendAll(anEvent('stalled'), anEvent(name)));

      expect(alerts.map(({ isOpen }) => isOpen)).toEqual([false, true]);
    },
  );

  it('closes the alert of a job that was slow, and opens another, when it has gone from Atlas', async () => {
    const alerts = alertsAfter(await sendAll(anEvent('stalled'), anEvent('missing')));

    expect(alerts.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });

  it('closes what is open of a watch or a channel that has left the configuration, overdue drills too', async () => {
    const raised = [anEvent('watch_failing'), anEvent('drill_overdue'), anEvent('channel_failing')];
    const recovered = [anEvent('watch_recovered'), anEvent('channel_recovered')];
    const left = [anEvent('watch_recovered', { left: true }), anEvent('channel_recovered', { left: true })];
    expect(await openAfter(...raised, ...recovered)).toHaveLength(1);
    expect(await openAfter(...raised, ...left)).toEqual([]);
  });

  it('pages for a finish with warnings, and not for one without', async () => {
    const job = aJob(['finished'], { warnings: true });
    expect(await openAfter(anEvent('finished'))).toHaveLength(0);
    expect(await openAfter(anEvent('finished', { job, severity: 'warning' }))).toHaveLength(1);
  });

  it('pages for no expiry after a finish', async () => {
    expect(await openAfter(anEvent('expired', { from: 'finished', severity: 'info' }))).toEqual([]);
  });

  it('has nothing to say about a start, and accepts it', async () => {
    const receipt = await notifierFor(sink).send([aNotice({}, 'started')], never);

    expect(receipt.detail).toBe('not for a pager');
    expect(sink.requests).toEqual([]);
  });

  it('keeps jobs, watches, their places and channels apart', async () => {
    const other = aJob([], { id: jobId(2) });
    const alerts = await openAfter(
      anEvent('stalled'),
      anEvent('stalled', { job: other }),
      anEvent('watch_failing'),
      anEvent('watch_failing', { watch: 'ledger' }),
      anEvent('watch_failing', { place: { ...USERS, instanceName: null } }),
      anEvent('watch_failing', { place: USERS }),
      anEvent('watch_failing', { place: { ...USERS, instanceName: 'carts' } }),
      anEvent('channel_failing', { channel: 'mail' }),
      anEvent('channel_failing', { channel: 'chat' }),
      anEvent('drill_overdue'),
    );

    expect(alerts).toHaveLength(10);
  });

  it('raises one alert for a job that two watches see', async () => {
    expect(await openAfter(anEvent('stalled'), anEvent('stalled', { watch: 'everything' }))).toHaveLength(1);
  });

  it('joins the alert that is open by a reminder, and raises no other', async () => {
    const reminder = { number: 1, since: T0 };
    const first = anEvent('stalled');
    expect(await openAfter(first, { ...first, id: 'again', reminder })).toMatchObject([{ triggers: 2 }]);
    expect(await openAfter(anEvent('started', { reminder }))).toHaveLength(1);
  });

  it('neither opens nor closes what is real by a sample', async () => {
    const real = anEvent('watch_failing');
    const sample = anEvent('watch_recovered', { test: true });

    expect(await openAfter(real, sample)).toHaveLength(1);
  });

  it.each(EVENT_NAMES)('leaves no alert open and calls nobody by a sample of %s', async (name) => {
    const bodies = await sendAll(sampleEvent(name, { channel: 'pager', now: T0 }));

    expect(alertsAfter(bodies).filter(({ isOpen }) => isOpen)).toEqual([]);
    expect(bodies.flatMap(({ payload }) => (payload ? [payload] : []))).toEqual(
      bodies.filter(({ payload }) => payload).map(() => expect.objectContaining({ severity: 'info' })),
    );
  });

  it('opens an alert by a sample all the same, and closes it', async () => {
    const bodies = await sendAll(sampleEvent('failed', { channel: 'pager', now: T0 }));

    expect(alertsAfter(bodies)).toMatchObject([{ isOpen: false, triggers: 1 }]);
  });

  it('keeps the limits whatever Atlas calls its things, and keys apart that differ in their end only', async () => {
    const long = '"\u{1F4A5}é'.repeat(2_000);
    const monster = (end: string): WatcherEvent =>
      anEvent('stalled', {
        job: aJob([], { instanceName: long + end, targetClusterName: long, errorMessage: long }),
        watch: long,
        note: long,
        labels: Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`label${index}`, long])),
        summary: long,
        instance: { groupId: GROUP_ID, kind: 'cluster', instanceName: long },
      });

    expect(await openAfter(monster('a'), monster('b'), monster('a'))).toHaveLength(2);
  });

  it('is sent again as a whole when the second request fails', async () => {
    const accepts = sink.answer;
    const notifier = notifierFor(sink);
    const sending = failureOf(notifier.send([aNotice()], never));
    await sink.received(1);
    sink.answer = { status: 500 };

    expect(await sending).toMatchObject({ retryable: true });
    sink.answer = accepts;
    await notifier.send([aNotice()], never);
    const seen = sink.accepted.map(({ body }) => body);

    expect(alertsAfter(seen.map(expectPagerDutyTakes))).toEqual([
      expect.objectContaining({ isOpen: true, triggers: 2 }),
    ]);
  });

  it.each([200, 202, 204])('counts as accepted by HTTP %i', async (status) => {
    sink.answer = { status };

    const receipt = await notifierFor(sink).send([aNotice({}, 'watch_failing')], never);

    expect(receipt.detail).toContain(`HTTP ${status}`);
  });
});
