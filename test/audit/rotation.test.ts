import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkAudit } from '../../src/audit/check.ts';
import { keepMirror } from '../../src/audit/keep-mirror.ts';
import { createAuditMirror } from '../../src/audit/mirror.ts';
import { auditLine } from '../../src/domain/audit.ts';
import { createSignals } from '../../src/signals.ts';
import type { Store } from '../../src/store/store.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

/** A store whose log is mirrored to `audit.jsonl`, as the daemon does it. */
async function mirrored() {
  const directory = temporaryDirectory();
  const file = join(directory, 'audit.jsonl');
  const store = await openForTest({ path: ':memory:' });
  const logger = createRecordingLogger();
  const keep = () =>
    keepMirror(file, { store, logger, clock: createManualClock(T0), signals: createSignals(logger) });
  let stop = await keep();
  onTestFinished(() => stop());
  return {
    directory,
    file,
    store,
    at: (name: string) => join(directory, name),
    /** Writes entries, and brings the file up to date as the end and the next start of a daemon do. */
    write: async (entries: number) => {
      await store.recordAudit(Array.from({ length: entries }, (_, index) => aDraft(index + 1)));
      await stop();
      stop = await keep();
      // What the start itself has recorded.
      await stop();
      stop = await keep();
    },
    check: (files: readonly string[] = [file], withStore: Store | null = store) =>
      checkAudit(withStore, { store: 'store', files }),
    warnings: () => logger.lines.filter(({ level }) => level === 'warn' || level === 'error'),
    kinds: async () => (await store.readAudit(0, 1_000)).map(({ kind }) => kind),
  };
}

const linesOf = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n');

/** What rotates a log file, and the name of what it leaves. */
const ROTATIONS: Array<[string, string, (file: string, piece: string) => void]> = [
  ['renamed', 'audit.jsonl.1', renameSync],
  [
    'renamed, and a new one made',
    'audit.jsonl-20261128',
    (file, piece) => {
      renameSync(file, piece);
      writeFileSync(file, '');
    },
  ],
  ['renamed before its extension', 'audit-20261128.jsonl', renameSync],
  [
    'copied and cut',
    'audit.jsonl.1',
    (file, piece) => {
      copyFileSync(file, piece);
      truncateSync(file);
    },
  ],
  [
    'renamed and compressed',
    'audit.jsonl.1.gz',
    (file, piece) => {
      writeFileSync(piece, gzipSync(readFileSync(file)));
      rmSync(file);
    },
  ],
];

describe('an audit file that is rotated', () => {
  it.each(ROTATIONS)('is followed by one that goes on where it ended: %s', async (_how, name, rotate) => {
    const { file, at, store, write, check, warnings, kinds } = await mirrored();
    await write(3);
    rotate(file, at(name));
    await write(2);

    const log = (await store.readAudit(0, 100)).map(auditLine);
    expect(linesOf(file)).toEqual(log.slice(3));
    expect(warnings()).toEqual([]);
    expect(await kinds()).toContain('mirror.rotated');
    const verdict = await check();
    expect(verdict).toMatchObject({ problems: [], head: { seq: log.length } });
    expect(verdict.checked[1]).toEqual({ what: 'file', where: `${at(name)}, ${file}`, entries: log.length });
    expect((await check([file], null)).problems).toEqual([]);
    expect((await check([file, at(name)], null)).problems).toEqual([]);
  });

  it('is followed while the mirror stays open, however often', async () => {
    const file = join(temporaryDirectory(), 'audit.jsonl');
    const store = await openForTest({ path: ':memory:' });
    const logger = createRecordingLogger();
    const told: Array<[string, number]> = [];
    const onRotated = async (piece: string, last: number) => void told.push([piece, last]);
    const mirror = createAuditMirror({ file, store, logger, onRotated });
    onTestFinished(() => mirror.close());
    await mirror.catchUp();
    for (const number of [1, 2, 3]) {
      await store.recordAudit([aDraft(1), aDraft(2)]);
      expect(await mirror.catchUp()).toBe(2);
      renameSync(file, `${file}.${number}`);
    }
    await store.recordAudit([aDraft(1)]);
    expect(await mirror.catchUp()).toBe(1);
    expect(linesOf(file)).toEqual((await store.readAudit(6, 10)).map(auditLine));
    expect(told).toEqual([1, 2, 3].map((number) => [`${file}.${number}`, 2 * number]));
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('is verified whole over many rotations, also where the oldest are gone', async () => {
    const { file, at, write, check } = await mirrored();
    for (const number of [3, 2, 1]) {
      await write(2);
      renameSync(file, at(`audit.jsonl.${number}`));
    }
    await write(2);
    expect((await check()).problems).toEqual([]);
    rmSync(at('audit.jsonl.3'));
    expect((await check()).problems).toEqual([]);
    expect((await check([file], null)).problems).toHaveLength(1);
  });

  it('has its faults told with the file that they are in', async () => {
    const { file, at, write, check } = await mirrored();
    await write(3);
    renameSync(file, at('audit.jsonl.1'));
    await write(2);
    const piece = linesOf(at('audit.jsonl.1'));
    writeFileSync(
      at('audit.jsonl.1'),
      `${piece.with(1, piece[1]?.replace('"number":2', '"number":9') ?? '').join('\n')}\n`,
    );
    expect((await check()).problems).toEqual([
      expect.stringContaining(`file ${at('audit.jsonl.1')}, line 2: entry 2`),
    ]);
  });

  it('is no excuse for cutting off the beginning of the file', async () => {
    const { file, write, check } = await mirrored();
    await write(5);
    writeFileSync(file, `${linesOf(file).slice(2).join('\n')}\n`);
    expect((await check()).problems).not.toEqual([]);
  });

  it('is not what a copy from earlier stands for: then lines are missing, and it is written anew', async () => {
    const { file, at, store, write, warnings } = await mirrored();
    await write(2);
    copyFileSync(file, at('audit.jsonl.bak'));
    await write(2);
    rmSync(file);
    await write(1);
    expect(linesOf(file)).toEqual((await store.readAudit(0, 100)).map(auditLine));
    expect(warnings()).toMatchObject([{ fields: { from: 1, to: 4 } }]);
  });
});

describe('the audit file', () => {
  it('is made for its owner alone, and one that is there keeps its mode', async () => {
    const { file, write } = await mirrored();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await write(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each<[string, (file: string) => void]>([
    ['a pipe that nobody reads', (file) => void execFileSync('/usr/bin/env', ['mkfifo', file])],
    ['a directory', (file) => void mkdirSync(file)],
  ])('stops nothing when it is %s, and is told of once', async (_what, make) => {
    const { file, store, write, warnings } = await mirrored();
    rmSync(file);
    make(file);
    await write(2);
    expect((await store.auditHead()).seq).toBe(2);
    expect(new Set(warnings().map(({ message }) => message))).toEqual(
      new Set(['The audit file cannot be written; the store keeps the record, the file catches up later']),
    );
  });

  it('holds up neither the start nor the end when its disk does not answer', async () => {
    const logger = createRecordingLogger();
    const store = await openForTest({ path: ':memory:' });
    const answer = Promise.withResolvers<never>();
    onTestFinished(() => answer.reject(new Error('the test is over')));
    const deaf = {
      ...store,
      mirroredSeq: () => answer.promise,
      readAuditLines: () => answer.promise,
    };
    const stuck: string[] = [];
    const stop = await keepMirror(join(temporaryDirectory(), 'audit.jsonl'), {
      store: deaf,
      logger,
      clock: createManualClock(T0),
      signals: createSignals(logger),
      patienceMs: 10,
      onReady: () => stuck.push('ready'),
      onStuck: () => stuck.push('stuck'),
    });
    await stop();
    expect(stuck).toEqual(['stuck']);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(2);
  });

  it('does not hold up the start while a long log is written anew, and is whole in the end', async () => {
    const logger = createRecordingLogger();
    const store = await openForTest({ path: ':memory:' });
    await store.recordAudit(Array.from({ length: 600 }, (_, index) => aDraft(index + 1)));
    const gate = Promise.withResolvers<void>();
    const file = join(temporaryDirectory(), 'audit.jsonl');
    const stop = await keepMirror(file, {
      store: {
        ...store,
        readAuditLines: async (after, limit) => {
          if (after > 0) await gate.promise;
          return store.readAuditLines(after, limit);
        },
      },
      logger,
      clock: createManualClock(T0),
      signals: createSignals(logger),
      // Far beyond what a test may take: it is not waited for.
      patienceMs: 600_000,
    });
    expect(linesOf(file)).toHaveLength(500);
    gate.resolve();
    await stop();
    expect(linesOf(file)).toHaveLength(600);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toEqual([]);
  });

  it('ends with the portion in hand where a long log is far from written, and the process by itself', async () => {
    const logger = createRecordingLogger();
    const store = await openForTest({ path: ':memory:' });
    await store.recordAudit([aDraft(1)]);
    const [{ body } = { body: '' }] = await store.readAuditLines(0, 1);
    const lineOf = (seq: number): string => body.replace('"seq":1', `"seq":${seq}`);
    const file = join(temporaryDirectory(), 'audit.jsonl');
    const stuck: string[] = [];
    const stop = await keepMirror(file, {
      store: {
        ...store,
        // A log that never ends.
        readAuditLines: async (after, limit) => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return Array.from({ length: limit }, (_, index) => ({
            seq: after + index + 1,
            body: lineOf(after + index + 1),
          }));
        },
      },
      logger,
      clock: createManualClock(T0),
      signals: createSignals(logger),
      patienceMs: 1_000,
      onStuck: () => stuck.push('stuck'),
    });
    await stop();
    expect(linesOf(file).length % 500).toBe(0);
    expect(stuck).toEqual([]);
    expect(logger.lines.map(({ message }) => message)).toContain(
      'The audit file does not have all of the log yet; the next start goes on with it',
    );
  });
});
