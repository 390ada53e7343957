import { expect, it } from 'vitest';
import { OPEN_SCOPE } from '../../../src/domain/telling/mute.ts';
import { unreachedBy } from '../../../src/domain/telling/mute-reach.ts';

const ORDERS = {
  name: 'orders',
  groupId: 'a'.repeat(24),
  instanceName: 'orders-db',
  labels: { team: 'pay' },
};

it('a mute reaches nothing by what no configured watch has, told with what there is', () => {
  const scope = { ...OPEN_SCOPE, project: 'b*', instance: 'users-db', labels: { team: 'ops', tier: '*' } };
  expect(unreachedBy(scope, [ORDERS])).toEqual([
    { what: 'project', wanted: 'b*', known: [ORDERS.groupId] },
    { what: 'instance', wanted: 'users-db', known: ['orders-db'] },
    { what: 'label team', wanted: 'ops', known: ['pay'] },
  ]);
  expect(unreachedBy({ ...OPEN_SCOPE, watch: 'ord*', target: 'any', job: 'any' }, [ORDERS])).toEqual([]);
});

it('a mute must fit one watch in all its parts', () => {
  const users = { ...ORDERS, name: 'users', instanceName: 'users-db' };
  const unreached = unreachedBy({ ...OPEN_SCOPE, watch: 'orders', instance: 'users-db' }, [ORDERS, users]);
  expect(unreached).toEqual([{ what: 'instance', wanted: 'users-db', known: ['orders-db'] }]);
});

it('a mute may reach what only Atlas tells, and what cannot be read', () => {
  const open = { name: 'all', groupId: '*', instanceName: '*', labels: { team: '{project}' } };
  const scope = { ...OPEN_SCOPE, project: 'b', instance: 'users-db', labels: { team: 'ops' } };
  expect(unreachedBy(scope, [open])).toEqual([]);
  expect(unreachedBy(scope, [{ name: 'all' }])).toEqual([]);
  expect(unreachedBy(scope, [])).toEqual([]);
});
