import { expect, it } from 'vitest';
import { hintWords } from '../../../src/views/status/hint-words.ts';

const HINT = { projects: 12, instances: 300, sweepMs: 600_000, without: [] };

it('says how many projects are polled by their feed, and which are not and why', () => {
  expect(hintWords(HINT)).toEqual([
    '12 projects (300 instances) are polled when the activity feed tells of a restore, and every 10 min all the same.',
  ]);
  const without = [
    { groupId: 'a', reason: 'refused' as const, detail: 'GET /events: 403' },
    ...['b', 'c', 'd', 'e'].map((groupId) => ({ groupId, reason: 'silent' as const, detail: null })),
    { groupId: 'f', reason: 'few' as const, detail: null },
    { groupId: 'g', reason: 'seldom' as const, detail: null },
  ];
  expect(hintWords({ ...HINT, projects: 0, without })).toEqual([
    '1 project whose activity feed cannot be read is polled at every tick: a (GET /events: 403).',
    '4 projects whose activity feed tells nothing at present are polled at every tick: b, c, d, ….',
  ]);
});
