import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { keepMirror } from '../../src/audit/keep-mirror.ts';
import { StoreError } from '../../src/errors.ts';
import { createSignals } from '../../src/signals.ts';
import type { AuditStore } from '../../src/store/ports/audit.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

/** A store that a standby stands in for, which has got no farther than `behind` entries. */
async function aFailover(entries: number, behind: number) {
  const before = await openForTest({ path: ':memory:' });
  const after = await openForTest({ path: ':memory:' });
  for (let number = 1; number <= entries; number += 1) {
    await before.recordAudit([aDraft(number)]);
    if (number <= behind) await after.recordAudit([aDraft(number)]);
  }
  let isOver = false;
  const current = (): AuditStore => (isOver ? after : before);
  let failing: string | symbol | null = null;
  let sparedCalls = 0;
  const fail = async (): Promise<never> => {
    failing = null;
    throw new StoreError('unavailable', 'the server is gone');
  };
  const store = new Proxy(before, {
    get: (_, name) => (name === failing && sparedCalls-- <= 0 ? fail : Reflect.get(current(), name)),
  });
  const failOnce = (method: keyof AuditStore, { spared = 0 } = {}): void => {
    failing = method;
    sparedCalls = spared;
  };
  const isFailing = (): boolean => failing !== null;
  return { store, before, after, failOnce, isFailing, failOver: () => (isOver = true) };
}

it('puts a file aside that has more than a store which was rolled back, goes on, and tells of it', async () => {
  const { store, after, failOver } = await aFailover(5, 3);
  const [logger, clock] = [createRecordingLogger(), createManualClock(T0)];
  const signals = createSignals(logger);
  const told: number[] = [];
  signals.on('store:rolled_back', ({ hadEntries }) => told.push(hadEntries));
  const file = join(temporaryDirectory(), 'audit.jsonl');
  const stop = await keepMirror(file, { store, logger, clock, signals });
  const lost = readFileSync(file, 'utf8');
  failOver();
  // By then it has as many entries again, and others.
  for (const number of [14, 15, 16]) await after.recordAudit([aDraft(number)]);
  signals.emit('audit:written', {});
  await stop();

  expect(told).toEqual([5]);
  const entries = await after.readAudit(0, 99);
  expect(readFileSync(file, 'utf8').split('\n').slice(0, -1)).toEqual(
    (await after.readAuditLines(0, 99)).map(({ body }) => body),
  );
  const [aside] = readdirSync(dirname(file)).filter((name) => name.includes('.damaged-'));
  expect(readFileSync(join(dirname(file), aside ?? ''), 'utf8')).toBe(lost);
  expect(entries.slice(6)).toMatchObject([
    { kind: 'store.rolled_back', data: { hadEntries: 5, keptAside: join(dirname(file), aside ?? '') } },
    { kind: 'mirror.rebuilt' },
  ]);
  expect(logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: expect.stringContaining('The store has lost entries') },
  ]);
});

it('tells of it as well when the failover fails what was in hand, and the first write that tells of it', async () => {
  const { store, before, after, failOver, failOnce, isFailing } = await aFailover(5, 3);
  const [logger, clock] = [createRecordingLogger(), createManualClock(T0)];
  const signals = createSignals(logger);
  let toldTimes = 0;
  signals.on('audit:rolled_back', () => (toldTimes += 1));
  const stop = await keepMirror(join(temporaryDirectory(), 'audit.jsonl'), { store, logger, clock, signals });
  const failures = () => logger.lines.filter(({ message }) => message.includes('cannot be written')).length;

  failOnce('noteMirrored');
  await before.recordAudit([aDraft(6)]);
  signals.emit('audit:written', {});
  await expect.poll(failures).toBe(1);
  failOver();
  failOnce('recordAudit');
  await after.recordAudit([aDraft(14)]);
  signals.emit('audit:written', {});
  await expect.poll(isFailing).toBe(false);
  signals.emit('audit:written', {});
  await expect.poll(() => toldTimes).toBe(1);
  await stop();

  expect(toldTimes).toBe(1);
  const found = (await after.readAudit(0, 99)).filter(({ kind }) => kind === 'store.rolled_back');
  expect(found).toMatchObject([{ data: { hadEntries: 6, keptAside: expect.stringContaining('.damaged-') } }]);
});

it('goes on behind no entry of a log that is lost, when the server is gone again just as that is found', async () => {
  const { store, after, failOver, failOnce, isFailing } = await aFailover(5, 3);
  const [logger, clock] = [createRecordingLogger(), createManualClock(T0)];
  const signals = createSignals(logger);
  let toldTimes = 0;
  signals.on('audit:rolled_back', () => (toldTimes += 1));
  const file = join(temporaryDirectory(), 'audit.jsonl');
  const stop = await keepMirror(file, { store, logger, clock, signals });
  failOver();
  for (const number of [14, 15, 16, 17]) await after.recordAudit([aDraft(number)]);
  // The first read finds that the last entry of the file is not there; the second one would say with which the file ends.
  failOnce('readAuditLines', { spared: 1 });
  signals.emit('audit:written', {});
  await expect.poll(isFailing).toBe(false);
  signals.emit('audit:written', {});
  await expect.poll(() => toldTimes).toBe(1);
  await stop();
  expect(readFileSync(file, 'utf8').split('\n').slice(0, -1)).toEqual(
    (await after.readAuditLines(0, 99)).map(({ body }) => body),
  );
});

it('says nothing of the kind where the store goes on as it was', async () => {
  const { store, after, failOver } = await aFailover(5, 5);
  const [logger, clock] = [createRecordingLogger(), createManualClock(T0)];
  const signals = createSignals(logger);
  const file = join(temporaryDirectory(), 'audit.jsonl');
  const stop = await keepMirror(file, { store, logger, clock, signals });
  failOver();
  await after.recordAudit([aDraft(6)]);
  await stop();
  expect((await after.auditHead()).seq).toBe(6);
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(7);
  expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
