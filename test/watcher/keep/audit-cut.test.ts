import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAudit } from '../../../src/audit/check.ts';
import { createAuditMirror } from '../../../src/audit/mirror.ts';
import { proveJob } from '../../../src/audit/proofs/prove-job.ts';
import type { AuditDraft } from '../../../src/domain/audit.ts';
import { rootOf } from '../../../src/domain/evidence/audit-tree.ts';
import { makeCheckpoint, parseCheckpoint } from '../../../src/domain/evidence/checkpoint.ts';
import { parseLogProof, proofFault } from '../../../src/domain/evidence/log-proof.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import type { Store } from '../../../src/store/store.ts';
import { AuditCut } from '../../../src/watcher/keep/audit-cut.ts';
import { openForTest, temporaryDirectory } from '../../store/support.ts';
import { HOUR, jobId, T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aRecorder } from '../../support/recorder.ts';
import { aLogKey } from '../../support/signed-log.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

const KEY = aLogKey();
const VKEY = verifierKeyText(KEY.verifier);
const DAY = 24 * HOUR;

/** A log of so many days with 300 entries each, signed once a day; and its mirror. */
async function aLog({ days = 10 } = {}) {
  const directory = temporaryDirectory();
  const store = await openForTest({ path: join(directory, 'watcher.db') });
  const clock = createManualClock(T0);
  const file = join(directory, 'audit.jsonl');
  const mirror = createAuditMirror({ file, store, logger: createRecordingLogger(), clock });
  for (let day = 0; day < days; day += 1) {
    const at = T0 + day * DAY;
    const drafts = Array.from(
      { length: 300 },
      (_, index): AuditDraft => ({
        at: at + index,
        kind: 'anomaly.seen',
        data: { jobId: jobId(day), problem: `number ${index}` },
      }),
    );
    await store.recordAudit(drafts);
    await sign(store, at + HOUR);
  }
  await mirror.catchUp();
  clock.advance(days * DAY);
  return { store, clock, file, mirror, directory };
}

function sign(store: Store, at: number) {
  const note: Parameters<Store['recordCheckpoint']>[0]['sign'] = (tree) =>
    makeCheckpoint({ size: tree.size, root: rootOf(tree) }, KEY);
  return store.recordCheckpoint({ at, key: VKEY, sign: note });
}

/** Cuts off what is older; returns how many steps that took. */
async function cut(store: Store, clock: ReturnType<typeof createManualClock>, olderThan: number) {
  const work = new AuditCut({ store, recorder: aRecorder({ store, clock }) }, olderThan);
  let steps = 0;
  for (; !work.hasEnded; steps += 1) await work.step();
  return { steps, upTo: work.cutUpTo };
}

const verify = (store: Store | null, file: string) =>
  checkAudit(store, { store: '', files: [file] }, { key: KEY.verifier, kept: [], faults: [] });

describe('an audit log that is pruned', () => {
  it('is cut at the last checkpoint that is old enough, in small steps, and verifies in store and file', async () => {
    const { store, clock, file, mirror } = await aLog();
    const { steps, upTo } = await cut(store, clock, T0 + 5.5 * DAY);
    // Six days, each with its checkpoint, and the entry that names the key.
    expect(upTo).toBe(6 * 301);
    expect(steps).toBeGreaterThan(15);
    expect((await store.readAuditLines(0, 1))[0]?.seq).toBe(1_807);
    expect((await store.readAudit(3_000, 99)).at(-1)).toMatchObject({
      kind: 'audit.pruned',
      data: { last: 1_806 },
    });
    expect(await verify(store, file)).toMatchObject({ problems: [] });
    await mirror.catchUp();
    const [first = '', second = ''] = readFileSync(file, 'utf8').split('\n');
    expect(JSON.parse(first)).toMatchObject({ kind: 'audit.pruned', n: 1_806, key: VKEY });
    expect(JSON.parse(second)).toMatchObject({ seq: 1_807, kind: 'checkpoint.made' });
    expect(await verify(store, file)).toMatchObject({ problems: [], first: null });
    const { problems, notes } = await verify(null, file);
    expect({ problems, notes }).toEqual({
      problems: [],
      notes: [expect.stringContaining('up to 1806 are pruned')],
    });
    execFileSync('python3', ['config/audit/verify.py', file, '--key', VKEY]);
    // It goes on, is signed, and is cut again.
    await store.recordAudit([{ at: T0 + 11 * DAY, kind: 'decision', data: {} }]);
    await sign(store, T0 + 11 * DAY);
    expect(await cut(store, clock, T0 + 9.5 * DAY)).toMatchObject({ upTo: 3_010 });
    await mirror.catchUp();
    expect(await verify(store, file)).toMatchObject({ problems: [] });
    expect((await verify(null, file)).problems).toEqual([]);
  });

  it('proves what is left, without what is gone', async () => {
    const { store, clock } = await aLog();
    await cut(store, clock, T0 + 5.5 * DAY);
    await sign(store, T0 + 11 * DAY);
    const note = (await store.lastCheckpoint()).last?.note ?? '';
    const checkpoint = parseCheckpoint(note);
    if (checkpoint === null) throw new Error('not signed');
    const read = async (after: number, limit: number) => ({
      lines: await store.readAuditLines(after, limit),
      start: await store.auditStart(),
    });
    const { proven } = await proveJob(read, jobId(7), { checkpoint, note });
    expect(proven).toHaveLength(300);
    const faults = proven.slice(0, 20).map(({ line, proof }) => {
      const parsed = parseLogProof(proof);
      return parsed === null ? 'no proof' : proofFault(parsed, line, KEY.verifier);
    });
    expect(new Set(faults)).toEqual(new Set([null]));
    expect((await proveJob(read, jobId(1), { checkpoint, note })).proven).toEqual([]);
  });

  it('is left alone while little of it is old, or nothing that is was signed', async () => {
    const { store, clock } = await aLog();
    expect((await cut(store, clock, T0 + 60_000)).upTo).toBeNull();
    const young = await aLog({ days: 40 });
    expect((await cut(young.store, young.clock, T0 + 1.5 * DAY)).upTo).toBeNull();
    expect((await cut(young.store, young.clock, T0 + 3.5 * DAY)).upTo).toBe(4 * 301);
  });

  it('is read from its new beginning also while rows of before are there, which the next go deletes', async () => {
    const { store, clock } = await aLog();
    const work = new AuditCut({ store, recorder: aRecorder({ store, clock }) }, T0 + 5.5 * DAY);
    while (work.cutUpTo === null) await work.step();
    expect((await store.readAuditLines(0, 1))[0]?.seq).toBe(1_807);
    expect((await store.readAuditText(0, 2))?.first).toBe(1_807);
    expect(await store.deleteCut(1)).toBe(true);
    await cut(store, clock, T0);
    expect(await store.deleteCut(1)).toBe(false);
  });

  it('is not cut when it is not the one that was signed', async () => {
    const { store, clock } = await aLog();
    const fake = {
      ...store,
      readAuditLines: async (after: number, limit: number) =>
        (await store.readAuditLines(after, limit)).map((line) =>
          line.seq === 100 ? { ...line, body: line.body.replace('number', 'nummer') } : line,
        ),
    };
    const work = new AuditCut({ store: fake, recorder: aRecorder({ store, clock }) }, T0 + 5.5 * DAY);
    const all = async () => {
      while (!work.hasEnded) await work.step();
    };
    await expect(all()).rejects.toMatchObject({ reason: 'damaged' });
    expect(await store.auditStart()).toBeNull();
  });

  it('shows a beginning that somebody has cut off, with a stub of their own making too', async () => {
    const { store, clock, file, mirror } = await aLog();
    await cut(store, clock, T0 + 5.5 * DAY);
    await mirror.catchUp();
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    const rewrite = (changed: readonly string[]) =>
      writeFileSync(file, changed.map((line) => `${line}\n`).join(''));
    // Behind a later checkpoint, of which the log itself holds the note.
    const at = lines.findIndex((line) => line.includes('"seq":2409,'));
    const { data, prev } = JSON.parse(lines[at] ?? '');
    const stub = JSON.parse(lines[0] ?? '');
    rewrite([JSON.stringify({ ...stub, checkpoint: data.note, n: 2_408, prev }), ...lines.slice(at)]);
    expect((await verify(null, file)).problems.length).toBeGreaterThan(0);
    rewrite(lines.slice(1));
    expect((await verify(null, file)).first).toMatchObject({ entry: 1, how: 'missing' });
    rewrite(lines.toSpliced(1, 1));
    expect((await verify(null, file)).first).toMatchObject({ entry: 1_807, how: 'missing' });
    // The entry that says so is gone with the end.
    rewrite(lines.slice(0, 500));
    expect((await verify(null, file)).first).toMatchObject({ entry: 1, how: 'cut' });
    for (const damage of [
      (line: string) => line.replace('"n":1806', '"n":1807'),
      (line: string) => line.replace(/"frontier":\["./, '"frontier":["_'),
    ]) {
      rewrite([damage(lines[0] ?? ''), ...lines.slice(1)]);
      expect((await verify(null, file)).problems.length).toBeGreaterThan(0);
      expect(() =>
        execFileSync('python3', ['config/audit/verify.py', file, '--key', VKEY], { stdio: 'pipe' }),
      ).toThrow();
    }
  });

  it('is written anew from the stub on where the mirror is gone, and cut there when the mirror comes later', async () => {
    const { store, clock, directory } = await aLog();
    await cut(store, clock, T0 + 5.5 * DAY);
    const file = join(directory, 'other.jsonl');
    const mirror = createAuditMirror({ file, store, logger: createRecordingLogger(), clock });
    await mirror.catchUp();
    expect(existsSync(file)).toBe(true);
    expect((await verify(null, file)).problems).toEqual([]);
  });
});
