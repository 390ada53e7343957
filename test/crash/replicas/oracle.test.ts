import { describe, expect, it } from 'vitest';
import {
  auditedTwice,
  type Disturbance,
  explainedByDisturbances,
  mostPerMinute,
  sentByOthers,
} from './oracle.ts';

describe('a repeat over several replicas', () => {
  const claim = (at: number, started: number, finished = 0) => ({ at, id: 'e1:slack', started, finished });
  const KILL: Disturbance = { what: 'kill', replica: 'a', from: 20_000, to: 20_000 };
  const FACTS = {
    channel: 'slack' as const,
    deliveries: [claim(18_000, 1), claim(34_000, 2)],
    disturbances: [KILL],
    interrupted: new Set(['e1']),
  };
  const REPEAT = {
    eventId: 'e1',
    before: { at: 19_000, eventIds: ['e1'], sentBy: 'a' },
    now: { at: 35_000, eventIds: ['e1'], sentBy: 'b' },
  };

  it('is due to what cut off the replica that sent it first', () => {
    expect(explainedByDisturbances(FACTS)(REPEAT)).toBe(KILL);
  });

  it('is due to the database where that was away', () => {
    const restart = { ...KILL, replica: null };
    expect(explainedByDisturbances({ ...FACTS, disturbances: [restart] })(REPEAT)).toBe(restart);
  });

  it.each<[string, Partial<typeof FACTS>]>([
    ['another replica was disturbed', { disturbances: [{ ...KILL, replica: 'b' }] }],
    ['it was disturbed long before', { disturbances: [{ ...KILL, from: 1_000, to: 5_000 }] }],
    ['it was disturbed after the next attempt', { disturbances: [{ ...KILL, from: 34_001, to: 34_001 }] }],
    ['nobody knows of the attempt that was cut off', { interrupted: new Set() }],
    ['it was sent twice in one attempt', { deliveries: [claim(18_000, 1)] }],
    ['it was sent twice before the next attempt', { deliveries: [claim(18_000, 1), claim(36_000, 2)] }],
  ])('is due to nothing when %s', (_what, over) => {
    expect(explainedByDisturbances({ ...FACTS, ...over })(REPEAT)).toBeNull();
  });

  it('is explained where the attempt was recorded as failed', () => {
    const deliveries = [claim(18_000, 1), claim(34_000, 2, 1)];
    const found = explainedByDisturbances({ ...FACTS, deliveries, interrupted: new Set() })(REPEAT);
    expect(found).toBe(KILL);
  });
});

describe('who has sent for a channel', () => {
  const TESTIMONY = {
    leases: [
      { at: 1_000, unit: 'channel:slack', owner: 'host:11#aa', token: 1 },
      { at: 2_000, unit: 'channel:email', owner: 'host:22#bb', token: 1 },
      { at: 30_000, unit: 'channel:slack', owner: 'host:22#bb', token: 2 },
    ],
    life: [
      { at: 1_000, replica: 'host:11#aa', until: 16_000 },
      { at: 29_000, replica: 'host:22#bb', until: 44_000 },
    ],
  };
  const LIFETIMES = new Map([
    ['a', [{ pid: 11, from: 500, to: null }]],
    ['b', [{ pid: 22, from: 500, to: null }]],
  ]);
  const sentBy = (who: string | null, at: number) =>
    sentByOthers('slack', [{ at, eventIds: ['e1'], sentBy: who }], TESTIMONY, LIFETIMES);

  it('is the replica that holds it', () => {
    expect([...sentBy('a', 15_000), ...sentBy('b', 31_000)]).toEqual([]);
  });

  it.each([
    ['has not got it yet', 'a', 900],
    ['has another channel only', 'b', 15_000],
    ['has shown no sign of life for too long', 'a', 16_001],
    ['has lost it', 'a', 31_000],
    ['says nothing of itself', null, 15_000],
  ])('is none of ours when it %s', (_what, who, at) => {
    expect(sentBy(who, at)).toHaveLength(1);
  });

  it('is another process after a restart', () => {
    const restarted = new Map([['a', [...(LIFETIMES.get('a') ?? []), { pid: 33, from: 5_000, to: null }]]]);
    const receipts = [{ at: 6_000, eventIds: ['e1'], sentBy: 'a' }];
    expect(sentByOthers('slack', receipts, TESTIMONY, restarted)).toHaveLength(1);
  });
});

describe('the count of requests', () => {
  const at = (project: string, ...seconds: number[]) =>
    seconds.map((second) => ({ path: `/api/v2/groups/${project.repeat(24)}/x`, at: second * 1_000 }));

  it('finds the fullest minute of any project', () => {
    expect(mostPerMinute([...at('a', 0, 30, 59, 61, 88), ...at('b', 60, 61)])).toBe(4);
    expect(mostPerMinute(at('a', 0, 60, 120))).toBe(1);
    expect(mostPerMinute([{ path: '/api/v2/groups', at: 0 }])).toBe(0);
  });
});

it('finds an attempt that stands in the audit log twice', () => {
  const entry = { kind: 'delivery.attempted', deliveryId: 'e1:slack', attempt: 1 };
  expect(auditedTwice([entry, { ...entry, attempt: 2 }, { ...entry, kind: 'delivery.given_up' }])).toEqual(
    [],
  );
  expect(auditedTwice([entry, entry])).toEqual(['e1:slack, attempt 1']);
});
