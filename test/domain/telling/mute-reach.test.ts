import { expect, it } from 'vitest';
import { OPEN_SCOPE } from '../../../src/domain/telling/mute.ts';
import {
  isNeverMet,
  type MutableWatch,
  type SeenRestore,
  unreachedBy,
} from '../../../src/domain/telling/mute-reach.ts';

const ORDERS = {
  name: 'orders',
  groupId: 'a'.repeat(24),
  instanceName: 'orders-db',
  labels: { team: 'pay' },
};

const world = (watches: readonly MutableWatch[], seen: readonly SeenRestore[] = [], isWhole = true) => ({
  ...{ watches, isWhole, seen },
});

it('a mute reaches nothing by what no configured watch has, told with what there is', () => {
  const scope = { ...OPEN_SCOPE, project: 'b*', instance: 'users-db', labels: { team: 'ops', tier: '*' } };
  expect(unreachedBy(scope, world([ORDERS]))).toEqual([
    { what: 'project', wanted: 'b*', among: 'watches', known: [ORDERS.groupId] },
    { what: 'instance', wanted: 'users-db', among: 'watches', known: ['orders-db'] },
    { what: 'label team', wanted: 'ops', among: 'watches', known: ['pay'] },
  ]);
  expect(unreachedBy({ ...OPEN_SCOPE, watch: 'ord*', target: 'any', job: 'any' }, world([ORDERS]))).toEqual(
    [],
  );
});

it('a mute must fit one watch in all its parts', () => {
  const users = { ...ORDERS, name: 'users', instanceName: 'users-db' };
  const unreached = unreachedBy(
    { ...OPEN_SCOPE, watch: 'orders', instance: 'users-db' },
    world([ORDERS, users]),
  );
  expect(unreached).toEqual([
    { what: 'instance', wanted: 'users-db', among: 'watches', known: ['orders-db'] },
  ]);
});

it('a mute may reach what only Atlas tells, and what cannot be read', () => {
  const open = { name: 'all', groupId: '*', instanceName: '*', labels: { team: '{project}' } };
  const scope = { ...OPEN_SCOPE, project: 'b', instance: 'users-db', labels: { team: 'ops' } };
  expect(unreachedBy(scope, world([open]))).toEqual([]);
  expect(unreachedBy(scope, world([{ name: 'all' }]))).toEqual([]);
  expect(unreachedBy(scope, world([]))).toEqual([]);
});

const ALL = { name: 'all', groupId: '*', instanceName: '*' };
const seen = (over: Partial<SeenRestore>): SeenRestore => ({
  ...{ watch: 'all', groupId: 'a', instanceName: 'users-db', target: 'copy' },
  ...over,
});

it('where no configuration tells, the restores on record do, as far as the rest of the mute fits them', () => {
  const restores = [seen({}), seen({ instanceName: 'carts-db', target: null })];
  const ask = (scope: object) => unreachedBy({ ...OPEN_SCOPE, ...scope }, world([ALL], restores));
  expect(ask({ instance: 'users-*', target: 'co*' })).toEqual([]);
  expect(ask({ instance: 'user-db' })).toEqual([
    { what: 'instance', wanted: 'user-db', among: 'restores', known: ['users-db', 'carts-db'] },
  ]);
  expect(ask({ instance: 'users-db', target: 'cpoy' })).toEqual([
    { what: 'target', wanted: 'cpoy', among: 'restores', known: ['copy'] },
  ]);
});

it('a name that the configuration has needs no restore, and one that may be unread is not refused', () => {
  const restores = [seen({ watch: 'old' })];
  expect(unreachedBy({ ...OPEN_SCOPE, instance: 'orders-db' }, world([ORDERS], restores))).toEqual([]);
  const unread = world([ORDERS], restores, false);
  expect(unreachedBy({ ...OPEN_SCOPE, watch: 'old', instance: 'users-db' }, unread)).toEqual([]);
  expect(unreachedBy({ ...OPEN_SCOPE, watch: 'odl' }, unread)).toMatchObject([{ among: 'restores' }]);
});

it('a mute that asks for a job is met by no event about a watch', () => {
  const scope = { ...OPEN_SCOPE, target: 'copy' };
  expect(isNeverMet({ ...scope, events: ['watch_failing', 'drill_overdue'] })).toBe(true);
  expect(isNeverMet({ ...scope, events: ['watch_failing', 'failed'] })).toBe(false);
  expect(isNeverMet({ ...OPEN_SCOPE, events: ['watch_failing'] })).toBe(false);
  expect(isNeverMet(scope)).toBe(false);
});
