import { describe, expect, it } from 'vitest';
import { mean, median, quantile, span, standardError } from '../../scripts/benchmark/report/figures.ts';
import { atLeast, atMost, markdownTable } from '../../scripts/benchmark/report/line.ts';
import { mustHavePlace, withText } from '../../scripts/benchmark/report/page.ts';

describe('the table of the benchmark', () => {
  it('says beside each figure what was wanted, and whether it was reached', () => {
    const lines = [
      { what: 'CPU', goal: atMost('0.75 ×', [0.7, 0.75]), got: '0.70 ×', floor: '9 ms', shell: '90 ms' },
      { what: 'memory', goal: atMost('98 (38) MB', [97, 98], [39, 38]), got: '97 (39) MB' },
      { what: 'rate', goal: atLeast('600 a second', 600, 600), got: '600' },
      { what: 'beside', goal: null, got: '1' },
    ];
    expect(markdownTable(lines).split('\n').slice(2)).toEqual([
      '| CPU | ≤ 0.75 × | 0.70 × | 9 ms | 90 ms | yes |',
      '| memory | ≤ 98 (38) MB | 97 (39) MB |  |  | **no** |',
      '| rate | ≥ 600 a second | 600 |  |  | yes |',
      '| beside |  | 1 |  |  |  |',
    ]);
  });

  it('calls no goal reached of which there is no figure', () => {
    expect(atMost('1', [Number.NaN, 1]).isMet).toBe(false);
    expect(atLeast('1', Number.NaN, 1).isMet).toBe(false);
  });

  it('says how far off a mean may well be', () => {
    expect(mean([1, 2, 3, 4])).toBe(2.5);
    expect(standardError([1, 2, 3, 4])).toBeCloseTo(Math.sqrt(5 / 12));
    expect(standardError([7, 7])).toBe(0);
    expect(standardError([7])).toBeNaN();
  });

  it('takes quantiles of what was measured, never in between', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([1, 2, 3, 4])).toBe(2);
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([quantile(hundred, 0.5), quantile(hundred, 0.99), quantile(hundred, 1)]).toEqual([50, 99, 100]);
  });

  it('writes a span in the unit that reads best', () => {
    expect([0.512, 9.96, 44.4, 999, 1_250, 31_600].map(span)).toEqual([
      '0.5 ms',
      '10.0 ms',
      '44 ms',
      '999 ms',
      '1.25 s',
      '31.6 s',
    ]);
  });
});

describe('the place of a table on a page', () => {
  const page = 'before\n<!-- aged -->\nold\n<!-- /aged -->\nafter\n';

  it('is filled anew each time, and nothing else of the page is touched', () => {
    const filled = 'before\n<!-- aged -->\n\nnew\n\n<!-- /aged -->\nafter\n';
    expect(withText(page, 'aged', 'new\n')).toBe(filled);
    expect(withText(filled, 'aged', 'new')).toBe(filled);
  });

  it('has to be there, as it is on the page about costs', () => {
    for (const name of ['benchmark', 'aged', 'flat']) mustHavePlace('docs/costs.md', name);
    expect(() => withText(page, 'flat', 'new')).toThrow(/no place between <!-- flat -->/);
  });
});
