import { describe, expect, it } from 'vitest';
import type { ExpectedEnd } from '../../../src/domain/job/eta.ts';
import { pageBody, pageHead, renderSections } from '../../../src/http/page/page.ts';
import type { VerifiedLog } from '../../../src/store/ports/evidence/verified.ts';
import { type MuteView, muteView } from '../../../src/views/mutes.ts';
import type { PageFacts } from '../../../src/views/page/facts.ts';
import { coverageFacts, type PlaceGaps } from '../../../src/views/page/gaps.ts';
import { aJob, aMute, anEvent, anObservation, MINUTE, T0 } from '../../support/builders.ts';
import {
  aChannelReport,
  aRecord,
  aReport,
  aRunning,
  aWatchReport,
  pageFacts,
} from '../../support/page-facts.ts';
import { recorded } from '../../support/reading-store.ts';
import { aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';

const ASSETS = { css: '/assets/page.css', recordCss: '/assets/record.css', scripts: [] };
const render = (facts: PageFacts): string =>
  [pageHead(ASSETS), ...pageBody(facts, renderSections(facts), { assets: ASSETS })].join('');
/** As a person reads it, without the marks. */
const text = (html: string): string => html.replaceAll(/<[^>]+>/g, '').replaceAll(/\s+/g, ' ');

const DAY = 24 * 60 * MINUTE;
const HOSTILE = `<script>alert(1)</script>"'&\u202e`;

/** In force at no time, and at none to come. */
const QUIET = { inForceUntil: null, nextAt: null, every: null };

describe('a page', () => {
  it('says of an installation where nothing has happened yet that nothing has', () => {
    const shown = text(render(pageFacts()));
    for (const words of [
      'Everything is seen',
      'No restore is running. None has finished yet on record.',
      'No restore ran in this time.',
      'Nothing has happened yet.',
      'No channel is configured: nobody is told.',
      'Nothing is muted.',
      '0 entries',
    ])
      expect(shown).toContain(words);
  });

  it('says how often everything is looked at that is seen, and not when it was last: at each look that would be another time', () => {
    const status = (...periods: number[]) =>
      aWatcherStatus({ watches: periods.map((periodMs, n) => aWatchStatus({ watch: `w${n}`, periodMs })) });
    expect(text(render(pageFacts({ status: status(10_000) })))).toContain(
      '1 watch, looked at in time, every 10 s.',
    );
    expect(text(render(pageFacts({ status: status(60_000, 10_000, 5 * MINUTE) })))).toContain(
      '3 watches, looked at in time, every 10 s to 5 min.',
    );
    const unseen = aWatcherStatus({
      watches: [aWatchStatus({ lastSuccessAt: null, sinceSuccessMs: 1_000 })],
    });
    expect(text(render(pageFacts({ status: unseen })))).toContain('1 watch, none looked at yet.');
    const { watches } = aWatcherStatus({
      watches: [aWatchStatus(), aWatchStatus({ watch: 'carts', lastSuccessAt: null, sinceSuccessMs: 1_000 })],
    });
    expect(text(render(pageFacts({ status: aWatcherStatus({ watches }) })))).toContain(
      '2 watches, last look at 08:00:05.',
    );
  });

  it('leads to the runbook where something is wrong, and only there', () => {
    const runbookUrl = 'https://wiki.example.com/restores?a="b"';
    const wrong = render(pageFacts({ runbookUrl, others: { problems: [], warnings: ['a key is old'] } }));
    expect(wrong).toContain('href="https://wiki.example.com/restores?a=&quot;b&quot;"');
    expect(render(pageFacts({ runbookUrl }))).not.toContain('wiki.example.com');
  });

  it('says which restore was the last where none runs', () => {
    const lastFinish = {
      watch: 'orders',
      groupId: 'g',
      instanceName: 'orders',
      finishedAt: T0 - 24 * 60 * MINUTE,
    };
    const shown = text(render(pageFacts({ record: aRecord({ lastFinish }) })));
    expect(shown).toContain('No restore is running. The last one to finish: orders, 1 Nov 08:00.');
  });

  it('says what a mute covers, until when, and of one that comes round when', () => {
    const words = (over: Partial<MuteView>): string => {
      const mute = {
        ...muteView(aMute({ watch: '*', reason: 'migration', author: 'ann' }), 0),
        ...QUIET,
        ...over,
      };
      const facts = pageFacts({ record: aRecord({ report: aReport({ mutes: [mute] }) }) });
      return text(renderSections(facts).get('mutes')?.html ?? '').trim();
    };
    const until = { inForceUntil: '2026-11-02T10:00:00.000Z' };
    expect(words(until)).toBe('Mutes every watch until 10:00 by ann: migration');
    expect(words({ ...until, job: '6b0a00000000000000000a05b' })).toContain('restore 6b0a…a05b until');
    expect(words({ ...until, watch: 'orders', events: ['watch_failing', 'failed'] })).toContain(
      'watch failing, failed of watch orders until 10:00',
    );
    const labels = { target: 'orders-copy', labels: { team: 'payments' } };
    expect(words({ ...until, ...labels })).toContain('target orders-copy, label team=payments until');
    const round = { every: '0 0 2 * * 6', nextAt: '2026-11-07T02:00:00.000Z' };
    expect(words(round)).toContain('every watch from 7 Nov 02:00 on, again and again (0 0 2 * * 6)');
  });

  it('says of a watch that it is muted where all of it is, and until when', () => {
    const inRow = (...mutes: Array<Partial<MuteView>>): boolean | string => {
      const views = mutes.map((over) => ({ ...muteView(aMute({ watch: '*' }), 0), ...QUIET, ...over }));
      const facts = pageFacts({ record: aRecord({ report: aReport({ mutes: views }) }) });
      const shown = text(renderSections(facts).get('watches')?.html ?? '');
      return /muted until \S+/.exec(shown)?.[0] ?? false;
    };
    const inForceUntil = '2026-11-02T10:00:00.000Z';
    const later = '2026-11-02T11:30:00.000Z';
    expect(inRow({ inForceUntil })).toBe('muted until 10:00');
    expect(inRow({ inForceUntil, watch: 'orders' }, { inForceUntil: later })).toBe('muted until 11:30');
    expect(inRow()).toBe(false);
    for (const less of [
      { watch: 'carts' },
      { events: ['failed' as const] },
      { target: 'orders-copy' },
      { labels: { team: 'payments' } },
      { inForceUntil: null },
    ])
      expect(inRow({ inForceUntil, ...less })).toBe(false);
  });

  it('says of a restore that runs whether the time that is agreed can be kept', () => {
    const running = (rtoMs: number, eta: ExpectedEnd | null = null) =>
      text(
        renderSections(
          pageFacts({
            rtos: new Map([['orders', rtoMs]]),
            record: aRecord({ running: [aRunning(anObservation(), [], { eta })] }),
          }),
        ).get('running')?.html ?? '',
      );
    const eta = { at: T0 + 40 * MINUTE, basis: 'progress' as const, doneShare: 0.25 };
    expect(running(9 * MINUTE)).toContain('Over its RTO of 9 min since 08:09');
    expect(running(30 * MINUTE, eta)).toContain('Likely over its RTO of 30 min, which ends 08:30');
    expect(running(60 * MINUTE, eta)).toContain('RTO 1 h, until 09:00');
  });

  it('says that no restore was seen, not that none ran, where not all of the time was watched', () => {
    const gap = { from: T0 - MINUTE, to: T0, cause: 'stopped' as const };
    const place = { watch: 'orders', groupId: 'g', instanceName: 'orders', coveredMs: 1, expectedMs: 2 };
    const record = aRecord({ coverage: coverageFacts([{ ...place, gaps: [gap] }]) });
    const shown = text(renderSections(pageFacts({ record })).get('timeline')?.html ?? '');
    expect(shown).toContain('No restore was seen in this time.');
  });

  it('says how much of the last 30 days was watched, and never rounds a gap away', () => {
    const place = { watch: 'orders', groupId: 'g', instanceName: 'orders' };
    const record = (gaps: PlaceGaps['gaps'], coveredMs: number) =>
      text(
        renderSections(
          pageFacts({
            record: aRecord({
              coverage: coverageFacts([{ ...place, gaps, coveredMs, expectedMs: 1_000_000 }]),
            }),
          }),
        ).get('record')?.html ?? '',
      );
    const gap = { from: T0, to: T0 + 10, cause: 'stopped' as const };
    expect(record([gap], 999_990)).toContain('Watched in the last 30 days99.999 % with 1 gap');
    expect(record([{ ...gap, cause: 'unrecorded' }], 1_000_000)).toContain(
      'Watched in the last 30 dayswithout a gap',
    );
  });

  it('says what is wrong with many watches once, where it is the same and mended in the same way', () => {
    const fault = { reason: 'auth', message: 'GET /a: 401', hint: 'Check the key.', since: T0 };
    const blind = (watch: string, over = {}) =>
      aWatchStatus({ watch, sinceSuccessMs: 60 * MINUTE, fault: { ...fault, ...over } });
    const names = Array.from({ length: 15 }, (_, number) => `w${number}`);
    const watches = [
      ...names.map((name, number) => blind(name, { since: T0 + number * MINUTE })),
      blind('other', { reason: 'timeout', hint: 'Look at the proxy.' }),
    ];
    const html = renderSections(pageFacts({ status: aWatcherStatus({ watches }) })).get('state')?.html ?? '';
    const things = html.split('<li').slice(1).map(text);
    expect(things).toHaveLength(2);
    expect(things[0]).toContain('w10, w11 and 3 more: Atlas refuses the credential since 08:00');
    expect(things[0]).toContain('What to do Check the key.');
    expect(things[1]).toContain('other: Atlas does not answer in time');
  });

  it('shows the newest events, and those before them to whoever opens them', () => {
    const events = Array.from({ length: 20 }, (_, number) =>
      recorded(anEvent('failed', { id: `event-${number}`, summary: `the ${number}th` })),
    );
    const shown = (count: number): string[] => {
      const facts = pageFacts({ record: aRecord({ events: events.slice(0, count) }) });
      return (renderSections(facts).get('events')?.html ?? '').split('<details');
    };
    const [newest = '', earlier = ''] = shown(20);
    expect([newest, earlier].map((part) => part.match(/<li /g)?.length)).toEqual([8, 12]);
    expect(text(`<details${earlier}`)).toContain('12 before these');
    expect(shown(8)).toHaveLength(1);
  });

  it('says of each watch when a drill is due, and what is left of its requests', () => {
    const drill = {
      ...{ name: 'monthly', watch: 'orders', targets: [], everyMs: 31 * DAY },
      ...{ maxDurationMs: null, maxSnapshotAgeMs: null, validateWithinMs: null },
    };
    const words = (doneAt: number, left: number, { drills = [drill], isTold = false } = {}) => {
      const place = { groupId: 'g', instanceName: 'orders', since: 0, done: { jobId: 'j', at: doneAt } };
      const standing = { ...place, runs: [], failing: null, overdueSince: isTold ? doneAt : null };
      const watches = [aWatchStatus({ budget: { perMinute: 90, left } })];
      const facts = pageFacts({
        drills,
        status: aWatcherStatus({ watches }),
        record: aRecord({ drillStanding: new Map([['monthly', [standing]]]) }),
      });
      const html = renderSections(facts).get('watches')?.html ?? '';
      return html.replaceAll(/<[^>]+>/g, ' ').replaceAll(/\s+/g, ' ');
    };
    expect(words(T0 - DAY, 68)).toContain('2 Dec 08:00 monthly over 75 % of 90 a minute');
    expect(words(T0 - 32 * DAY, 67, { isTold: true })).toContain(
      'overdue since 1 Nov 08:00 monthly over 50 % of 90 a minute',
    );
    expect(words(T0 - 32 * DAY, 67)).toContain(
      'was due 1 Nov 08:00 not known yet whether one has finished monthly',
    );
    expect(words(T0, 1)).toContain('under 25 % of 90 a minute');
    expect(words(T0, 0)).toContain('none of 90 a minute');
    expect(words(T0, 90, { drills: [] })).not.toContain('Drill due');
  });

  it('draws how long restores take at the instances of the one watch that is shown', () => {
    const durations = [4, 5, 6].map((minutes) => ({
      deliveryType: 'automated',
      durationMs: minutes * MINUTE,
    }));
    const plots = [
      {
        groupId: 'g',
        instanceName: HOSTILE,
        durations: [...durations, { deliveryType: 'download', durationMs: 1 }],
      },
      { groupId: 'g', instanceName: 'carts', durations: [] },
    ];
    const shown = (watch: string | null): string => {
      const query = { range: '24h' as const, watch, event: null };
      return renderSections(pageFacts({ query, record: aRecord({ plots }) })).get('watches')?.html ?? '';
    };
    expect(shown('orders')).toContain(
      'Durations of 3 restores: from 4 min to 6 min, half of them 5 min or less',
    );
    expect(shown('orders').match(/<svg class="durations"/g)).toHaveLength(1);
    expect(shown('orders')).not.toContain('<script>');
    expect(shown(null)).not.toContain('<svg class="durations"');
  });

  it('says when the log was verified last, up to where, with which verdict and by whom', () => {
    const words = (verified: VerifiedLog | null) => {
      const log = { entries: 400, checkpoint: null, verified };
      const html = renderSections(pageFacts({ record: aRecord({ log }) })).get('record')?.html ?? '';
      return /Verified last<\/dt><dd>(.*?)<\/dd>/.exec(html)?.[1]?.replaceAll(/<[^>]+>/g, '');
    };
    const sound: VerifiedLog = {
      ...{ at: T0, by: 'ann@desk, version 1.2.3', head: { seq: 1_041, hash: 'a' } },
      ...{ problems: 0, first: null, isKeyGiven: false },
    };
    expect(words(null)).toBe('not on record');
    expect(words(sound)).toBe('08:00, as it was written up to entry 1,041 by ann@desk, version 1.2.3');
    const wrong: VerifiedLog = { ...sound, problems: 3, first: { entry: 41, how: 'changed' } };
    expect(words(wrong)).toContain('wrong from entry 41 on: changed after it was written');
    expect(words({ ...wrong, first: null })).toContain('3 problems');
  });

  it('escapes every name, wherever it stands', () => {
    const job = aJob([], { instanceName: HOSTILE, targetClusterName: HOSTILE });
    const seen = anObservation(job, { watch: HOSTILE });
    const event = anEvent('failed', { summary: HOSTILE, job });
    const html = render(
      pageFacts({
        status: aWatcherStatus({
          watches: [aWatchStatus({ watch: HOSTILE, instanceName: HOSTILE, kind: HOSTILE })],
        }),
        others: { problems: [HOSTILE], warnings: [] },
        record: aRecord({
          running: [aRunning(seen)],
          jobs: [seen],
          events: [recorded(event, [{ channel: HOSTILE, status: 'given_up', lastDetail: HOSTILE }])],
          report: aReport({
            watches: [aWatchReport({ watch: HOSTILE })],
            channels: [aChannelReport({ channel: HOSTILE, detail: HOSTILE })],
            mutes: [muteView(aMute({ watch: HOSTILE, reason: HOSTILE, author: HOSTILE }), T0)],
          }),
        }),
      }),
    );
    expect(html).not.toContain('<script>alert');
    expect(html.match(/alert\(1\)/g)?.length).toBeGreaterThan(12);
    expect(html.match(/ id="[^"]*[<>&' ][^"]*"/g)).toBeNull();
  });

  it('shows everything else while the store cannot be read, and says since when', () => {
    const storeFault = { message: 'the disk is gone', hint: null, since: T0 };
    const shown = text(render(pageFacts({ record: null, storeFault })));
    expect(shown).toContain('the store cannot be read since 08:00');
    expect(shown.match(/The store cannot be read since 08:00\./g)).toHaveLength(6);
    expect(shown).toContain('in time, every 1 min');
  });

  it('says how old what it shows is when the store could be read before', () => {
    const storeFault = { message: 'the disk is gone', hint: null, since: T0 };
    const record = aRecord({ readAt: T0 - MINUTE });
    const shown = text(render(pageFacts({ record, storeFault })));
    expect(shown).toContain('The store cannot be read since 08:00: this is as of 07:59.');
  });

  it('says whose page it is where replicas share the work', () => {
    const replica = {
      version: '1.2.3',
      configuration: 'c',
      joinedAt: '2026-11-02T08:00:00Z',
      isLeaving: false,
    };
    const replicas = [
      { ...replica, replica: 'a', name: 'pod-a:1', isThisOne: true, units: ['project:atlas/p1'] },
      { ...replica, replica: 'b', name: 'pod-b:1', isThisOne: false, units: [] },
    ];
    const status = aWatcherStatus({ replicas: { me: 'a', replicas: [], owners: new Map(), cutOffMs: null } });
    const shown = text(render(pageFacts({ status, record: aRecord({ report: aReport({ replicas }) }) })));
    expect(shown).toContain('This page is of replica pod-a:1, one of 2');
    expect(shown).toContain('pod-b:1 1.2.3: nothing');
  });

  it('keeps 2,000 restores on the timeline in 250 kB, each that did not end well a link', () => {
    const jobs = Array.from({ length: 2_000 }, (_, number) => {
      const createdAt = T0 - number * 40_000;
      const job = aJob([number % 100 === 0 ? 'failed' : 'finished'], { id: `j${number}`, createdAt }, 1);
      return anObservation(job, { watch: `w${number % 200}` });
    });
    const watches = Array.from({ length: 200 }, (_, number) => aWatchStatus({ watch: `w${number}` }));
    const facts = pageFacts({ status: aWatcherStatus({ watches }), record: aRecord({ jobs }) });
    const timeline = renderSections(facts).get('timeline')?.html ?? '';
    const crowds = [...timeline.matchAll(/<path class="bar finished" d="([^"]*)"/g)].map(([, d = '']) => d);
    expect(crowds.join('').match(/M[\d.]+ [\d.]+h[\d.]+v[\d.]+h-[\d.]+z/g)).toHaveLength(1_980);
    expect(crowds.length).toBeLessThan(60);
    expect(timeline.match(/<a id="bar-/g)).toHaveLength(20);
    expect(render(facts).length).toBeLessThan(250_000);
  });
});

describe('the choice of a watch', () => {
  const of = (count: number, watch: string | null = null): string => {
    const watches = Array.from({ length: count }, (_, number) => aWatchStatus({ watch: `w${number}` }));
    return render(
      pageFacts({ status: aWatcherStatus({ watches }), query: { range: '24h', event: null, watch } }),
    );
  };

  it('is one among all, up to forty', () => {
    expect(of(40, 'w3')).toContain('<option value="w3" selected>w3</option>');
    expect(of(40)).not.toContain('<datalist');
  });

  it('is typed where there are more, with all names at hand', () => {
    const page = of(41, 'w3');
    expect(page).toMatch(/<input name="watch" list="watch-names"[^>]* value="w3"/);
    expect(page.match(/<datalist id="watch-names">(<option value="w\d+">)*<\/datalist>/)?.[0]).toContain(
      '"w40"',
    );
    expect(page).not.toContain('<select name="watch">');
  });
});
