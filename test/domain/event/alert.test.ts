import { expect, it } from 'vitest';
import { alertKey, alertKeyOf, partsOfKey } from '../../../src/domain/event/alert.ts';
import { anEvent } from '../../support/builders.ts';

const USERS = { groupId: 'g', projectName: 'alpha', instanceName: 'users' };
const PROJECT = { ...USERS, instanceName: null };

it('keeps the alerts of a watch, of its projects and of its instances apart', () => {
  const keys = [null, PROJECT, USERS].map((place) => alertKey('watch_failing', 'a/b', place));
  expect(new Set(keys).size).toBe(3);
  expect(keys.map(partsOfKey)).toEqual(
    [null, { ...PROJECT, projectName: null }, { ...USERS, projectName: null }].map((place) => ({
      name: 'watch_failing',
      about: 'a/b',
      place,
      drill: null,
    })),
  );
});

it('reads the drill of an alert back, with an instance and without', () => {
  for (const place of [null, { ...USERS, projectName: null }])
    expect(partsOfKey(alertKey('drill_overdue', 'orders', place, 'monthly'))).toEqual({
      ...{ name: 'drill_overdue', about: 'orders', place, drill: 'monthly' },
    });
});

it('finds the alert that an event tells of, by its place', () => {
  const keyOf = (place?: typeof USERS) => alertKeyOf(anEvent('watch_failing', place ? { place } : {}));
  expect(keyOf()).toBe(alertKey('watch_failing', 'orders'));
  expect(keyOf(USERS)).toBe(alertKey('watch_failing', 'orders', USERS));
  expect(alertKeyOf(anEvent('watch_recovered'))).toBeNull();
  expect(alertKeyOf(anEvent('failed'))).toBeNull();
});
