import { describe, expect, it } from 'vitest';
import { noticedBy, tookOf } from '../../../src/domain/job/took.ts';
import { aJob, MINUTE, T0 } from '../../support/builders.ts';

const undated = aJob([], {
  reached: [
    { milestone: 'started', at: T0 },
    { milestone: 'ready', at: null },
  ],
});

describe('how long a job took', () => {
  it('is exact where Atlas dates its end, and a bound where its end was noticed', () => {
    expect(tookOf(aJob(['finished']))).toEqual({ ms: 14 * MINUTE, isAtMost: false });
    expect(tookOf(undated, { ready: T0 + MINUTE })).toEqual({ ms: MINUTE, isAtMost: true });
  });

  it('is not known while it runs, or where nobody noticed its end', () => {
    expect(tookOf(aJob())).toBeNull();
    expect(tookOf(undated)).toBeNull();
  });

  it('keeps what was noticed first', () => {
    const first = noticedBy(undefined, [{ milestone: 'ready', at: null }], T0);
    expect(noticedBy(first, [{ milestone: 'expired', at: T0 + MINUTE }], T0 + MINUTE)).toEqual({ ready: T0 });
    expect(noticedBy(first, [{ milestone: 'expired', at: null }], T0 + MINUTE)).toEqual({
      ready: T0,
      expired: T0 + MINUTE,
    });
  });
});
