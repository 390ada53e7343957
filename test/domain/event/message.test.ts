import { describe, expect, it } from 'vitest';
import { EVENT_NAMES, type EventName, kindOf, type WatcherEvent } from '../../../src/domain/event/event.ts';
import { flatSubject } from '../../../src/domain/event/flat-subject.ts';
import { describeEvent, titleOf } from '../../../src/domain/event/message.ts';
import { sampleEvent } from '../../../src/domain/event/sample.ts';
import { jobOf } from '../../../src/domain/event/subject.ts';
import { summarizeJobEvent } from '../../../src/domain/event/summary.ts';
import { publicJob } from '../../../src/domain/job/public-job.ts';
import { aJob, anEvent, GROUP_ID, HOUR, jobSubjectOf, MINUTE, T0 } from '../../support/builders.ts';

describe('the one line that tells an event', () => {
  const line = (name: EventName, over: Parameters<typeof aJob>[1] = {}, minutes = 14): string =>
    summarizeJobEvent({
      name,
      job: aJob([], over),
      occurredAt: T0 + minutes * MINUTE,
    });

  it.each<[EventName, string]>([
    ['started', 'Restore 6ae8…0001 of orders to orders-copy started'],
    ['ready', 'Restore 6ae8…0001 of orders to orders-copy is ready after 14 min'],
    ['finished', 'Restore 6ae8…0001 of orders to orders-copy finished after 14 min'],
    ['failed', 'Restore 6ae8…0001 of orders to orders-copy failed after 14 min'],
    ['cancelled', 'Restore 6ae8…0001 of orders to orders-copy was cancelled after 14 min'],
    ['expired', 'Restore 6ae8…0001 of orders to orders-copy expired'],
    ['stalled', 'Restore 6ae8…0001 of orders to orders-copy is still running after 14 min'],
    ['missing', 'Restore 6ae8…0001 of orders to orders-copy has gone from Atlas before it ended'],
  ])('%s', (name, text) => {
    expect(line(name)).toBe(text);
  });

  it('calls a download a download, which goes nowhere', () => {
    const download = { deliveryType: 'download', targetClusterName: null };

    expect(line('ready', download)).toBe('Download 6ae8…0001 of orders is ready after 14 min');
    expect(line('expiring', { ...download, expiresAt: T0 + HOUR })).toBe(
      'Download 6ae8…0001 of orders expires in 46 min',
    );
    expect(line('expiring', download)).toBe('Download 6ae8…0001 of orders expires soon');
  });

  it.each([
    ['by its name', { targetGroupName: 'stage' }, 'to Cluster0 in project stage'],
    ['by its short id where no name is known', { targetGroupName: null }, 'to Cluster0 in project ffff…ffff'],
    ['by its short id where a job was stored before names were', {}, 'to Cluster0 in project ffff…ffff'],
    [
      'without a cluster',
      { targetClusterName: null, targetGroupName: 'stage' },
      'to a cluster in project stage',
    ],
  ])('names the other project that is restored into, %s', (_how, over, target) => {
    const names = { instanceName: 'Cluster0', targetClusterName: 'Cluster0', targetGroupId: 'f'.repeat(24) };
    expect(line('failed', { ...names, ...over })).toBe(
      `Restore 6ae8…0001 of Cluster0 ${target} failed after 14 min`,
    );
  });

  it("says nothing of a project that is the job's own", () => {
    const own = { targetGroupId: GROUP_ID.toUpperCase(), targetGroupName: 'prod' };
    expect(line('failed', own)).toBe('Restore 6ae8…0001 of orders to orders-copy failed after 14 min');
  });

  it('tells of warnings', () => {
    expect(line('finished', { warnings: true })).toContain('finished with warnings after 14 min');
  });

  it('says no time when the clocks disagree', () => {
    expect(line('failed', {}, -3)).toBe('Restore 6ae8…0001 of orders to orders-copy failed');
  });
});

describe('an event in words', () => {
  const fact = (event: WatcherEvent, label: string): string | undefined => {
    const { facts, details, ids } = describeEvent(event);
    return [...facts, ...details, ...ids].find((candidate) => candidate.label === label)?.value;
  };

  it('says what changed, where from and where to', () => {
    const event = anEvent('failed');

    expect(fact(event, 'State')).toBe('in progress → failed');
    expect(fact(event, 'From')).toBe('orders (serverless instance)');
    expect(fact(event, 'To')).toBe('orders-copy');
    expect(fact(event, 'Watch')).toBe('orders');
    expect(fact(event, 'Project')).toBe(GROUP_ID);
    expect(fact(event, 'Labels')).toBe('team=payments');
    expect(fact(event, 'Job')).toBe(jobOf(event)?.id);
    expect(fact(event, 'Event')).toBe(event.id);
  });

  it('gives the other project by name and id', () => {
    const into = (over: Parameters<typeof aJob>[1]): string | undefined =>
      fact(anEvent('failed', { job: aJob(['failed'], over) }), 'Target project');

    expect(into({ targetGroupId: 'f'.repeat(24), targetGroupName: 'stage' })).toBe(
      'stage (ffffffffffffffffffffffff)',
    );
    expect(into({ targetGroupId: 'f'.repeat(24) })).toBe('ffffffffffffffffffffffff');
    expect(into({})).toBeUndefined();
    expect(into({ targetGroupId: null })).toBeUndefined();
  });

  it('gives only the new state when nothing was known before', () => {
    expect(fact(anEvent('started', { to: 'in_progress' }), 'State')).toBe('in progress');
    expect(fact(anEvent('missing', { to: null }), 'State')).toBeUndefined();
  });

  it('names the target project only when it is another one', () => {
    expect(fact(anEvent('failed'), 'Target project')).toBeUndefined();
    const job = aJob(['failed'], { targetGroupId: 'other' });
    expect(fact(anEvent('failed', { job }), 'Target project')).toBe('other');
  });

  it('says in its title too that an end which nobody dates came at the latest then, and after which look', () => {
    const detectedAt = T0 + 14 * MINUTE;
    const job = aJob([], {
      reached: [
        { milestone: 'started', at: T0 },
        { milestone: 'failed', at: null },
      ],
    });
    const event = anEvent('failed', { job, detectedAt, occurredAt: detectedAt });
    const seen = { ...event, subject: { ...jobSubjectOf(event), lastLookAt: T0 + 13 * MINUTE } };
    expect(titleOf(seen)).toBe('Restore 6ae8…0001 of orders to orders-copy failed after at most 14 min');
    expect(describeEvent(seen).times.slice(0, 2)).toEqual([
      { label: 'Noticed', at: detectedAt },
      { label: 'Last look before', at: T0 + 13 * MINUTE },
    ]);
  });

  it('says how long it took, at most, when only our finding is dated', () => {
    const detectedAt = T0 + 14 * MINUTE;

    expect(fact(anEvent('cancelled'), 'Took')).toBe('14 min');
    expect(fact(anEvent('cancelled', { detectedAt, occurredAt: detectedAt }), 'Took')).toBe('at most 14 min');
    expect(describeEvent(anEvent('cancelled')).times[0]?.label).toBe('Happened');
    expect(describeEvent(anEvent('cancelled', { detectedAt, occurredAt: detectedAt })).times[0]?.label).toBe(
      'Noticed',
    );
  });

  it('says how long an expired restore had taken, not how long its link lived', () => {
    const finished = aJob(['finished', 'expired']);
    expect(fact(anEvent('expired', { job: finished, occurredAt: T0 + 6 * HOUR }), 'Took')).toBe('14 min');

    const download = aJob(['ready', 'expired']);
    expect(fact(anEvent('expired', { job: download, occurredAt: T0 + 6 * HOUR }), 'Took')).toBeUndefined();
  });

  it('says nothing of the end in the message about the start, even when both are known', () => {
    expect(fact(anEvent('started', { job: aJob(['finished']), inferred: true }), 'Took')).toBeUndefined();
  });

  it('says how long what does not end has been running', () => {
    expect(fact(anEvent('stalled', { job: aJob(), occurredAt: T0 + 2 * HOUR }), 'Running for')).toBe('2 h');
  });

  describe('about a running job', () => {
    const history = { basis: 'history', usualMs: 12 * MINUTE, samples: 34 } as const;
    const expected = { ...history, at: T0 + 12 * MINUTE, isOverdue: false };
    const at = { detectedAt: T0 + MINUTE, occurredAt: T0 + MINUTE };

    it('says when it should end, and what that is drawn from', () => {
      const event = anEvent('started', { job: aJob(), ...at, expectedEnd: expected });
      expect(describeEvent(event).times[1]).toEqual({ label: 'Expected end', at: T0 + 12 * MINUTE });
      expect(fact(event, 'Usually takes')).toBe('12 min, from 34 restores');
      const download = anEvent('started', {
        job: aJob([], { deliveryType: 'download' }),
        ...at,
        expectedEnd: { ...expected, samples: 1 },
      });
      expect(fact(download, 'Usually takes')).toBe('12 min, from 1 download');
    });

    it('says how far it is where Atlas tells', () => {
      const job = aJob([], { progress: { done: 428, total: 1_000 } });
      const expectedEnd = { at: T0 + 3 * MINUTE, basis: 'progress', doneShare: 0.428 } as const;
      const event = anEvent('stalled', { job, ...at, expectedEnd });
      expect(fact(event, 'Restored')).toBe('428 of 1000 documents (42 %)');
      expect(fact(event, 'Usually takes')).toBeUndefined();
      expect(describeEvent(event).times.map(({ label }) => label)).toContain('Expected end');
    });

    it('says when it was expected, once that has passed', () => {
      const late = { detectedAt: T0 + HOUR, occurredAt: T0 + HOUR };
      const expectedEnd = { ...expected, isOverdue: true };
      const { times } = describeEvent(anEvent('stalled', { job: aJob(), ...late, expectedEnd }));
      expect(times).toContainEqual({ label: 'Was expected', at: T0 + 12 * MINUTE });
    });

    it('says nothing of its end when nothing tells', () => {
      const { times, facts } = describeEvent(anEvent('started', { job: aJob(), ...at }));
      expect([...times, ...facts].map(({ label }) => label).join()).not.toMatch(/expected|usually/i);
    });
  });

  it('gives the times in the order of importance', () => {
    const job = aJob(['ready'], { expiresAt: T0 + 4 * HOUR });
    const times = describeEvent(anEvent('ready', { job })).times;

    expect(times.map(({ label }) => label)).toEqual(['Happened', 'Started', 'Snapshot taken', 'Expires']);
    expect(times[0]?.at).toBe(T0 + 14 * MINUTE);
  });

  it.each([
    ['expired', 'finished', /data is where it should be/],
    ['expired', 'ready', /no longer be used/],
  ] as const)('advises on %s after %s', (name, from, text) => {
    expect(describeEvent(anEvent(name, { from })).advice).toMatch(text);
  });

  it('advises to check the indexes after a finish with warnings', () => {
    expect(
      describeEvent(anEvent('finished', { job: aJob(['finished'], { warnings: true }) })).advice,
    ).toMatch(/indexes/);
    expect(describeEvent(anEvent('finished')).advice).toMatch(/Nothing to do/);
  });

  it.each(EVENT_NAMES)('says what to do about %s, with an end to each sentence', (name) => {
    expect(describeEvent(anEvent(name, { job: aJob() })).advice).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('says how sure we are', () => {
    expect(describeEvent(anEvent('started', { inferred: true })).footnotes).toEqual([
      expect.stringContaining('between two polls'),
    ]);
    expect(
      describeEvent(anEvent('failed', { late: true, detectedAt: T0 + HOUR, occurredAt: T0 })).footnotes,
    ).toEqual(['Found late, 1 h after it happened.']);
    expect(describeEvent(anEvent('failed')).footnotes).toEqual([]);
  });

  it.each([
    ['stalled', 'Compare'],
    ['watch_failing', 'What to do'],
    ['channel_failing', 'It says'],
    ['drill_overdue', 'Agreed'],
    ['watch_recovered', 'Note'],
  ] as const)('says of the note of %s what it is: %s', (name, label) => {
    const { facts } = describeEvent(anEvent(name, { note: 'So it is.' }));
    expect(facts).toContainEqual({ label, value: 'So it is.', foreign: true });
  });

  it('links to web pages only', () => {
    expect(describeEvent(anEvent('failed')).links[0]?.url).toBe(`https://cloud.mongodb.com/v2/${GROUP_ID}`);
    for (const projectUrl of [null, 'javascript:alert(1)', 'not an address', 'file:///etc/passwd']) {
      expect(describeEvent(anEvent('failed', { projectUrl })).links).toEqual([]);
    }
  });

  it('marks a sample, and gives no advice to act on', () => {
    const sample = describeEvent(anEvent('failed', { test: true }));

    expect(sample.title).toMatch(/^\[TEST\] Restore/);
    expect(sample.advice).toMatch(/sample.*Nothing has happened/);
  });

  it('marks a reminder, and says which one it is, as of when and since when', () => {
    const reminder = { number: 2, since: T0 + 5 * MINUTE };
    const again = describeEvent(
      anEvent('started', { reminder, to: null, occurredAt: T0 + HOUR, detectedAt: T0 + HOUR }),
    );

    expect(again.title).toMatch(/^Reminder: Restore/);
    expect(again.footnotes).toEqual(['Reminder 2. First noticed 2026-11-02 08:05 UTC.']);
    expect(again.facts).toContainEqual({ label: 'Running for', value: '1 h', foreign: false });
    expect(again.times.map(({ label }) => label)).toEqual(['As of', 'Started', 'Snapshot taken']);
  });

  it('keeps every value on one line, reading from left to right', () => {
    const nasty = 'a\r\nb\u0000\u2028c\u202Ed\u2066e';
    const job = aJob(['failed'], { instanceName: nasty, targetClusterName: nasty, errorMessage: nasty });
    const event = anEvent('failed', { job, watch: nasty, labels: { [nasty]: nasty }, summary: nasty });
    const { title, facts, details } = describeEvent(event);

    expect(title).toBe('a b c d e');
    expect(titleOf(event)).toBe(title);
    for (const { value } of [...facts, ...details])
      expect(value).not.toMatch(/[\p{Cc}\u2028\u202a-\u202e\u2066-\u2069]/u);
    expect(facts.find(({ label }) => label === 'To')?.value).toBe('a b c d e');
  });

  it('tells its own words from those of others', () => {
    const { facts, details } = describeEvent(
      anEvent('failed', { job: aJob(['failed'], { errorMessage: 'x' }) }),
    );
    const own = [...facts, ...details].filter(({ foreign }) => !foreign);

    expect(own.map(({ label }) => label)).toEqual(['State', 'Took']);
  });
});

describe('the job as scripts see it', () => {
  it('leaves out what Atlas does not give', () => {
    const job = aJob([], {
      snapshotId: null,
      snapshotAt: null,
      targetGroupId: null,
      targetClusterName: null,
    });

    expect(publicJob(job)).toEqual({
      id: job.id,
      kind: 'serverless',
      groupId: GROUP_ID,
      instanceName: 'orders',
      state: 'in_progress',
      deliveryType: 'automated',
      createdAt: '2026-11-02T08:00:05.000Z',
      milestones: [{ milestone: 'started', at: '2026-11-02T08:00:05.000Z' }],
    });
  });

  it('has warnings only when there are some', () => {
    expect(publicJob(aJob(['finished']))).not.toHaveProperty('warnings');
    expect(publicJob(aJob(['finished'], { warnings: true }))).toHaveProperty('warnings', true);
  });

  it('keeps a milestone of which Atlas gives no time', () => {
    const job = aJob([], { reached: [{ milestone: 'ready', at: null }] });

    expect(publicJob(job).milestones).toEqual([{ milestone: 'ready', at: null }]);
  });
});

describe('a sample', () => {
  const watch = {
    name: 'orders',
    kind: 'serverless',
    groupId: GROUP_ID,
    instanceName: 'orders',
    labels: { team: 'payments' },
  } as const;

  const OF_WATCH = { watch: 'orders', labels: { team: 'payments' } };
  const ABOUT = {
    job: OF_WATCH,
    watch: OF_WATCH,
    channel: { kind: 'channel', channel: 'oncall' },
    audit: { kind: 'audit', origin: 'sample-log' },
  };

  it.each(EVENT_NAMES)('of %s is marked, and complete', (name) => {
    const sample = sampleEvent(name, { watch, channel: 'oncall', now: T0 });

    expect(sample).toMatchObject({
      name,
      test: true,
      detectedAt: T0,
      subject: ABOUT[kindOf(name).about],
    });
    expect(sample.summary).not.toContain(name.includes('_') ? name : `: ${name}`);
    expect(jobOf(sample) === null).toBe(kindOf(name).about !== 'job');
    const state = flatSubject(sample.subject).to ?? (name === 'expiring' ? 'ready' : 'in_progress');
    expect(jobOf(sample)?.state ?? state).toBe(state);
  });

  it('speaks of an invented watch when none is given', () => {
    expect(sampleEvent('failed', { channel: 'oncall', now: T0 })).toMatchObject({
      subject: {
        watch: 'sample',
        job: { instanceName: 'sample-source', targetClusterName: 'sample-target' },
      },
    });
  });

  it('has an invented job, whose id is a valid one', () => {
    expect(jobOf(sampleEvent('failed', { watch, channel: 'oncall', now: T0 }))?.id).toMatch(
      /^[0-9a-f]{8}0{16}$/,
    );
  });

  it('names the channel it is about', () => {
    expect(sampleEvent('channel_failing', { channel: 'oncall', now: T0 }).summary).toContain(
      'Channel oncall',
    );
  });

  it('is another event each time and on each channel', () => {
    const ids = [
      sampleEvent('failed', { channel: 'oncall', now: T0 }),
      sampleEvent('failed', { channel: 'dba', now: T0 }),
      sampleEvent('failed', { channel: 'oncall', now: T0 + 1 }),
    ].map(({ id }) => id);

    expect(new Set(ids).size).toBe(3);
  });
});
