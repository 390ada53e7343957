import { describe, expect, it } from 'vitest';
import { etaText, routeOf, shortEtaText, spanOf, tookText } from '../../../src/cli/view/job-text.ts';
import type { ExpectedEnd } from '../../../src/domain/job/eta.ts';
import { aJob, MINUTE, T0 } from '../../support/builders.ts';

describe('where a job goes, in a table', () => {
  it.each([
    ['its own project', {}, 'orders → orders-copy'],
    [
      'another project',
      { targetGroupId: 'f'.repeat(24), targetGroupName: 'stage' },
      'orders → orders-copy (stage)',
    ],
    ['one without a known name', { targetGroupId: 'f'.repeat(24) }, 'orders → orders-copy (ffff…ffff)'],
    ['a download', { deliveryType: 'download', targetClusterName: null }, 'orders → download'],
  ])('%s', (_where, over, text) => {
    expect(routeOf(aJob([], over))).toBe(text);
  });
});

describe('when a job should end, in a table and where there is little room', () => {
  const usual = { usualMs: 4 * MINUTE, samples: 9 };

  it.each<[string, ExpectedEnd | null, string, string]>([
    [
      'by its progress',
      { at: T0 + 3 * MINUTE, basis: 'progress', doneShare: 0.43 },
      '43 %, about 3 min left',
      '43 %, 3 min left',
    ],
    [
      'by what is usual',
      { at: T0 + 3 * MINUTE, basis: 'history', isOverdue: false, ...usual },
      'about 3 min left',
      '3 min left',
    ],
    [
      'overdue',
      { at: T0 - MINUTE, basis: 'history', isOverdue: true, ...usual },
      'over the usual 4 min',
      'over 4 min',
    ],
    ['nearly over', { at: T0, basis: 'progress', doneShare: 0.99 }, '99 %, about done', '99 %, about done'],
    ['when nothing tells', null, '', ''],
  ])('%s', (_what, eta, long, short) => {
    expect([etaText(eta, T0), shortEtaText(eta, T0)]).toEqual([long, short]);
  });
});

describe('how long a job took, in a table and in a sentence', () => {
  const undated = aJob([], {
    reached: [
      { milestone: 'started', at: T0 },
      { milestone: 'failed', at: null },
    ],
  });

  it.each([
    ['a job that runs', aJob(), {}, '34 s', '34 s so far'],
    ['an end that Atlas dates', aJob(['finished']), {}, '14 min', '14 min'],
    ['an end that was seen between two looks', undated, { failed: T0 + 33_500 }, '≤ 34 s', 'at most 34 s'],
    ['an end that nobody noted', undated, {}, '?', ''],
  ])('%s', (_what, job, noticed, cell, words) => {
    expect(tookText(job, T0 + 34_000, noticed)).toBe(cell);
    expect(spanOf(job, T0 + 34_000, noticed)).toBe(words);
  });
});
