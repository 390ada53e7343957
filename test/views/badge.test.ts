import { describe, expect, it } from 'vitest';
import { badgeSvg } from '../../src/http/badge/badge-svg.ts';
import { badgeOf } from '../../src/views/badge.ts';
import type { WatchReport } from '../../src/views/status/report.ts';
import { MINUTE, T0 } from '../support/builders.ts';

const REPORT: WatchReport = {
  ...{ watch: 'orders', sight: 'sees', why: null, schedule: null, scheduledMs: 30_000, periodMs: 30_000 },
  ...{ throttled: null, hint: null, lastSuccessAt: new Date(T0).toISOString(), nextPollAt: null, running: 0 },
  ...{ jobs: {}, polledBy: null, share: null },
};

describe('a badge', () => {
  it.each([
    ['sees', 'sees', 'fine'],
    ['partly_blind', 'partly blind', 'warning'],
    ['blind', 'blind', 'bad'],
    ['starting', 'starting', 'unknown'],
    ['unwatched', 'not watched', 'bad'],
    ['elsewhere', 'sees', 'fine'],
  ] as const)('says of a watch that is %s: %s', (sight, words, tone) => {
    const badge = badgeOf({ ...REPORT, sight }, null, T0 + 3 * MINUTE);
    expect(badge).toEqual({ label: 'orders', words: `${words}, no restore yet`, tone });
  });

  it('does not say that another replica sees what that has not told of lately', () => {
    const { words, tone } = badgeOf({ ...REPORT, sight: 'elsewhere' }, null, T0 + 3 * MINUTE + 1);
    expect({ words, tone }).toEqual({ words: 'not seen lately, no restore yet', tone: 'warning' });
  });

  it('shows a name as it is, whatever it holds', () => {
    const svg = badgeSvg({ label: '<script>&"\'', words: 'sees', tone: 'fine' });
    expect(svg).toContain('&lt;script&gt;&amp;');
    expect(svg).not.toContain('<script>');
  });
});
