import { describe, expect, it } from 'vitest';
import { routeOf } from '../../../src/cli/view/job-text.ts';
import { aJob } from '../../support/builders.ts';

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
