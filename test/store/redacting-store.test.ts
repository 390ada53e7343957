import { expect, it } from 'vitest';
import { createRedactor } from '../../src/net/redact/redactor.ts';
import { openStore } from '../../src/store/open-store.ts';
import { redactingStore } from '../../src/store/redacting-store.ts';
import { aMuteRequest, anAttestationRequest, anEvent, jobId, T0 } from '../support/builders.ts';

const SECRET = 'p"a\\s/ß word';
const ECHO = JSON.stringify(`no ${SECRET}`).replaceAll('/', '\\/');

it('writes no secret, whatever a receiver or a person says, and shows none that was written before', async () => {
  const bare = await openStore({ url: 'sqlite::memory:' }, { mode: 'readwrite' });
  const store = redactingStore(bare, createRedactor([SECRET]).redact);
  const event = { ...anEvent('channel_failing'), summary: `says ${ECHO}`, note: ECHO };
  const planned = { event, channels: ['oncall'], suppressed: null };
  const audit = [{ at: T0, kind: 'decision' as const, data: { detail: ECHO, eventId: event.id } }];
  const old = { ...event, id: anEvent('failed').id, note: `old ${ECHO}` };

  await store.commitAlerts({ at: T0, raise: ['k'], clear: [], events: [planned], audit });
  await bare.commitAlerts({ at: T0, raise: [], clear: [], events: [{ ...planned, event: old }], audit: [] });
  const claim = { channel: 'oncall', owner: 'me', now: T0, leaseMs: 1_000, limit: 9, perKey: 'run' as const };
  const claimed = await store.claimDeliveries(claim);
  const outcomes = claimed.map(({ id }) => ({ id, kind: 'given_up' as const, at: T0, detail: ECHO }));
  await store.recordOutcomes(outcomes, [{ ...audit[0]!, data: { detail: ECHO } }], 'me');
  await store.recordAudit(audit);
  await store.addMute(aMuteRequest({ reason: ECHO }));
  await store.attest(anAttestationRequest({ note: ECHO }));

  const read = [
    claimed,
    await store.listEvents({ limit: 9 }),
    await store.listDeliveries({ limit: 9 }),
    await bare.readAudit(0, 99),
    await bare.listMutes({}),
    await bare.attestationsOf([jobId(1)]),
    (await bare.listDeliveries({ limit: 9 })).items.map(({ lastDetail }) => lastDetail),
  ];
  await bare.close();
  expect(claimed).toHaveLength(2);
  const texts = JSON.stringify(read);
  expect(texts).toContain('[redacted]');
  expect(texts).not.toMatch(/word|ß/);
});
