import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { keepCheckpoints } from '../../../src/audit/checkpoints/keep-checkpoints.ts';
import { loadLogKey } from '../../../src/audit/checkpoints/log-key.ts';
import { EMPTY_FRONTIER, growFrontier, leafHash, rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { parseCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { parseVerifierKey, verifierKeyText, verifyNote } from '../../../src/domain/evidence/signed-note.ts';
import { createSignals } from '../../../src/signals.ts';
import { aDraft, openForTest, temporaryDirectory } from '../../store/support.ts';
import { T0 } from '../../support/builders.ts';
import { PATIENCE_MS } from '../../support/patience.ts';
import { aLogKey } from '../../support/signed-log.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';
import { createSteppingClock } from '../../support/stepping-clock.ts';

const HOUR = 3_600_000;

/** A log that is signed every hour, and what stands in its file of checkpoints. */
async function aSignedLog(file = join(temporaryDirectory(), 'audit.checkpoints')) {
  const store = await openForTest({ path: ':memory:' });
  const [logger, clock] = [createRecordingLogger(), createSteppingClock(T0)];
  const key = aLogKey();
  const signals = createSignals(logger);
  const start = () => keepCheckpoints({ store, clock, logger, signals, key, file, everyMs: HOUR });
  const written = (): Array<{ at: string; note: string }> =>
    existsSync(file)
      ? readFileSync(file, 'utf8')
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [];
  const made = async () => (await store.lastCheckpoint()).last;
  return { store, clock, logger, signals, key, file, start, written, made };
}

describe('signing how the log stands', () => {
  it('signs the root over all entries, and says so in the log and in the file', async () => {
    const { store, clock, key, start, written } = await aSignedLog();
    await store.recordAudit([aDraft(1), aDraft(2)]);
    const stop = await start();
    await clock.step(60_000);
    await vi.waitFor(() => expect(written()).toHaveLength(1));
    await stop();

    const lines = (await store.readAuditLines(0, 9)).map(({ body }) => body);
    const entries = await store.readAudit(0, 9);
    expect(entries.map(({ kind }) => kind).slice(2)).toEqual(['checkpoint.key', 'checkpoint.made']);
    expect(entries[2]?.data).toEqual({ key: verifierKeyText(key.verifier), before: null });
    const [{ note } = { note: '' }] = written();
    expect(entries[3]?.data).toEqual({ note });
    const checkpoint = parseCheckpoint(note);
    const tree = growFrontier(EMPTY_FRONTIER, lines.slice(0, 3).map(leafHash));
    expect(checkpoint).toMatchObject({ origin: 'example.com/log', size: 3, root: rootOf(tree) });
    expect(checkpoint && verifyNote(checkpoint.note, key.verifier)).toBe('signed');
  });

  it('takes a log for quiet in which only those are named who were told of the last checkpoint', async () => {
    const { store, clock, start, made } = await aSignedLog();
    const tell = () =>
      store.recordAudit([
        aDraft(2, { kind: 'transition', data: { event: 'checkpoint', eventId: 'e' } }),
        aDraft(3, { data: { event: 'checkpoint', eventId: 'e', decision: 'deliver' } }),
        aDraft(4, { kind: 'delivery.attempted', data: { event: 'checkpoint', outcome: 'delivered' } }),
      ]);
    await store.recordAudit([aDraft(1)]);
    const stop = await start();
    await clock.step(60_000);
    await vi.waitFor(async () => expect(await made()).toMatchObject({ size: 2 }));
    await tell();
    await clock.step(HOUR);
    await stop();
    expect(await made()).toMatchObject({ size: 2 });
    // Something else among them.
    await store.recordAudit([aDraft(5)]);
    await (await start())();
    expect(await made()).toMatchObject({ size: 7 });
  });

  it('signs at the end, and not again what was signed', async () => {
    const { store, start, made } = await aSignedLog();
    await store.recordAudit([aDraft(1)]);
    await (await start())();
    expect(await made()).toMatchObject({ size: 2 });
    await (await start())();
    expect((await store.auditHead()).seq).toBe(3);
    await store.recordAudit([aDraft(2)]);
    await (await start())();
    expect(await made()).toMatchObject({ size: 4 });
  });

  it('signs every hour what was written, and once a day that nothing was', async () => {
    const { store, clock, start, written } = await aSignedLog();
    await store.recordAudit([aDraft(1)]);
    await (await start())();
    const stop = await start();
    const sizes: number[] = [];
    for (let hour = 1; hour <= 30; hour += 1) {
      if (hour === 3) await store.recordAudit([aDraft(2)]);
      await clock.step(HOUR);
      // The turn has been taken when the next one waits.
      await vi.waitFor(() => expect(clock.sleepers()).toBe(1));
      sizes.push(written().length);
    }
    await stop();
    expect(sizes).toEqual([...Array(2).fill(1), ...Array(24).fill(2), ...Array(4).fill(3)]);
  });

  it('goes by the age of the last one, also after a start', async () => {
    const { store, clock, start, written } = await aSignedLog();
    await store.recordAudit([aDraft(1)]);
    await (await start())();
    await store.recordAudit([aDraft(2)]);
    await clock.step(HOUR - 120_000);
    const stop = await start();
    await clock.step(119_000);
    expect(written()).toHaveLength(1);
    await clock.step(1_000);
    await vi.waitFor(() => expect(written()).toHaveLength(2));
    await stop();
  });

  it('signs nothing of a log without entries', async () => {
    const { store, start, written } = await aSignedLog();
    await (await start())();
    expect(written()).toEqual([]);
    expect(await store.lastCheckpoint()).toEqual({ key: null, last: null });
  });

  it('writes down at the next start what the disk did not take', async () => {
    const directory = join(temporaryDirectory(), 'checkpoints');
    writeFileSync(directory, 'no directory');
    const { store, logger, start, written, made } = await aSignedLog(join(directory, 'audit.checkpoints'));
    await store.recordAudit([aDraft(1)]);
    await (await start())();
    expect(logger.lines.map(({ message }) => message)).toEqual([
      'Writing down a checkpoint failed; it is tried again',
    ]);
    rmSync(directory);
    await (await start())();
    expect(written()).toEqual([{ at: (await made())?.at, note: (await made())?.note }]);
  });

  it('writes over a line that was torn, and after those that are whole', async () => {
    const { store, file, start, written } = await aSignedLog();
    await store.recordAudit([aDraft(1)]);
    await (await start())();
    const [first] = written();
    appendFileSync(file, '{"at":"20');
    await store.recordAudit([aDraft(2)]);
    await (await start())();
    expect(written()).toHaveLength(2);
    expect(written()[0]).toEqual(first);
  });
});

describe('the key that signs the log', () => {
  const aFile = () => join(temporaryDirectory(), 'deep', 'watcher.db.audit-key');

  it('is made once, for its owner alone, and names the log', async () => {
    const file = aFile();
    const first = await loadLogKey({ file, isGiven: false, origin: null });
    expect(first.isNew).toBe(true);
    expect(first.key.verifier.name).toMatch(/^restore-watcher\/[0-9a-f]{16}$/);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await loadLogKey({ file, isGiven: false, origin: null });
    expect(again).toMatchObject({ isNew: false, key: { verifier: first.key.verifier } });
    const named = await loadLogKey({ file, isGiven: false, origin: 'example.com/log' });
    expect(parseVerifierKey(verifierKeyText(named.key.verifier))).toMatchObject({
      name: 'example.com/log',
      publicKey: first.key.verifier.publicKey,
    });
  });

  it('must be there when somebody has named it', async () => {
    const file = aFile();
    await expect(loadLogKey({ file, isGiven: true, origin: null })).rejects.toMatchObject({
      message: expect.stringContaining('there is no such file'),
    });
    expect(existsSync(file)).toBe(false);
  });

  it('is never written over, whatever stands there', async () => {
    const file = join(temporaryDirectory(), 'key');
    writeFileSync(file, 'not a key');
    chmodSync(file, 0o600);
    await expect(loadLogKey({ file, isGiven: false, origin: null })).rejects.toMatchObject({
      message: expect.stringContaining('no Ed25519 key'),
    });
    expect(readFileSync(file, 'utf8')).toBe('not a key');
  });
});

it('takes a note that a witness has cosigned for the one that the log has', async () => {
  const { store, file, start, made } = await aSignedLog();
  await store.recordAudit([aDraft(1)]);
  await (await start())();
  const last = await made();
  appendFileSync(
    file,
    `${JSON.stringify({ at: last?.at, note: `${last?.note}— peer.example.com/w1 AAAA\n` })}\n`,
  );
  await (await start())();
  expect((await store.readAudit(0, 99)).filter(({ kind }) => kind === 'store.rolled_back')).toEqual([]);
});

it('writes down a checkpoint once more when a witness has cosigned it', async () => {
  const { store, start, signals, written, made } = await aSignedLog();
  await store.recordAudit([aDraft(1)]);
  await (await start())();
  const end = await start();
  const { note = '', at } = (await made()) ?? {};
  const frontier = { ...EMPTY_FRONTIER, size: parseCheckpoint(note)?.size ?? 0 };
  const line = `— witness.example/w1 ${Buffer.alloc(76, 1).toString('base64')}\n`;
  await store.noteCosigned({ witness: 'witness.example/w1', frontier, line, at: T0 });
  signals.emit('audit:cosigned', {});
  await expect
    .poll(() => written().map((one) => one.note), { timeout: PATIENCE_MS })
    .toEqual([note, `${note}${line}`]);
  expect(written().map((one) => one.at)).toEqual([at, at]);
  await end();
});

it('tells of a store that lacks what was signed last, as after a backup that was put back', async () => {
  const file = join(temporaryDirectory(), 'audit.checkpoints');
  const before = await aSignedLog(file);
  await before.store.recordAudit([aDraft(1), aDraft(2)]);
  await (await before.start())();
  const after = await aSignedLog(file);
  for (let number = 1; number < 9; number += 1) await after.store.recordAudit([aDraft(number)]);
  const end = await after.start();
  const told = (await after.store.readAudit(0, 99)).filter(({ kind }) => kind === 'store.rolled_back');
  expect(told).toMatchObject([{ data: { checkpoint: 3 } }]);
  expect(after.logger.lines.filter(({ level }) => level === 'error')).toMatchObject([
    { message: expect.stringContaining('has lost entries of the audit log that were signed') },
  ]);
  await end();
  // What is signed now is what the file says last.
  await (await after.start())();
  expect((await after.store.readAudit(0, 99)).filter(({ kind }) => kind === 'store.rolled_back')).toEqual(
    told,
  );
});
