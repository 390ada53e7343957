import { expect, it } from 'vitest';
import { reportChannels } from '../../../src/views/status/channels.ts';
import { aCommit, openForTest, plan } from '../../store/support.ts';
import { HOUR, MINUTE, T0 } from '../../support/builders.ts';
import { turnsDuring } from '../../support/turns-during.ts';

const NOW = T0 + HOUR;
const DBA = {
  channel: 'dba',
  state: 'accepts',
  since: null,
  detail: null,
  nextDigestAt: null,
  sentBy: null,
} as const;

it('says when what is owed now is tried next, and not when the digest goes out that stands before it', async () => {
  const store = await openForTest({ path: ':memory:' });
  const report = async () => (await reportChannels(store, [DBA], NOW))[0];
  const held = { ...plan(1, { channels: ['dba'] }), heldUntil: new Map([['dba', NOW + 5 * MINUTE]]) };
  await store.commitPoll(aCommit({ events: [held] }));
  expect(await report()).toMatchObject({ owed: 0, held: 1, nextTryAt: null });

  await store.commitPoll(aCommit({ events: [plan(2, { job: 2, channels: ['dba'] })] }));
  const claim = { channel: 'dba', owner: 'a', now: NOW, leaseMs: 1, limit: 9, perKey: 'head' } as const;
  const [{ id } = { id: '' }] = await store.claimDeliveries(claim);
  const retry = { id, kind: 'retry', at: NOW, nextAttemptAt: NOW + 2 * HOUR, detail: '503' } as const;
  await store.recordOutcomes([retry], []);
  expect(await report()).toMatchObject({ owed: 1, held: 1, nextTryAt: '2026-11-02T11:00:05.000Z' });
});

it('gives others their turn between one channel and the next', async () => {
  const store = await openForTest({ path: ':memory:' });
  const channels = Array.from({ length: 20 }, (_, index) => ({ ...DBA, channel: `channel-${index}` }));
  expect(await turnsDuring(() => reportChannels(store, channels, NOW))).toBeGreaterThanOrEqual(19);
});
