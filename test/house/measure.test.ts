import { describe, expect, it } from 'vitest';
import { measure } from '../../scripts/measure/measure.ts';

describe('npm run measure', () => {
  it('finds every limit of the house kept', () => {
    const broken = measure('.').filter(({ isMet }) => !isMet);
    expect(broken.map(({ what, value, wanted, worst }) => ({ what, value, wanted, worst }))).toEqual([]);
  });
});
