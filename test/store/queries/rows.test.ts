import { describe, expect, it } from 'vitest';
import { toEvent } from '../../../src/store/queries/rows.ts';
import { aJob, anEvent } from '../../support/builders.ts';

describe('an event read back', () => {
  it('is as it was written', () => {
    const event = anEvent('started', {
      job: aJob(),
      expectedEnd: { at: 1_000, basis: 'progress', doneShare: 0.5 },
    });
    expect(toEvent(JSON.stringify(event))).toEqual(event);
  });

  it('has no expected end when it was written before there were any', () => {
    const { expectedEnd: _later, ...old } = anEvent('started', { job: aJob() });
    expect(toEvent(JSON.stringify(old))).toEqual({ ...old, expectedEnd: null });
  });
});
