import { describe, expect, it } from 'vitest';
import type { EventName, WatcherEvent } from '../../../src/domain/event/event.ts';
import type { Milestone } from '../../../src/domain/job/restore-job.ts';
import type { DueReminder, Visibility } from '../../../src/domain/telling/due-reminder.ts';
import { decideReminder, planReminders, type ReminderContext } from '../../../src/domain/telling/reminder.ts';
import {
  aJob,
  aMute,
  anEvent,
  anObservation,
  aRoute,
  type EventFacts,
  HOUR,
  jobId,
  jobSubjectOf,
  MINUTE,
  T0,
} from '../../support/builders.ts';

const NOW = T0 + 3 * HOUR;
const SEEN = { kind: 'seen', labels: { team: 'payments' }, fault: null, aheadMs: 0 } as const;

/** Of a job that runs, first told an hour after it began. */
function due(name: EventName, over: Partial<DueReminder> = {}): DueReminder {
  return {
    first: first(name),
    channel: 'oncall',
    count: 0,
    observation: anObservation(),
    raisedAt: null,
    lastFinishedAt: null,
    isStillOwed: false,
    ...over,
  };
}

function first(name: EventName, over: Partial<EventFacts> = {}): WatcherEvent {
  return anEvent(name, { detectedAt: T0 + HOUR, occurredAt: T0 + HOUR, job: aJob(), ...over });
}

function alert(name: EventName, over: Partial<DueReminder> = {}): DueReminder {
  return due(name, {
    first: first(name, { channel: 'siem' }),
    observation: null,
    raisedAt: T0 + HOUR,
    ...over,
  });
}

function context(over: Partial<ReminderContext> & { visibility?: Visibility } = {}): ReminderContext {
  const { visibility = SEEN, ...rest } = over;
  return {
    routes: [aRoute({ remindEveryMs: HOUR })],
    mutes: [],
    nextDigest: () => null,
    now: NOW,
    visibilityOf: () => visibility,
    ...rest,
  };
}

function decided(reminder: DueReminder, over: Parameters<typeof context>[0] = {}): string {
  const decision = decideReminder(reminder, context(over));
  return decision.kind === 'remind' ? 'remind' : `${decision.kind}: ${decision.reason}`;
}

function eventOf(reminder: DueReminder, over: Parameters<typeof context>[0] = {}): WatcherEvent {
  const decision = decideReminder(reminder, context(over));
  if (decision.kind !== 'remind') throw new Error(`not reminded: ${decision.reason}`);
  return decision.event;
}

const ended = (...outcomes: Milestone[]) => anObservation(aJob(outcomes));
const download = (expiresAt: number) =>
  anObservation(aJob(['ready'], { deliveryType: 'download', expiresAt, targetClusterName: null }));

describe('a reminder that is due', () => {
  it.each<[string, DueReminder, string]>([
    ['a job that still runs', due('started'), 'remind'],
    ['a stalled job that still runs', due('stalled'), 'remind'],
    ['a job that has finished', due('started', { observation: ended('finished') }), 'end: ended'],
    ['a stalled job that has failed', due('stalled', { observation: ended('failed') }), 'end: ended'],
    ['a download that is made by now', due('stalled', { observation: ended('ready') }), 'end: ended'],
    ['a job that is on record no more', due('stalled', { observation: null }), 'end: ended'],
    ['a link that lives', due('expiring', { observation: download(NOW + MINUTE) }), 'remind'],
    ['a link that has run out unseen', due('expiring', { observation: download(NOW) }), 'end: ended'],
    [
      'a download that has expired',
      due('expiring', { observation: ended('ready', 'expired') }),
      'end: ended',
    ],
    [
      'a job that is missing',
      due('missing', { observation: anObservation(aJob(), { missingSince: T0 + HOUR - 5 }) }),
      'remind',
    ],
    [
      'a job that has been missing for a day',
      due('missing', { observation: anObservation(aJob(), { missingSince: NOW - 24 * HOUR }) }),
      'end: ended',
    ],
    ['a job that was found again', due('missing'), 'end: ended'],
    [
      'a running job that is missing now',
      due('started', { observation: anObservation(aJob(), { missingSince: T0 }) }),
      'wait: blind',
    ],
    [
      'a running job that has been missing for a day',
      due('started', { observation: anObservation(aJob(), { missingSince: NOW - 24 * HOUR }) }),
      'end: ended',
    ],
    [
      'a slow job that is missing now',
      due('stalled', { observation: anObservation(aJob(), { missingSince: T0 }) }),
      'wait: blind',
    ],
    [
      'a job that was found and is missing anew',
      due('missing', { observation: anObservation(aJob(), { missingSince: T0 + 2 * HOUR }) }),
      'end: ended',
    ],
    ['a watch that still fails', alert('watch_failing'), 'remind'],
    ['a watch that has recovered', alert('watch_failing', { raisedAt: null }), 'end: ended'],
    ['a watch that fails anew', alert('watch_failing', { raisedAt: T0 + 2 * HOUR }), 'end: ended'],
    ['a channel that still fails', alert('channel_failing'), 'remind'],
    ['a channel that has recovered', alert('channel_failing', { raisedAt: null }), 'end: ended'],
    ['a drill that is still overdue', alert('drill_overdue'), 'remind'],
    ['a drill that has been made', alert('drill_overdue', { raisedAt: null }), 'end: ended'],
  ])('is told only while it lasts: %s', (_, reminder, expected) => {
    expect(decided(reminder)).toBe(expected);
  });

  it('ends when the configuration no longer asks for it', () => {
    expect(decided(due('stalled'), { visibility: { kind: 'unwatched' } })).toBe('end: unwatched');
  });

  it.each<[string, Parameters<typeof aRoute>[0]]>([
    ['the route is gone', { events: ['failed'], remindEveryMs: HOUR }],
    ['it does not remind any more', { remindEveryMs: null }],
    ['it leads elsewhere', { channels: ['dba'], remindEveryMs: HOUR }],
    ['it asks for other labels', { labels: { team: 'shop' }, remindEveryMs: HOUR }],
  ])('ends when the routes in force do not remind the channel: %s', (_, route) => {
    expect(decided(due('stalled'), { routes: [aRoute(route)] })).toBe('end: route_gone');
  });

  it('is asked of the labels that the watch has now', () => {
    const routes = [aRoute({ labels: { team: 'shop' }, remindEveryMs: HOUR })];
    const visibility: Visibility = { ...SEEN, labels: { team: 'shop' } };
    expect(decided(due('stalled'), { routes, visibility })).toBe('remind');
    expect(eventOf(due('stalled'), { routes, visibility }).subject).toMatchObject({
      labels: { team: 'shop' },
    });
  });

  it('waits while it is muted, and goes on after that', () => {
    const mutes = [aMute({ until: NOW + 1 })];
    expect(decided(due('stalled'), { mutes })).toBe('wait: muted');
    expect(decided(due('stalled'), { mutes, now: NOW + 1 })).toBe('remind');
  });

  it('is muted like its event: one about a channel never, one about a watch by name alone', () => {
    const mutes = [aMute({ watch: '*' })];
    expect(decided(alert('channel_failing'), { mutes })).toBe('remind');
    expect(decided(alert('watch_failing'), { mutes })).toBe('remind');
    expect(decided(alert('watch_failing'), { mutes: [aMute({ events: ['watch_failing'] })] })).toBe(
      'wait: muted',
    );
  });

  it('waits while the channel has not even accepted what came before', () => {
    expect(decided(due('stalled', { isStillOwed: true }))).toBe('wait: still_owed');
  });

  it.each<[string, DueReminder, Visibility]>([
    ['the watch cannot be polled', due('started'), { kind: 'blind' }],
    ['the watch cannot be polled', alert('drill_overdue'), { kind: 'blind' }],
    [
      'the job is answered 404',
      due('stalled', { observation: anObservation(aJob(), { notFoundCount: 1 }) }),
      SEEN,
    ],
    [
      'the reply was odd',
      due('stalled', { observation: anObservation(aJob(), { anomaly: 'no state' }) }),
      SEEN,
    ],
  ])('never says "still" of what cannot be seen: %s', (_, reminder, visibility) => {
    expect(decideReminder(reminder, context({ visibility }))).toEqual({
      kind: 'wait',
      reason: 'blind',
      forMs: MINUTE,
    });
  });

  it('takes no link for dead by a clock that may be wrong while nothing can be seen', () => {
    const reminder = due('expiring', { observation: download(NOW - MINUTE) });
    expect(decided(reminder, { visibility: { kind: 'blind' } })).toBe('wait: blind');
  });

  it('ends though it cannot be seen, when it is on record that it has ended', () => {
    expect(decided(due('started', { observation: ended('failed') }), { visibility: { kind: 'blind' } })).toBe(
      'end: ended',
    );
  });

  it('gives way to the reminder that the job has stalled, where the channel gets that one', () => {
    const observation = anObservation(aJob(), { raised: { stalled: T0 + 2 * HOUR } });
    expect(decided(due('started', { observation }))).toBe('end: superseded');
    expect(decided(due('stalled', { observation }))).toBe('remind');
    const routes = [aRoute({ events: ['started'], remindEveryMs: HOUR })];
    expect(decided(due('started', { observation }), { routes })).toBe('remind');
  });
});

describe('what a reminder says', () => {
  it('is how things are now, under an id of its own, and changes no state', () => {
    const job = aJob([], { progress: { done: 5, total: 10 } });
    const event = eventOf(due('started', { observation: anObservation(job), count: 1 }));
    expect(event).toMatchObject({
      name: 'started',
      severity: 'info',
      subject: { from: 'in_progress', to: null, job: { progress: { done: 5, total: 10 } } },
      summary: 'Restore 6ae8…0001 of orders to orders-copy is still running after 3 h',
      detectedAt: NOW,
      occurredAt: NOW,
      reminder: { number: 2, since: T0 + HOUR },
    });
    expect(event.id).not.toBe(first('started').id);
  });

  it('goes by the clock that the times of the job come from', () => {
    const visibility: Visibility = { ...SEEN, aheadMs: -2 * HOUR };
    expect(eventOf(due('stalled'), { visibility })).toMatchObject({
      summary: expect.stringMatching(/after 1 h$/),
      detectedAt: NOW - 2 * HOUR,
    });
    expect(decided(due('expiring', { observation: download(NOW - HOUR) }), { visibility })).toBe('remind');
  });

  it('keeps what was usual when it was told first, and reads the progress anew', () => {
    const usual = { basis: 'history', usualMs: HOUR, samples: 8 } as const;
    const told = first('stalled', { expectedEnd: { ...usual, at: T0 + HOUR, isOverdue: false } });
    expect(jobSubjectOf(eventOf(due('stalled', { first: told }))).expectedEnd).toEqual({
      ...usual,
      at: T0 + HOUR,
      isOverdue: true,
    });
    const half = anObservation(aJob([], { progress: { done: 5, total: 10 } }));
    expect(
      jobSubjectOf(eventOf(due('stalled', { first: told, observation: half }))).expectedEnd,
    ).toMatchObject({
      basis: 'progress',
      at: T0 + 6 * HOUR,
    });
  });

  it.each<[EventName, DueReminder, Partial<Extract<Visibility, { kind: 'seen' }>>, string, string | null]>([
    [
      'stalled',
      due('stalled'),
      {},
      'Restore 6ae8…0001 of orders to orders-copy is still running after 3 h',
      null,
    ],
    [
      'expiring',
      due('expiring', { observation: download(NOW + 20 * MINUTE) }),
      {},
      'Download 6ae8…0001 of orders expires in 20 min',
      null,
    ],
    [
      'missing',
      due('missing', { observation: anObservation(aJob(), { missingSince: T0 }) }),
      {},
      'Restore 6ae8…0001 of orders to orders-copy is still missing from Atlas, for 2 h now',
      null,
    ],
    [
      'watch_failing',
      alert('watch_failing'),
      { fault: { message: 'the key is refused', hint: 'Check the key.' } },
      'Watch orders still cannot be polled, for 2 h now: the key is refused',
      'Check the key.',
    ],
    [
      'channel_failing',
      alert('channel_failing'),
      { fault: { message: 'HTTP 503', hint: null } },
      'Channel siem still fails, for 2 h now',
      'HTTP 503',
    ],
    [
      'drill_overdue',
      alert('drill_overdue', { lastFinishedAt: NOW - 49 * HOUR }),
      {},
      'No restore of watch orders has finished for 2 d 1 h',
      null,
    ],
    [
      'drill_overdue',
      alert('drill_overdue'),
      {},
      'No restore of watch orders has finished while it was watched',
      null,
    ],
  ])('is said in words: %s', (_, reminder, visibility, summary, note) => {
    expect(eventOf(reminder, { visibility: { ...SEEN, ...visibility } })).toMatchObject({ summary, note });
  });
});

describe('reminders that are due together', () => {
  it('are one event for the channels that were told equally often, and another for the others', () => {
    const routes = [aRoute({ channels: ['oncall', 'dba', 'siem'], remindEveryMs: HOUR })];
    const plan = planReminders(
      [due('stalled'), due('stalled', { channel: 'dba' }), due('stalled', { channel: 'siem', count: 4 })],
      context({ routes }),
    );
    expect(plan.events.map(({ event, channels }) => [event.reminder?.number, channels])).toEqual([
      [1, ['oncall', 'dba']],
      [5, ['siem']],
    ]);
    expect(plan.next.map(({ channel, count, waitMs }) => [channel, count, waitMs])).toEqual([
      ['oncall', 1, HOUR],
      ['dba', 1, HOUR],
      ['siem', 5, HOUR],
    ]);
    expect(plan.audit.map(({ kind, data }) => [kind, data.channel ?? data.reminder])).toEqual([
      ['reminder.sent', 1],
      ['decision', 'oncall'],
      ['decision', 'dba'],
      ['reminder.sent', 5],
      ['decision', 'siem'],
    ]);
  });

  it('have the same id when they are planned again later, and another for each channel, number and event', () => {
    const idsOf = (...all: DueReminder[]) =>
      planReminders(all, context()).events.map(({ event }) => event.id);
    const [one] = idsOf(due('stalled'));
    expect(planReminders([due('stalled')], context({ now: NOW + MINUTE })).events[0]?.event.id).toBe(one);
    const others = [
      ...idsOf(due('stalled', { count: 1 })),
      ...idsOf(due('stalled', { first: first('stalled', { job: aJob([], { id: jobId(2) }) }) })),
      ...planReminders(
        [due('stalled', { channel: 'dba' })],
        context({ routes: [aRoute({ channels: ['dba'], remindEveryMs: HOUR })] }),
      ).events.map(({ event }) => event.id),
    ];
    expect(new Set([one, ...others]).size).toBe(4);
  });

  it('move on without a word when they wait, and are gone when they have ended', () => {
    const plan = planReminders(
      [due('stalled', { isStillOwed: true, count: 3 }), due('started', { observation: ended('failed') })],
      context(),
    );
    expect(plan).toEqual({
      events: [],
      audit: [],
      next: [{ eventId: first('stalled').id, channel: 'oncall', count: 3, waitMs: HOUR }],
      ended: [{ eventId: first('started').id, channel: 'oncall' }],
    });
  });

  it('ask nobody to be reminded of the reminder', () => {
    const plan = planReminders([due('stalled')], context());
    expect(plan.events[0]?.reminders).toBeUndefined();
  });
});
