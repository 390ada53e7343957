import { expect, it } from 'vitest';
import type { AuditData } from '../../../src/domain/audit.ts';
import { createFaultLog } from '../../../src/logging/fault-log.ts';
import { createSignals } from '../../../src/signals.ts';
import { createRollbackTelling } from '../../../src/watcher/keep/rollback-telling.ts';
import { aDraft, openForTest } from '../../store/support.ts';
import { aRoute, MINUTE, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const FILE = { file: 'audit.jsonl', hadEntries: 40, keptAside: 'audit.jsonl.damaged-1' };

/** A log, and whoever tells what it says of a store that was rolled back. */
async function aWorld() {
  const store = await openForTest({ path: ':memory:' });
  const clock = createManualClock(T0);
  const logger = createRecordingLogger();
  const signals = createSignals(logger);
  const routes = [aRoute({ events: ['*'], channels: ['oncall'] })];
  const begin = () =>
    createRollbackTelling({
      store,
      recorder: aRecorder({ store, clock, signals, logger }, { routes }),
      signals,
      faultLog: createFaultLog(logger, clock),
    });
  const rollBack = async (at: number, data: AuditData) => {
    await store.recordAudit([aDraft(1), { at, kind: 'store.rolled_back', data }]);
    signals.emit('audit:rolled_back', {});
  };
  const told = async () => (await store.listEvents({ limit: 9 })).items;
  return { store, begin, rollBack, told };
}

it('tells, once, of what a start has found before it began, also when it begins another time', async () => {
  const { begin, rollBack, told } = await aWorld();
  await rollBack(T0, { checkpoint: 40, entries: 12 });
  for (const _ of [1, 2]) {
    const telling = begin();
    telling.beat();
    await expect.poll(told).toHaveLength(1);
    await telling.stop();
  }
  const [{ event, deliveries } = { event: null, deliveries: [] }] = await told();
  expect(deliveries.map(({ channel }) => channel)).toEqual(['oncall']);
  expect(event).toMatchObject({
    name: 'audit_forked',
    severity: 'critical',
    subject: { kind: 'audit', origin: 'unsigned', witness: 'audit.checkpoints' },
    summary: 'The audit log is not the one that audit.checkpoints has seen before',
    note: 'it was signed with 40 entries, and the log had 12',
    occurredAt: T0,
  });
});

it('tells of the next one as well, and once of what several replicas find with their files', async () => {
  const { begin, rollBack, told } = await aWorld();
  const telling = begin();
  const beaten = async () => {
    telling.beat();
    return (await told()).length;
  };
  expect(await beaten()).toBe(0);
  await rollBack(T0, FILE);
  await expect.poll(beaten).toBe(1);
  await rollBack(T0 + MINUTE, { ...FILE, keptAside: 'other.jsonl.damaged-1' });
  await rollBack(T0 + 60 * MINUTE, FILE);
  await expect.poll(beaten).toBe(2);
  await telling.stop();
  expect((await told()).map(({ event }) => event.occurredAt)).toEqual([T0 + 60 * MINUTE, T0]);
});

it('says nothing where the log says nothing of the kind', async () => {
  const { store, begin, told } = await aWorld();
  await store.recordAudit([aDraft(1)]);
  const telling = begin();
  telling.beat();
  await telling.stop();
  expect(await told()).toEqual([]);
});
