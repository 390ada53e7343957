import { expect, it, vi } from 'vitest';
import { toCloudEvent } from '../../../src/domain/event/cloud-event.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import type { Route } from '../../../src/domain/telling/routing.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { createCheckpointCopies } from '../../../src/watcher/keep/checkpoint-copies.ts';
import { aDraft, openForTest } from '../../store/support.ts';
import { aRoute, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { aLogKey, signLines } from '../../support/signed-log.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const KEY = aLogKey();

/** A log that can be signed, and whoever tells of it by these routes. */
async function aWorld(routes: Route[]) {
  const store = await openForTest({ path: ':memory:' });
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const begin = () =>
    createCheckpointCopies({
      store,
      recorder: aRecorder({ store, clock, signals, logger }, { routes }),
      signals,
      faultLog: createFaultLog(logger, clock),
    });
  const sign = async () => {
    await store.recordAudit([aDraft(1)]);
    const lines = (await store.readAuditLines(0, 99)).map(({ body }) => body);
    // The key is written down before the first.
    const note = lines.some((line) => line.includes('checkpoint.key')) ? signLines(lines, KEY) : 'no note';
    await store.recordCheckpoint({ at: clock.now(), key: verifierKeyText(KEY.verifier), sign: () => note });
    signals.emit('audit:signed', {});
  };
  const told = async () => (await store.listEvents({ limit: 9 })).items;
  return { store, clock, logger, begin, sign, told };
}

const NAMED = [aRoute({ events: ['checkpoint'], channels: ['siem'] })];
const settled = () => vi.waitFor(() => Promise.resolve());

it('tells of each checkpoint once, with the note, those whom a route names', async () => {
  const { begin, sign, told } = await aWorld(NAMED);
  await sign();
  await sign();
  const copies = begin();
  copies.beat();
  await expect.poll(told).toHaveLength(1);
  copies.apply();
  copies.beat();
  await copies.stop();
  const [{ event, deliveries } = { event: null, deliveries: [] }] = await told();
  expect(deliveries.map(({ channel }) => channel)).toEqual(['siem']);
  const { type, source, data, subject } = toCloudEvent(event as never);
  expect({ type, source, subject }).toEqual({
    type: 'restore-watcher.audit.checkpoint',
    source: '/audit/example.com/log',
    subject: undefined,
  });
  expect(data).toMatchObject({ event: 'checkpoint', log: 'example.com/log', checkpoint: { size: 4 } });
  expect(JSON.stringify(data.checkpoint)).toContain('— example.com/log ');

  const later = begin();
  later.beat();
  await sign();
  await expect
    .poll(async () => {
      later.beat();
      return (await told()).length;
    })
    .toBe(2);
  await later.stop();
});

it('writes nothing where no route names it: "*" does not take it', async () => {
  const { begin, sign, told, store } = await aWorld([aRoute({ events: ['*'], channels: ['siem'] })]);
  await sign();
  await sign();
  const before = await store.auditHead();
  const copies = begin();
  copies.beat();
  await settled();
  await copies.stop();
  expect(await told()).toEqual([]);
  expect(await store.auditHead()).toEqual(before);
});

it('is not among what has happened, and is told of a store that fails', async () => {
  const { begin, sign, store, logger } = await aWorld(NAMED);
  await sign();
  await sign();
  const fault = vi.spyOn(store, 'lastCheckpoint').mockRejectedValueOnce(new Error('locked'));
  const copies = begin();
  copies.beat();
  await expect
    .poll(() => logger.lines.map(({ message }) => message))
    .toEqual([expect.stringContaining('locked')]);
  fault.mockRestore();
  copies.beat();
  await expect.poll(async () => (await store.listEvents({ limit: 9 })).items.length).toBe(1);
  expect((await store.listEvents({ limit: 9, onlyHappened: true })).items).toEqual([]);
  await copies.stop();
});
