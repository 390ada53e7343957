import { describe, expect, it } from 'vitest';
import { type RenderedPage, renderSections, type SectionName } from '../../../src/http/page/page.ts';
import type { RecordedEvent } from '../../../src/store/ports/records.ts';
import { muteView } from '../../../src/views/mutes.ts';
import type { PageFacts } from '../../../src/views/page/facts.ts';
import { coverageFacts } from '../../../src/views/page/gaps.ts';
import { aJob, aMute, anEvent, anObservation, HOUR, jobId, MINUTE, T0 } from '../../support/builders.ts';
import {
  aChannelReport,
  aRecord,
  aReport,
  aRunning,
  aWatchReport,
  PAGE_NOW,
  pageFacts,
} from '../../support/page-facts.ts';
import { recorded } from '../../support/reading-store.ts';
import { aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';

const NAMES = ['orders', 'carts', 'ledger'];
const watches = (over: object = {}) =>
  NAMES.map((watch, index) => aWatchStatus({ watch, ...(index === 1 ? over : {}) }));
const ended = (number: number, over: object = {}, watch = 'orders') => {
  const createdAt = T0 - number * HOUR;
  return anObservation(aJob(['finished'], { id: jobId(number, createdAt), createdAt, ...over }), { watch });
};
const JOBS = [ended(1), ended(2, {}, 'carts'), ended(20)];
const RUNNING = anObservation(aJob([], { id: jobId(9) }));
const RESTORES = [...JOBS, RUNNING];
const EVENTS = [recorded(anEvent('started')), recorded(anEvent('failed'))];
const eta = { at: T0 + HOUR, basis: 'history' as const, isOverdue: false, usualMs: HOUR, samples: 9 };
const progress = (doneShare: number, at = T0 + HOUR) => ({ at, basis: 'progress' as const, doneShare });

const REPORT = aReport({ watches: NAMES.map((watch) => aWatchReport({ watch })) });
const FINISHES = new Map();
const PLOTS: never[] = [];
const LOG = { entries: 7, checkpoint: null, verified: null };

function facts(
  record: Parameters<typeof aRecord>[0] = {},
  { running = {}, ...over }: Partial<PageFacts> & { running?: Parameters<typeof aRunning>[2] } = {},
): PageFacts {
  return pageFacts({
    status: aWatcherStatus({ watches: watches() }),
    record: aRecord({
      ...{ report: REPORT, lastFinishes: FINISHES, plots: PLOTS, jobs: RESTORES, events: EVENTS, log: LOG },
      running: [aRunning(RUNNING, [HOUR, HOUR, HOUR], running)],
      ...record,
    }),
    ...over,
  });
}

const told = (events: readonly RecordedEvent[]) => facts({}, { running: { events } });
const watched = (over: object) => facts({}, { status: aWatcherStatus({ watches: watches(over) }) });
const drills = [
  { name: 'monthly', watch: 'carts', everyMs: 30 * 24 * HOUR },
] as unknown as PageFacts['drills'];
const gap = (to: number) =>
  coverageFacts([
    {
      ...{ watch: 'carts', groupId: 'g', instanceName: 'carts', coveredMs: 1, expectedMs: 2 },
      gaps: [{ from: T0 - 3 * HOUR, to: T0 - to, cause: 'atlas_away' as const }],
    },
  ]);

/** What a page may come to show one after the other: each differs in something that must be seen. */
const STORY: ReadonlyArray<readonly [what: string, facts: PageFacts]> = [
  ['the beginning', facts()],
  ['half a minute later', facts({}, { now: PAGE_NOW + 30_000 })],
  ['the next step of the timeline', facts({}, { now: PAGE_NOW + 3 * MINUTE })],
  ['the next day', facts({}, { now: PAGE_NOW + 24 * HOUR })],
  ['a restore more', facts({ jobs: [...JOBS, RUNNING, ended(3, {}, 'ledger')] })],
  ['one of them as missing', facts({ jobs: [...JOBS, anObservation(aJob(), { missingSince: T0 + 1_000 })] })],
  ['one of them gone', facts({ jobs: JOBS.slice(1) })],
  ['an end that is expected', facts({}, { running: { eta } })],
  ['a later one', facts({}, { running: { eta: { ...eta, at: T0 + 2 * HOUR } } })],
  ['an end that has passed', facts({}, { running: { eta: { ...eta, isOverdue: true } } })],
  ['how far it is', facts({}, { running: { eta: progress(0.3) } })],
  ['a percent more', facts({}, { running: { eta: progress(0.31) } })],
  ['another end by its progress', facts({}, { running: { eta: progress(0.31, T0 + 3 * HOUR) } })],
  ['an RTO', facts({}, { rtos: new Map([['orders', HOUR]]) })],
  ['an RTO that is over', facts({}, { rtos: new Map([['orders', MINUTE]]) })],
  [
    'an RTO that is likely to be over',
    facts({}, { rtos: new Map([['orders', HOUR]]), running: { eta: progress(0.1, T0 + 9 * HOUR) } }),
  ],
  ['what was told', told(EVENTS.slice(0, 1))],
  ['what else was told', told(EVENTS)],
  [
    'an actor',
    facts({
      running: [
        aRunning(
          anObservation(
            aJob([], { id: jobId(9), actor: { confidence: 'exact', id: '1', name: 'ann', address: null } }),
          ),
        ),
      ],
    }),
  ],
  [
    'another target',
    facts({ running: [aRunning(anObservation(aJob([], { id: jobId(9), targetClusterName: 'else' })))] }),
  ],
  ['other events', facts({ events: EVENTS.slice(1) })],
  ['a blind watch', watched({ sinceSuccessMs: HOUR, lastSuccessAt: T0 - HOUR })],
  [
    'a runbook for it',
    facts({}, { runbookUrl: 'https://wiki/restores', others: { problems: ['no disk'], warnings: [] } }),
  ],
  ['the same later', watched({ sinceSuccessMs: 2 * HOUR, lastSuccessAt: T0 - 2 * HOUR })],
  ['a budget', watched({ budget: { perMinute: 100, left: 60 } })],
  ['a smaller one', watched({ budget: { perMinute: 100, left: 40 } })],
  ['none left', watched({ budget: { perMinute: 100, left: 0 } })],
  [
    'a mute',
    facts({
      report: aReport({
        watches: NAMES.map((watch) => aWatchReport({ watch })),
        mutes: [{ ...muteView(aMute({ watch: '*' }), T0), inForceUntil: '2026-11-02T10:00:00.000Z' }],
      }),
    }),
  ],
  [
    'a channel',
    facts({ report: aReport({ watches: REPORT.watches, channels: [aChannelReport({ state: 'failing' })] }) }),
  ],
  ['a longer log', facts({ log: { ...LOG, entries: 8 } })],
  ['another replica', watched({ polledBy: 'b' })],
  ['another schedule', watched({ periodMs: 5 * MINUTE })],
  ['another kind', watched({ kind: 'flex' })],
  [
    'restores that run',
    facts({ report: aReport({ watches: NAMES.map((watch) => aWatchReport({ watch, running: 2 })) }) }),
  ],
  [
    'a last restore',
    facts({
      lastFinishes: new Map([
        ['carts', { watch: 'carts', groupId: 'g', instanceName: 'carts', finishedAt: T0 }],
      ]),
    }),
  ],
  ['drills', facts({}, { drills })],
  ['a gap', facts({ coverage: gap(HOUR) })],
  ['a longer one', facts({ coverage: gap(MINUTE) })],
  ['somebody who may act', facts({}, { viewer: 'actor' })],
  ['the store away', facts({}, { storeFault: { message: 'away', hint: null, since: T0 } })],
];

const htmlOf = (sections: RenderedPage['sections']): Array<[SectionName, string]> =>
  [...sections].map(([name, { html }]) => [name, html]);

describe('a page of which parts are taken over from the look before', () => {
  const [, first] = STORY[0]!;
  const before: RenderedPage = { facts: first, sections: renderSections(first) };

  it.each(STORY)('is what it would be anew, and back again: %s', (_what, next) => {
    const anew = htmlOf(renderSections(next));
    const sections = renderSections(next, before);
    expect(htmlOf(sections)).toEqual(anew);
    expect(htmlOf(renderSections(first, { facts: next, sections }))).toEqual(htmlOf(before.sections));
  });

  it.each(STORY.slice(1))('differs from the first: %s', (what, next) => {
    if (what !== 'half a minute later')
      expect(htmlOf(renderSections(next))).not.toEqual(htmlOf(before.sections));
  });

  it('takes over every row, card and event, and every bar but those of the same hours, when a restore ends', () => {
    const next = facts({ jobs: [...JOBS, RUNNING, ended(3, {}, 'ledger')] });
    const before = { facts: first, sections: renderSections(first) };
    const sections = renderSections(next, before);
    const others = [...sections].flatMap(([name, { parts }]) =>
      [...parts].flatMap(([id, part]) =>
        before.sections.get(name)?.parts.get(id) === part ? [] : [`${name} ${id}`],
      ),
    );
    expect(others.filter((id) => !/timeline-(summary|legend|ticks|now)$/.test(id))).toEqual([
      `timeline row-ledger-${jobId(3, T0 - 3 * HOUR)}`,
      `timeline bars-${Math.floor((T0 - 3 * HOUR) / (HOUR / 2))}`,
    ]);
  });
});
