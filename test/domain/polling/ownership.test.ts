import { describe, expect, it } from 'vitest';
import { cededJobs, isLeftOut } from '../../../src/domain/job/cession.ts';
import type { Watch } from '../../../src/domain/job/watch.ts';
import { alongsideOf, cessionsOf } from '../../../src/domain/polling/ownership.ts';
import { aWatch, GROUP_ID } from '../../support/builders.ts';

const place = (instanceName: string) => ({ groupId: GROUP_ID, instanceName });
const fleet = (over: Partial<Watch> = {}) => aWatch({ name: 'fleet', instanceName: '*', ...over });
const among = (watch: Watch, ...others: Watch[]): Watch => ({
  ...watch,
  cedes: cessionsOf(watch, [watch, ...others]),
});

describe('whose job it is', () => {
  it('is the watch that names the instance, and not the one that finds it by "*"', () => {
    const orders = aWatch();
    expect(isLeftOut(among(fleet(), orders), place('orders'))).toBe(true);
    expect(isLeftOut(among(fleet(), orders), place('ledger'))).toBe(false);
    expect(cessionsOf(orders, [orders, fleet()])).toEqual([]);
  });

  it('is the watch that names the project, before one that takes all projects, less what that excludes', () => {
    const all = among(fleet({ name: 'all', groupId: '*' }), fleet({ exclude: ['test-*'] }));
    expect(isLeftOut(all, place('ledger'))).toBe(true);
    expect(isLeftOut(all, place('test-1'))).toBe(false);
  });

  it('is the watch that names the job, and the others keep the rest of the instance', () => {
    const drill = aWatch({ name: 'drill', restoreJobIds: ['60800a1b2c3d4e5f60718293'] });
    const orders = among(aWatch(), drill);
    expect(isLeftOut(orders, place('orders'))).toBe(false);
    expect([...cededJobs(orders, place('orders'))]).toEqual(drill.restoreJobIds);
  });

  it('is nobody else over another connection, of another kind, or when both name the same', () => {
    const others = [aWatch({ connection: 'gov' }), aWatch({ kind: 'flex' })];
    expect(among(fleet(), ...others).cedes).toEqual([]);
    expect(among(aWatch(), aWatch({ name: 'again' })).cedes).toEqual([]);
  });

  it('is told by all who follow it where nobody leaves it to another', () => {
    const again = aWatch({ name: 'again' });
    const gov = fleet({ name: 'gov', connection: 'gov' });
    const all = [aWatch(), again, gov, fleet(), aWatch({ name: 'flexible', kind: 'flex' })];
    expect(alongsideOf(aWatch(), all)).toEqual(['again', 'gov']);
    expect(alongsideOf(fleet(), all)).toEqual(['gov']);
    expect(
      alongsideOf(aWatch(), [aWatch(), fleet({ name: 'gov', connection: 'gov', exclude: ['or*'] })]),
    ).toEqual([]);
  });

  it('is nobody where a "*" watch excludes the instance', () => {
    expect(isLeftOut(fleet({ exclude: ['scratch', 'test-*'] }), place('test-7'))).toBe(true);
    expect(cessionsOf(fleet({ exclude: ['orders'] }), [aWatch()])).toEqual([]);
  });
});
