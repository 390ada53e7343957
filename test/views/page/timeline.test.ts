import { describe, expect, it } from 'vitest';
import type { GapCause } from '../../../src/domain/coverage/causes.ts';
import { coverageFacts, together } from '../../../src/views/page/gaps.ts';
import { timelineOf } from '../../../src/views/page/timeline.ts';
import { aJob, anObservation, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { aRecord, aRunning, PAGE_NOW, pageFacts } from '../../support/page-facts.ts';
import { AUTH_FAULT, aWatcherStatus, aWatchStatus } from '../../support/statuses.ts';

const status = (...names: string[]) =>
  aWatcherStatus({ watches: names.map((watch) => aWatchStatus({ watch })) });

describe('the timeline', () => {
  it('has a bar from when a restore began to its first outcome, in the state that it has now', () => {
    const job = aJob(['finished', 'expired'], { createdAt: T0 - 5 * HOUR });
    const { lanes } = timelineOf(pageFacts({ record: aRecord({ jobs: [anObservation(job)] }) }));
    expect(lanes).toEqual([
      {
        watch: 'orders',
        gaps: [],
        bars: [
          {
            ...{ watch: 'orders', job, state: 'expired', expectedEndAt: null },
            ...{ from: T0 - 5 * HOUR, until: T0 - 5 * HOUR + 14 * MINUTE },
          },
        ],
      },
    ]);
  });

  it('stands those that ran at the same time above one another, and the others alone', () => {
    const ran = (id: string, minutesAgo: number, minutes: number) =>
      anObservation(aJob(['finished'], { id, createdAt: PAGE_NOW - minutesAgo * MINUTE }, minutes));
    const levels = (...jobs: ReturnType<typeof ran>[]) => {
      const { bars, levels: found } = timelineOf(pageFacts({ record: aRecord({ jobs }) }));
      return bars.map((bar) => {
        const { level, of } = found.get(bar) ?? { level: 0, of: 1 };
        return `${bar.job.id} ${level}/${of}`;
      });
    };
    expect(levels(ran('a', 300, 60), ran('b', 280, 10), ran('c', 260, 50), ran('d', 100, 10))).toEqual([
      ...['a 0/2', 'b 1/2', 'c 1/2', 'd 0/1'],
    ]);
    // A short one is drawn longer than it was, and a fourth takes the place of the one that ended first.
    expect(levels(ran('a', 300, 1), ran('b', 298, 1))).toEqual(['a 0/2', 'b 1/2']);
    expect(levels(ran('a', 300, 60), ran('b', 299, 30), ran('c', 298, 60), ran('d', 297, 60))).toEqual([
      ...['a 0/3', 'b 1/3', 'c 2/3', 'd 1/3'],
    ]);
  });

  it('draws a running restore to now, and its expected end ahead of that to within a step of two minutes', () => {
    const observation = anObservation();
    const eta = { at: T0 + 30 * MINUTE, basis: 'progress' as const, doneShare: 0.3 };
    const record = aRecord({ jobs: [observation], running: [aRunning(observation, [], { eta })] });
    const { lanes, now } = timelineOf(pageFacts({ record }));
    expect(lanes[0]?.bars).toMatchObject([{ from: T0, until: now, expectedEndAt: T0 + 30 * MINUTE - 5_000 }]);
    expect(PAGE_NOW - now).toBeLessThan(2 * MINUTE);
  });

  it('stays the same within a step of its range', () => {
    const at = (now: number) => timelineOf(pageFacts({ now }));
    const { now } = at(PAGE_NOW);
    expect(at(now)).toEqual(at(now + 119_000));
    expect(at(now + 120_000)).not.toEqual(at(now));
  });

  it('leaves out what ended before the range, and takes in what began before it and ran into it', () => {
    const ended = (hoursAgo: number, id: string, minutes: number) =>
      anObservation(aJob(['finished'], { id, createdAt: PAGE_NOW - hoursAgo * HOUR }, minutes));
    const record = aRecord({
      jobs: [ended(25, 'before', 10), ended(25, 'into', 90), ended(3, 'within', 10)],
    });
    const { lanes } = timelineOf(pageFacts({ record }));
    expect(lanes[0]?.bars.map(({ job }) => job.id)).toEqual(['into', 'within']);
  });

  it('dates an end that Atlas does not date by when it was noticed', () => {
    const job = aJob(['failed'], {
      reached: [
        { milestone: 'started', at: T0 },
        { milestone: 'failed', at: null },
      ],
    });
    const seen = anObservation(job, { noticed: { failed: T0 + 3 * MINUTE } });
    const { lanes } = timelineOf(pageFacts({ record: aRecord({ jobs: [seen] }) }));
    expect(lanes[0]?.bars).toMatchObject([{ state: 'failed', until: T0 + 3 * MINUTE }]);
  });

  it('ends the bar of a restore that has gone from Atlas where it went', () => {
    const seen = anObservation(aJob(), { missingSince: T0 + 4 * MINUTE });
    const { lanes } = timelineOf(pageFacts({ record: aRecord({ jobs: [seen] }) }));
    expect(lanes[0]?.bars).toMatchObject([{ state: 'missing', until: T0 + 4 * MINUTE, expectedEndAt: null }]);
  });

  it('shows since when a watch is blind, and why', () => {
    const blind = aWatchStatus({ sinceSuccessMs: HOUR, lastSuccessAt: T0 - HOUR, fault: AUTH_FAULT });
    const { lanes } = timelineOf(pageFacts({ status: aWatcherStatus({ watches: [blind] }) }));
    expect(lanes[0]?.gaps).toMatchObject([
      { watch: 'orders', from: T0 - HOUR, until: null, cause: 'Atlas refuses the credential' },
    ]);
  });

  it('shows the gaps of the past with their causes, and one that lasts once', () => {
    const place = { groupId: 'g', instanceName: 'orders', coveredMs: 0, expectedMs: 0 };
    const gap = (from: number, to: number, cause: GapCause) => ({ from: T0 + from, to: T0 + to, cause });
    const coverage = [
      {
        ...{ ...place, watch: 'orders' },
        // Before the record begins, nobody has missed anything.
        gaps: [
          gap(-30 * HOUR, -9 * HOUR, 'unrecorded'),
          gap(-3 * HOUR, -2 * HOUR, 'role'),
          gap(-HOUR, 0, 'credential'),
        ],
      },
    ];
    const blind = aWatchStatus({ sinceSuccessMs: HOUR, lastSuccessAt: T0 - HOUR, fault: AUTH_FAULT });
    const facts = pageFacts({
      status: aWatcherStatus({ watches: [blind] }),
      record: aRecord({ coverage: coverageFacts(coverage) }),
    });
    expect(timelineOf(facts).lanes[0]?.gaps).toEqual([
      {
        ...{ watch: 'orders', place: null, cause: 'the credential lacked the role' },
        ...{ from: T0 - 3 * HOUR, until: T0 - 2 * HOUR },
      },
      {
        ...{ watch: 'orders', place: null, cause: 'Atlas refuses the credential' },
        from: T0 - HOUR,
        until: null,
      },
    ]);
  });

  it('begins the gap of a watch that this process never saw with its first fault', () => {
    const fault = { ...AUTH_FAULT, since: T0 - 5 * MINUTE };
    const blind = aWatchStatus({ sinceSuccessMs: HOUR, lastSuccessAt: null, fault });
    const { lanes } = timelineOf(pageFacts({ status: aWatcherStatus({ watches: [blind] }) }));
    expect(lanes[0]?.gaps).toMatchObject([{ from: T0 - 5 * MINUTE, until: null }]);
  });

  it('makes one gap of what many instances of a watch lack together, and names what one lacks alone', () => {
    const instance = (name: string, ...gaps: Array<[from: number, to: number, cause: GapCause]>) => ({
      ...{ watch: 'orders', groupId: 'g', instanceName: name, coveredMs: 0, expectedMs: 0 },
      gaps: gaps.map(([from, to, cause]) => ({ from: T0 + from, to: T0 + to, cause })),
    });
    const coverage = [
      instance('a', [-2 * HOUR, -HOUR, 'stopped']),
      instance('b', [-2 * HOUR, -HOUR + 9_000, 'stopped'], [-30 * MINUTE, -20 * MINUTE, 'refused']),
      instance('c', [-2 * HOUR, -HOUR + 4_000, 'stopped'], [-10 * MINUTE, -5 * MINUTE, 'gone']),
      instance('d', [-2 * HOUR - 2_000, -HOUR, 'stopped'], [-28 * MINUTE, -18 * MINUTE, 'atlas_away']),
      instance('e', [-2 * HOUR, -HOUR, 'stopped'], [-25 * MINUTE, -18 * MINUTE, 'atlas_away']),
    ];
    for (const facts of [
      coverageFacts(coverage),
      // As it is read: some places at a time.
      together(coverage.map((one) => coverageFacts([one]))),
    ]) {
      const { lanes } = timelineOf(pageFacts({ record: aRecord({ coverage: facts }) }));
      expect(lanes[0]?.gaps.map(({ place, from, until }) => [place, from - T0, (until ?? 0) - T0])).toEqual([
        [null, -2 * HOUR - 2_000, -HOUR + 9_000],
        ['b', -30 * MINUTE, -20 * MINUTE],
        ['2 of 5 instances', -28 * MINUTE, -18 * MINUTE],
      ]);
    }
  });

  it('leaves out the lanes of many watches of which there is nothing to show, and counts them', () => {
    const names = Array.from({ length: 13 }, (_, number) => `w${number}`);
    const record = aRecord({ jobs: [anObservation(aJob(), { watch: 'w4' })] });
    const { lanes, quiet } = timelineOf(pageFacts({ status: status(...names), record }));
    expect(lanes.map(({ watch }) => watch)).toEqual(['w4']);
    expect(quiet).toHaveLength(12);
  });
});
