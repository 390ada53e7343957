import { describe, expect, it } from 'vitest';
import {
  dueOf,
  type HintFacts,
  isWorthAsking,
  livelyNews,
  modeOf,
  nextByEvent,
  type ProjectFacts,
  type TargetFacts,
} from '../../../src/domain/polling/hint.ts';

const PROJECT: ProjectFacts = {
  targets: 3,
  gapMs: 30_000,
  sweepEveryMs: 600_000,
  trust: { standing: 'trusted', reason: null },
  unheardMs: 0,
};

describe('how a project is polled', () => {
  it.each<[string, Partial<ProjectFacts>]>([
    ['hint', {}],
    ['few', { targets: 2 }],
    ['seldom', { gapMs: 600_000 }],
    ['proving', { trust: { standing: 'proving', reason: null } }],
    ['missed', { trust: { standing: 'distrusted', reason: 'missed' } }],
    ['refused', { trust: { standing: 'distrusted', reason: 'refused' } }],
    ['silent', { unheardMs: null }],
    ['hint', { unheardMs: 31_000 }],
    ['silent', { unheardMs: 60_000 }],
    ['silent', { unheardMs: 60_000, trust: { standing: 'proving', reason: null } }],
  ])('is by %s with %j', (mode, facts) => {
    expect(modeOf({ ...PROJECT, ...facts })).toBe(mode);
  });

  it('asks the feed where that may spare something, silent or not', () => {
    expect(isWorthAsking(PROJECT)).toBe(true);
    expect(isWorthAsking({ ...PROJECT, trust: { standing: 'proving', reason: null } })).toBe(true);
    expect(isWorthAsking({ ...PROJECT, targets: 2 })).toBe(false);
    expect(isWorthAsking({ ...PROJECT, gapMs: 600_000 })).toBe(false);
    expect(isWorthAsking({ ...PROJECT, trust: { standing: 'distrusted', reason: 'missed' } })).toBe(false);
  });
});

const TARGET: TargetFacts = {
  isRead: true,
  isFailing: false,
  hasRunningJobs: false,
  begunMono: 1_000,
  phase: 0.5,
};
const HINT: HintFacts = { mode: 'hint', gapMs: 30_000, sweepMs: 600_000, newsMono: [] };

describe('a target', () => {
  it.each<[string | null, Partial<TargetFacts>, Partial<HintFacts>, number]>([
    [null, {}, {}, 299_999],
    ['sweep', {}, {}, 300_000],
    [null, { begunMono: 300_001 }, {}, 899_999],
    ['sweep', { begunMono: 300_001 }, {}, 900_000],
    ['sweep', {}, { sweepMs: 30_000 }, 2_000],
    ['all', {}, { mode: 'silent' }, 2_000],
    ['all', {}, { mode: 'proving', newsMono: [1_500] }, 2_000],
    ['unread', { isRead: false }, {}, 2_000],
    ['failing', { isFailing: true }, {}, 2_000],
    ['running', { hasRunningJobs: true }, {}, 2_000],
    ['event', {}, { newsMono: [1_500] }, 1_500],
    [null, { begunMono: 1_500 }, { newsMono: [1_500] }, 16_499],
    ['event', { begunMono: 1_500 }, { newsMono: [1_500] }, 16_500],
    ['event', { begunMono: 16_500 }, { newsMono: [1_500] }, 46_500],
    [null, { begunMono: 46_500 }, { newsMono: [1_500] }, 60_000],
  ])('is due because of %s: %j, %j, at %i', (due, target, hint, now) => {
    expect(dueOf({ ...TARGET, ...target }, { ...HINT, ...hint }, now)).toBe(due);
  });

  it('is due next by the earliest of what events ask for', () => {
    expect(nextByEvent([], 0)).toBeNull();
    expect(nextByEvent([1_000], 1_000)).toBe(16_000);
    expect(nextByEvent([1_000, 10_000], 16_000)).toBe(25_000);
    expect(nextByEvent([1_000], 46_000)).toBeNull();
    expect(livelyNews([1_000, 50_000], 91_001)).toEqual([50_000]);
  });
});
