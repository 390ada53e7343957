import { describe, expect, it } from 'vitest';
import { type AuditDraft, type AuditEntry, GENESIS } from '../../../src/domain/audit.ts';
import type { GapCause } from '../../../src/domain/coverage/causes.ts';
import { type Gap, isExpected, type PlaceCoverage } from '../../../src/domain/coverage/periods.ts';
import { toIso } from '../../../src/domain/instant.ts';
import { ReportCompiler, type ReportRequest } from '../../../src/domain/report/compile.ts';
import { causeWords } from '../../../src/views/report/words.ts';
import { chainEntries } from '../../support/audit-chain.ts';
import { HOUR, jobId, MINUTE } from '../../support/builders.ts';
import { BY_HAND, quarterLog, SINCE, UNTIL } from './quarter.ts';

const REQUEST: ReportRequest = {
  ...{
    since: SINCE,
    until: UNTIL,
    watch: null,
    madeAt: UNTIL,
    version: '0.2.0',
    checkpoint: null,
    key: null,
    coverage: [],
  },
};

function reportOf(log: readonly AuditEntry[], request: Partial<ReportRequest> = {}) {
  const compiler = new ReportCompiler();
  for (const entry of log) compiler.read(entry);
  return compiler.report({ ...REQUEST, ...request });
}

const LOG = quarterLog();

describe('the report of a quarter', () => {
  const report = reportOf(LOG);

  it('counts what a count by hand counts', () => {
    const sum = (of: (watch: (typeof report.watches)[number]) => number | null) =>
      report.watches.reduce((all, watch) => all + (of(watch) ?? 0), 0);
    expect({
      restores: report.restores.length,
      failed: report.restores.filter(({ state }) => state === 'failed').length,
      finished: sum(({ finished }) => finished),
      overdue: report.drills.flatMap(({ overdue }) => overdue).length,
      notAttested: report.drills.reduce((all, { notAttested }) => all + notAttested, 0),
      gaps: report.blind.length,
      overRto: sum(({ overRto }) => overRto),
      undelivered: report.undelivered.length,
    }).toEqual(BY_HAND);
    expect([sum(({ restores }) => restores), sum(({ failed }) => failed)]).toEqual([200, 12]);
  });

  it('says of each watch what it had and what is agreed', () => {
    const [billing] = report.watches;
    expect(billing).toMatchObject({
      ...{ watch: 'billing', restores: 56, failed: 5, finished: 51, overRto: 1, rtoMs: 15 * MINUTE },
      ...{ overRpo: 0, rpoMs: 24 * HOUR, blindMs: 40 * MINUTE },
    });
    expect(billing?.coverage).toBeCloseTo(1 - 40 / (92 * 24 * 60), 9);
    expect(report.watches.map(({ blindMs }) => blindMs / MINUTE)).toEqual([40, 10, 10, 10]);
  });

  it('tells of each restore who, when, by what, and who was told', () => {
    const rows = report.restores;
    expect(rows.every(({ actor }) => actor !== null)).toBe(true);
    expect(rows.filter(({ attestation }) => attestation !== null)).toHaveLength(
      LOG.filter(({ kind }) => kind === 'attestation.made').length,
    );
    const lost = rows.filter(({ told }) => told.some(({ givenUp }) => givenUp > 0));
    expect(lost.map(({ told }) => told)).toEqual([
      [
        { channel: 'oncall', firstAt: expect.any(Number), givenUp: 0 },
        { channel: 'dba', firstAt: null, givenUp: 1 },
      ],
    ]);
    const [late] = rows.filter(({ drills }) => drills.some(({ reasons }) => reasons.length > 0));
    expect(late).toMatchObject({
      drills: [{ name: 'monthly-billing', reasons: ['not_attested'] }],
      attestation: null,
    });
  });

  it('says when drills were overdue, also one that still is', () => {
    const day = (number: number) => SINCE + number * 24 * HOUR;
    expect(report.drills.map(({ name, overdue }) => [name, overdue])).toEqual([
      ['monthly-billing', [{ since: day(50), until: day(51) }]],
      ['monthly-catalog', []],
      ['monthly-orders', [{ since: day(20), until: day(22) }]],
      ['monthly-sessions', [{ since: day(88), until: null }]],
    ]);
  });

  it('is of one watch where that is asked for', () => {
    const one = reportOf(LOG, { watch: 'orders' });
    expect(one.watches.map(({ watch }) => watch)).toEqual(['orders']);
    expect(one.restores.every(({ watch }) => watch === 'orders')).toBe(true);
    expect(one.restores).toHaveLength(48);
    expect(one.blind.map(({ watch }) => watch)).toEqual([null]);
  });

  it('ends where the period ends', () => {
    const first = reportOf(LOG, { until: SINCE + 30 * 24 * HOUR });
    expect(first.restores.every(({ beganAt }) => beganAt < SINCE + 30 * 24 * HOUR)).toBe(true);
    expect([first.blind, first.undelivered]).toEqual([[], []]);
  });

  it('says that nothing is known of the time before the log begins', () => {
    const early = reportOf(LOG, { since: SINCE - 40 * 24 * HOUR });
    expect(early.recordFrom).toBe(SINCE - 30 * 24 * HOUR);
    // It is no blind time, and counts for nothing: 40 days more than the quarter, 30 of which are on record.
    const quarterBegun = reportOf(LOG, { since: SINCE - 30 * 24 * HOUR });
    expect(quarterBegun.recordFrom).toBe(SINCE - 30 * 24 * HOUR);
    expect(early.blind).toEqual(quarterBegun.blind);
    expect(early.watches).toEqual(quarterBegun.watches);
    expect(reportOf(LOG).recordFrom).toBe(SINCE);
    expect(reportOf([]).recordFrom).toBe(reportOf([]).period.until);
  });

  it('names the first entry that was changed, and says so', () => {
    const changed = LOG.map((entry) => (entry.seq === 9 ? { ...entry, kind: 'transition' } : entry));
    expect(reportOf(changed).integrity).toMatchObject({ broken: { entry: 9 }, entries: LOG.length });
    expect(report.integrity).toMatchObject({ broken: null, head: LOG.at(-1)?.hash });
  });
});

describe('when nobody could see', () => {
  const day = (number: number) => SINCE + number * 24 * HOUR;
  const [from, to] = [day(10), day(20)];
  const gap = (cause: GapCause, begin: number, minutes = 60) => ({
    ...{ cause, from: begin, to: begin + minutes * MINUTE },
  });
  /** An instance that was watched from day 10 to day 20, but for these gaps. */
  function aPlace(instanceName: string, gaps: Gap[], watch = 'orders'): PlaceCoverage {
    const ends = [...gaps.map((one) => one.from), to];
    const intervals = [from, ...gaps.map((one) => one.to)].map((begin, index) => ({
      ...{ from: begin, to: ends[index] ?? to },
    }));
    const missedMs = gaps.filter(isExpected).reduce((sum, one) => sum + one.to - one.from, 0);
    const coveredMs = intervals.reduce((sum, one) => sum + one.to - one.from, 0);
    const before = { from: SINCE, to: from, cause: 'unrecorded' as const };
    return {
      ...{ watch, groupId: 'g', instanceName, intervals, gaps: [before, ...gaps] },
      ...{ coveredMs, expectedMs: coveredMs + missedMs },
    };
  }
  const coverage = [
    aPlace('a', [gap('killed', day(12)), gap('role', day(14)), gap('gone', day(15), 600)]),
    aPlace('b', [gap('killed', day(12) + 400)]),
    aPlace('c', [gap('killed', day(12))]),
  ];
  const start = (at: number) => ({ at, kind: 'daemon.started' as const, data: {} });
  const failed = (at: number, kind: 'poll.failed' | 'poll.recovered') => ({
    ...{ at, kind, data: { watch: 'orders', reason: 'auth', message: 'lacks the role' } },
  });
  const log = chainEntries(GENESIS, [
    { at: SINCE, kind: 'config.loaded' as const, data: { watches: ['orders'] } },
    ...[start(SINCE), failed(day(2), 'poll.failed'), failed(day(2) + HOUR, 'poll.recovered')],
    // Two replicas: the second start is no end of the first.
    ...[start(day(11)), start(day(11) + HOUR)],
    ...[failed(day(14), 'poll.failed'), failed(day(14) + HOUR, 'poll.recovered')],
  ]);
  const report = reportOf(log, { until: to, coverage });

  it('is told by coverage from where that is on record, and by the log before', () => {
    expect(report.blind.map(({ by, cause, from: at, place }) => [by, cause, at, place])).toEqual([
      ['log', 'auth', day(2), null],
      ['coverage', 'killed', day(12), null],
      ['coverage', 'role', day(14), 'a'],
      ['coverage', 'gone', day(15), 'a'],
    ]);
    expect(report.blind[2]?.detail).toBe('lacks the role');
  });

  it('counts what was missed of what should have been watched', () => {
    const [orders] = report.watches;
    expect(orders?.blindMs).toBe(3 * HOUR + 400);
    const before = 10 * 24 - 1;
    const recorded = 10 * 24 * (1 - 4 / (3 * 240 - 10));
    expect(orders?.coverage).toBeCloseTo((before + recorded) / 480, 9);
  });

  it('names the causes in the words of the record that tells of them', () => {
    expect(report.blind.map(causeWords)).toEqual([
      'Atlas refused the credential',
      'the watcher ended without a word: a kill, a crash or a power cut',
      'the credential lacked the role',
      'Atlas did not know the project or the instance, or not as this kind',
    ]);
  });
});

describe('a watcher that ends without a word', () => {
  it('is blind from its last entry to the next start', () => {
    const start = (at: number) => ({ at, kind: 'daemon.started' as const, data: {} });
    const entry = { at: SINCE + HOUR, kind: 'mute.added' as const, data: {} };
    const log = chainEntries(GENESIS, [start(SINCE), entry, start(SINCE + 3 * HOUR)]);
    expect(reportOf(log).blind).toMatchObject([
      { cause: 'killed', from: SINCE + HOUR, until: SINCE + 3 * HOUR, watch: null },
    ]);
  });
});

describe('what has expired since', () => {
  const id = jobId(1, SINCE);
  /** What each look finds of one restore, with when it got there; the last milestone is its state. */
  function looks(deliveryType: string, ...found: Array<Array<[milestone: string, afterMs: number | null]>>) {
    return found.map((reached, index) => {
      const state = reached.at(-1)?.[0] ?? 'in_progress';
      const milestones = [['started', 0] as const, ...reached].map(([milestone, afterMs]) => ({
        milestone,
        at: afterMs === null ? null : toIso(SINCE + afterMs),
      }));
      const job = { deliveryType, createdAt: toIso(SINCE), milestones };
      const names = milestones.map(({ milestone }) => milestone);
      const at = SINCE + (index + 1) * HOUR;
      return {
        at,
        kind: 'observation.changed' as const,
        data: { watch: 'orders', jobId: id, state, milestones: names, job },
      };
    });
  }
  function of(drafts: AuditDraft[]) {
    const objectives = [{ watch: 'orders', rtoMs: 30 * MINUTE }];
    const config = { at: SINCE, kind: 'config.loaded' as const, data: { watches: ['orders'], objectives } };
    const attested = {
      at: SINCE + 9 * HOUR,
      kind: 'attestation.made' as const,
      data: { jobId: id, result: 'passed', by: 'ann' },
    };
    const { restores, watches } = reportOf(chainEntries(GENESIS, [config, ...drafts, attested]));
    return { row: restores[0], orders: watches[0] };
  }

  it('was finished all the same, and counts as that', () => {
    const finished: [string, number] = ['finished', 14 * MINUTE];
    const { row, orders } = of(looks('automated', [finished], [finished, ['expired', 3 * HOUR]]));
    expect(orders).toMatchObject({ finished: 1, failed: 0, attested: 1, medianMs: 14 * MINUTE, overRto: 0 });
    expect(row).toMatchObject({ state: 'expired', outcome: 'finished', endedAt: SINCE + 14 * MINUTE });
  });

  it('took until its link was ready, where it is a download, and is held against the RTO by that', () => {
    const ready: [string, number] = ['ready', 5 * MINUTE];
    const took = { durationMs: 5 * MINUTE, isWithinRto: true, outcome: 'ready', endIs: 'exact' };
    const before = of(looks('download', [ready]));
    expect(before.row).toMatchObject({ ...took, state: 'ready' });
    const late = { watch: 'orders', jobId: id, event: 'expired', late: true };
    const after = of([
      ...looks('download', [ready], [ready, ['expired', 4 * HOUR]]),
      { at: SINCE + 8 * HOUR, kind: 'transition', data: late },
    ]);
    expect(after.row).toMatchObject({ ...took, state: 'expired' });
    expect(after.orders).toMatchObject({ finished: 0, overRto: 0 });
  });

  it('has expired where it came to nothing before, and was ready by the look that found it where Atlas does not say when', () => {
    expect(of(looks('automated', [['expired', 40 * MINUTE]])).row).toMatchObject({
      ...{ outcome: 'expired', durationMs: 40 * MINUTE, isWithinRto: false },
    });
    const undated = of(
      looks(
        'download',
        [['ready', null]],
        [
          ['ready', null],
          ['expired', 4 * HOUR],
        ],
      ),
    );
    expect(undated.row).toMatchObject({
      outcome: 'ready',
      endIs: 'bound',
      durationMs: HOUR,
      isWithinRto: null,
    });
  });

  it('is told found late only where it ended long before it was found', () => {
    const finished: [string, number] = ['finished', 14 * MINUTE];
    const late = { watch: 'orders', jobId: id, event: 'finished', late: true };
    const { row } = of([
      ...looks('automated', [finished]),
      { at: SINCE + 8 * HOUR, kind: 'transition', data: late },
    ]);
    expect(row?.endIs).toBe('late');
  });
});
