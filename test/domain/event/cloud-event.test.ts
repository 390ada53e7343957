import { describe, expect, it } from 'vitest';
import { toCloudEvent } from '../../../src/domain/event/cloud-event.ts';
import { EVENT_NAMES } from '../../../src/domain/event/event.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { publicJob } from '../../../src/domain/job/public-job.ts';
import { aJob, anEvent, GROUP_ID, jobSubjectOf, MINUTE, T0 } from '../../support/builders.ts';

describe('a CloudEvent', () => {
  it('tells a failed restore', () => {
    const event = anEvent('failed');

    expect(toCloudEvent(event)).toEqual({
      specversion: '1.0',
      id: event.id,
      source: `/groups/${GROUP_ID}/serverless/orders`,
      subject: '6ae843050000000000000001',
      type: 'restore-watcher.job.failed',
      time: '2026-11-02T08:14:05.000Z',
      datacontenttype: 'application/json',
      data: {
        event: 'failed',
        severity: 'critical',
        watch: 'orders',
        labels: { team: 'payments' },
        from: 'in_progress',
        to: 'failed',
        summary: 'Restore 6ae8…0001 of orders to orders-copy failed after 14 min',
        detectedAt: '2026-11-02T08:15:05.000Z',
        occurredAt: '2026-11-02T08:14:05.000Z',
        inferred: false,
        late: false,
        job: {
          id: '6ae843050000000000000001',
          kind: 'serverless',
          groupId: GROUP_ID,
          instanceName: 'orders',
          state: 'failed',
          deliveryType: 'automated',
          snapshotId: '65e5f6a7b8c9d0e1f2a3b4c5',
          snapshotAt: '2026-11-01T23:00:05.000Z',
          targetGroupId: GROUP_ID,
          targetClusterName: 'orders-copy',
          createdAt: '2026-11-02T08:00:05.000Z',
          finishedAt: '2026-11-02T08:14:05.000Z',
          milestones: [
            { milestone: 'started', at: '2026-11-02T08:00:05.000Z' },
            { milestone: 'failed', at: '2026-11-02T08:14:05.000Z' },
          ],
        },
      },
    });
  });

  it('says when a running job should end, where that is known', () => {
    const at = T0 + 12 * MINUTE;
    const history = { at, basis: 'history', isOverdue: false, usualMs: 12 * MINUTE, samples: 34 } as const;
    const { data } = toCloudEvent(anEvent('started', { job: aJob(), expectedEnd: history }));
    expect(data).toMatchObject({ expectedEnd: '2026-11-02T08:12:05.000Z', expectedEndBasis: 'history' });
    expect(data).not.toHaveProperty('usualMs');
    expect(toCloudEvent(anEvent('started')).data).not.toHaveProperty('expectedEnd');
  });

  it('shows the job as it is shown everywhere', () => {
    const job = aJob(['finished'], { warnings: true, progress: { done: 3, total: 4 } });

    expect(toCloudEvent(anEvent('finished', { job })).data.job).toEqual(publicJob(job));
    expect(publicJob(job)).toMatchObject({ warnings: true, progress: { done: 3, total: 4 } });
  });

  it.each(EVENT_NAMES)('has what the specification demands, for %s', (name) => {
    const event = toCloudEvent(sampleEvent(name, { channel: 'siem', now: T0 }));

    for (const attribute of ['id', 'source', 'specversion', 'type', 'time'] as const) {
      expect(event[attribute]).toMatch(/^\S+$/);
    }
    if (event.subject !== undefined) expect(event.subject).toMatch(/^\S+$/);
    expect(Date.parse(event.time)).not.toBeNaN();
    expect(new URL(event.source, 'https://example.com').pathname).toBe(event.source);
    expect(event.data.event).toBe(name);
  });

  it.each([
    ['failed', 'restore-watcher.job.failed'],
    ['expiring', 'restore-watcher.job.expiring'],
    ['missing', 'restore-watcher.job.missing'],
    ['watch_failing', 'restore-watcher.watch.watch_failing'],
    ['watch_recovered', 'restore-watcher.watch.watch_recovered'],
    ['drill_overdue', 'restore-watcher.watch.drill_overdue'],
    ['channel_failing', 'restore-watcher.channel.channel_failing'],
    ['channel_recovered', 'restore-watcher.channel.channel_recovered'],
    ['audit_forked', 'restore-watcher.audit.audit_forked'],
    ['checkpoint', 'restore-watcher.audit.checkpoint'],
  ] as const)('of %s has the type %s', (name, type) => {
    expect(toCloudEvent(anEvent(name)).type).toBe(type);
  });

  it('without a job is about the watch, and about nothing without a watch', () => {
    const watchEvent = toCloudEvent(anEvent('watch_failing'));
    expect(watchEvent.subject).toBe('orders');
    expect(watchEvent.data).not.toHaveProperty('job');

    expect(toCloudEvent(anEvent('channel_failing'))).not.toHaveProperty('subject');
  });

  it('says of a reminder which one it is, in the data and in the summary', () => {
    const again = toCloudEvent(anEvent('stalled', { reminder: { number: 3, since: T0 } }));

    expect(again.data.reminder).toBe(3);
    expect(again.data.summary).toMatch(/^Reminder: /);
    expect(toCloudEvent(anEvent('stalled')).data).not.toHaveProperty('reminder');
  });

  it('marks a sample, in the data and in the summary', () => {
    const sample = toCloudEvent(anEvent('failed', { test: true }));

    expect(sample.data.test).toBe(true);
    expect(sample.data.summary).toMatch(/^\[TEST\] /);
    expect(toCloudEvent(anEvent('failed')).data).not.toHaveProperty('test');
  });

  it('has a source that is a URI reference, whatever the name of the instance', () => {
    const { source } = toCloudEvent(
      anEvent('failed', {
        instance: { groupId: 'x', kind: 'legacy', instanceName: 'my "old" set\uD800' },
      }),
    );

    expect(source).toMatch(/^\/groups\/x\/legacy\/my%20%22old%22%20set/);
  });
});

it('names the part of a watch that an event is about, and has no place for one about all of it', () => {
  const place = { groupId: 'g', projectName: 'alpha', instanceName: 'users' };
  const dataOf = (over: Parameters<typeof anEvent>[1]) => toCloudEvent(anEvent('watch_failing', over)).data;
  expect(dataOf({ place }).place).toEqual({ groupId: 'g', instanceName: 'users' });
  expect(dataOf({ place: { ...place, instanceName: null } }).place).toEqual({ groupId: 'g' });
  expect(dataOf({})).not.toHaveProperty('place');
});

it('says after which look it happened where nobody knows when', () => {
  const detectedAt = T0 + 14 * MINUTE;
  const event = anEvent('failed', { detectedAt, occurredAt: detectedAt });
  const seen = { ...event, subject: { ...jobSubjectOf(event), lastLookAt: T0 + 13 * MINUTE } };
  expect(toCloudEvent(seen).data).toMatchObject({
    occurredAfter: '2026-11-02T08:13:05.000Z',
    occurredAt: '2026-11-02T08:14:05.000Z',
  });
  expect(toCloudEvent({ ...seen, occurredAt: detectedAt - 1_000 }).data).not.toHaveProperty('occurredAfter');
});
