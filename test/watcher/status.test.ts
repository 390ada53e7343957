import { expect, it } from 'vitest';
import { blindnessOf } from '../../src/watcher/status.ts';
import { MINUTE, T0 } from '../support/builders.ts';

const POLLED = {
  lastSuccessAt: T0,
  sinceSuccessMs: 30_000,
  dueWithinMs: MINUTE,
  hasMissedPolls: false,
  polledBy: null as string | null,
};

it.each([
  ['was polled in time', {}, null],
  ['was polled just in time', { sinceSuccessMs: MINUTE }, null],
  ['was not polled in time', { sinceSuccessMs: MINUTE + 1 }, 'overdue'],
  ['has time for its first poll', { lastSuccessAt: null }, 'unpolled'],
  ['had the time for its first poll', { lastSuccessAt: null, sinceSuccessMs: MINUTE + 1 }, 'overdue'],
  ['another replica polls', { lastSuccessAt: null, polledBy: 'b' }, null],
  ['was to be polled while the process stood still', { hasMissedPolls: true }, 'stood_still'],
])('a watch that %s', (_which, over, blindness) => {
  expect(blindnessOf({ ...POLLED, ...over })).toBe(blindness);
});
