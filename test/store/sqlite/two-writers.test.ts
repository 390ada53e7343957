import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { verifyStore } from '../../../src/audit/verify.ts';
import type { Store } from '../../../src/store/store.ts';
import { aMuteRequest, HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { startChild } from '../child.ts';
import { aCommit, aDraft, openForTest, plan, temporaryDirectory } from '../support.ts';

const CLAIM = { channel: 'oncall', now: T0 + HOUR, leaseMs: 15_000, limit: 10, perKey: 'head' as const };

describe('two writers of one file', () => {
  let path = '';
  let first: Store;
  let second: Store;
  beforeEach(async () => {
    path = join(temporaryDirectory(), 'two.db');
    first = await openForTest({ path });
    second = await openForTest({ path });
  });

  it('continue one audit log', async () => {
    for (const number of [1, 2, 3]) {
      await first.recordAudit([aDraft(number)]);
      await second.recordAudit([aDraft(number), aDraft(number)]);
    }
    expect(await verifyStore(first)).toMatchObject({ entries: 9, problems: [] });
  });

  it('record an event once, with what is owed for it, whoever comes first', async () => {
    const events = [plan(1, { channels: ['oncall', 'dba'] })];
    await first.commitPoll(aCommit({ events }));
    await second.commitPoll(aCommit({ events }));
    const { items } = await first.listEvents({ limit: 10 });
    expect(items.map(({ deliveries }) => deliveries.length)).toEqual([2]);
  });

  it('never hold the same delivery', async () => {
    await first.commitPoll(aCommit({ events: [plan(1)] }));
    expect(await first.claimDeliveries({ ...CLAIM, owner: 'first' })).toHaveLength(1);
    expect(await second.claimDeliveries({ ...CLAIM, owner: 'second' })).toEqual([]);
  });

  it('keep what the one has delivered, whatever the other says of it', async () => {
    await first.commitPoll(aCommit({ events: [plan(1)] }));
    const [held] = await first.claimDeliveries({ ...CLAIM, owner: 'first' });
    const [taken] = await second.claimDeliveries({ ...CLAIM, now: CLAIM.now + HOUR, owner: 'second' });
    expect(taken?.id).toBe(held?.id);
    const outcome = { id: String(held?.id), at: CLAIM.now, detail: '' };
    await first.recordOutcomes([{ ...outcome, kind: 'delivered' }], [], 'first');
    await second.recordOutcomes([{ ...outcome, kind: 'given_up' }], [], 'second');
    expect((await first.listDeliveries({ limit: 1 })).items).toMatchObject([{ status: 'delivered' }]);
  });

  it('owe a fallback once', async () => {
    await first.commitPoll(aCommit({ events: [plan(1)] }));
    const request = { channel: 'oncall', fallback: 'dba', notAcceptedSince: T0 + MINUTE, at: T0 + MINUTE };
    expect(await first.oweFallbacks(request)).toHaveLength(1);
    expect(await second.oweFallbacks(request)).toEqual([]);
  });

  it('find a reminder moved on that the other has looked after', async () => {
    const event = plan(1, { name: 'stalled' });
    await first.commitPoll(
      aCommit({ events: [{ ...event, reminders: [{ channel: 'oncall', everyMs: HOUR }] }] }),
    );
    const seen: number[] = [];
    for (const store of [first, second]) {
      await store.remind({ at: T0 + HOUR, limit: 10 }, ({ due }) => {
        seen.push(due.length);
        const next = due.map(({ first: { id }, channel }) => ({
          eventId: id,
          channel,
          count: 1,
          waitMs: HOUR,
        }));
        return { events: [], audit: [], next, ended: [] };
      });
    }
    expect(seen).toEqual([1]);
  });

  it('redrive a delivery once, and end a mute once', async () => {
    await first.commitPoll(aCommit({ events: [plan(1)] }));
    const [held] = await first.claimDeliveries({ ...CLAIM, owner: 'first' });
    await first.recordOutcomes([{ id: String(held?.id), kind: 'given_up', at: CLAIM.now, detail: '' }], []);
    expect(await second.redrive('given_up', CLAIM.now)).toHaveLength(1);
    expect(await first.redrive('given_up', CLAIM.now)).toEqual([]);

    const { id } = await first.addMute(aMuteRequest({ until: T0 + HOUR }));
    expect(await second.removeMute(id, T0 + 1, 'bob')).toMatchObject({ removed: { by: 'bob' } });
    expect(await first.removeMute(id, T0 + 2, 'ann')).toBeNull();
  });

  it('keep their word while both write at once', async () => {
    const COUNT = 25;
    const children = ['a', 'b'].map((writer) => startChild('record-in-a-loop', path, writer, `${COUNT}`));
    expect(await Promise.all(children.map((child) => child.ended()))).toEqual([0, 0]);

    // Each of its own entries, and the entry of the poll; the events that both found stand there once.
    expect(await verifyStore(first)).toMatchObject({ entries: 4 * COUNT, problems: [] });
    const { items } = await first.listEvents({ limit: 1_000 });
    expect(items).toHaveLength(COUNT);
    expect(items.every(({ deliveries }) => deliveries.length === 1)).toBe(true);
  });
});
