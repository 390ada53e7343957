import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AuditMirror, type AuditMirrorOptions, createAuditMirror } from '../../src/audit/mirror.ts';
import { verifyFile } from '../../src/audit/verify.ts';
import { auditLine } from '../../src/domain/audit.ts';
import type { Store } from '../../src/store/store.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { T0 } from '../support/builders.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/silent-logger.ts';

async function aStore(entries: number): Promise<Store> {
  const store = await openForTest({ path: ':memory:' });
  await add(store, entries);
  return store;
}

async function add(store: Store, entries: number): Promise<void> {
  await store.recordAudit(Array.from({ length: entries }, (_, index) => aDraft(index + 1)));
}

/** What the file should be, byte for byte. */
async function logOf(store: Store): Promise<string> {
  return (await store.readAudit(0, 10_000)).map((entry) => `${auditLine(entry)}\n`).join('');
}

function setUp(store: Store, file = join(temporaryDirectory(), 'audit', 'audit.jsonl')) {
  const logger = createRecordingLogger();
  return {
    file,
    logger,
    read: () => readFileSync(file, 'utf8'),
    write: (text: string) => {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    open: async (over: Partial<AuditMirrorOptions> = {}): Promise<AuditMirror> => {
      const mirror = createAuditMirror({ file, store, logger, clock: createManualClock(T0), ...over });
      onTestFinished(() => mirror.close());
      await mirror.catchUp();
      return mirror;
    },
    warnings: () => logger.lines.filter(({ level }) => level === 'warn'),
    aside: () => readdirSync(dirname(file)).filter((name) => name.includes('.damaged-')),
  };
}

describe('the audit mirror', () => {
  it('is written from the store when it is missing, its directory too', async () => {
    const store = await aStore(1_200);
    const { open, read, warnings } = setUp(store);
    await open();
    expect(read()).toBe(await logOf(store));
    expect(warnings()).toEqual([]);
  });

  it('copies the lines of the store without making them again', async () => {
    const store = await aStore(20);
    const readAudit = vi.spyOn(store, 'readAudit');
    const { open, read, write } = setUp(store);
    const stored = (await store.readAuditLines(0, 99)).map(({ body }) => `${body}\n`);
    write(stored.slice(0, 5).join(''));
    await open();
    expect(read()).toBe(stored.join(''));
    expect(readAudit).not.toHaveBeenCalled();
  });

  it.each([
    ['another entry', (body: string) => body.replace('"seq":3', '"seq":4')],
    ['no entry', () => '{}'],
    ['more than a line', (body: string) => body.replace(',', ',\n')],
  ])('does not copy what the store has as an entry and is %s', async (_, damage) => {
    const store = await aStore(3);
    const { open, read } = setUp(store);
    const readAuditLines = async (after: number, limit: number) =>
      (await store.readAuditLines(after, limit)).map(({ seq, body }) => ({
        seq,
        body: seq === 3 ? damage(body) : body,
      }));
    await expect(open({ store: { ...store, readAuditLines } })).rejects.toMatchObject({
      reason: 'damaged',
      message: expect.stringContaining('audit entry 3'),
    });
    expect(read()).toBe('');
  });

  it('is an empty file while nothing has happened', async () => {
    const { open, read } = setUp(await aStore(0));
    const mirror = await open();
    expect(await mirror.catchUp()).toBe(0);
    expect(read()).toBe('');
  });

  it('appends what is new, and says how much that was', async () => {
    const store = await aStore(2);
    const { open, read } = setUp(store);
    const mirror = await open();
    expect(await mirror.catchUp()).toBe(0);
    await add(store, 3);
    expect(await mirror.catchUp()).toBe(3);
    expect(read()).toBe(await logOf(store));
  });

  it('notes in the store how far it has got, also for what was written before it was noted', async () => {
    const store = await aStore(2);
    const { open, write } = setUp(store);
    write(await logOf(store));
    const mirror = await open();
    expect(await store.mirroredSeq()).toBe(2);
    await add(store, 3);
    expect(await store.mirroredSeq()).toBe(2);
    await mirror.catchUp();
    expect(await store.mirroredSeq()).toBe(5);
  });

  it('goes on where it ended when it is opened again', async () => {
    const store = await aStore(3);
    const { open, read, file, aside } = setUp(store);
    await (await open()).close();
    const kept = readFileSync(file, 'utf8');
    await add(store, 2);
    await open();
    expect(read()).toBe(await logOf(store));
    expect(read().startsWith(kept)).toBe(true);
    expect(aside()).toEqual([]);
  });

  it('writes each entry once when it is told many times at once', async () => {
    const store = await aStore(1);
    const { open, read } = setUp(store);
    const mirror = await open();
    const counts = await Promise.all(
      Array.from({ length: 20 }, async () => {
        await add(store, 1);
        return mirror.catchUp();
      }),
    );
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(20);
    expect(read()).toBe(await logOf(store));
  });

  it.each([1, 40, 200])('cuts off a torn last line and writes it again (%i bytes lost)', async (lost) => {
    const store = await aStore(5);
    const { open, write, read, aside, warnings } = setUp(store);
    const whole = await logOf(store);
    write(whole.slice(0, -lost));
    await open();
    expect(read()).toBe(whole);
    expect(aside()).toEqual([]);
    expect(warnings()).toHaveLength(1);
  });

  it('writes what a crash kept from it, even far behind', async () => {
    const store = await aStore(900);
    const { open, write, read, warnings } = setUp(store);
    const whole = await logOf(store);
    write(whole.split('\n').slice(0, 3).join('\n').concat('\n'));
    await open();
    expect(read()).toBe(whole);
    expect(warnings()).toEqual([]);
  });

  it.each<[string, (whole: string) => string | null, number]>([
    ['cut', (whole) => `${whole.split('\n').slice(0, 3).join('\n')}\n`, 4],
    ['cut in the middle of a line', (whole) => whole.slice(0, -10), 5],
    ['emptied', () => '', 1],
    ['removed', () => null, 1],
  ])(
    'warns of lines that it had and has no more, and writes them again, when it was %s',
    async (_what, damage, from) => {
      const store = await aStore(5);
      const { open, write, read, file, aside, warnings } = setUp(store);
      await (await open()).close();
      const whole = read();
      const left = damage(whole);
      if (left === null) rmSync(file);
      else write(left);
      await open();
      expect(read()).toBe(whole);
      expect(aside()).toEqual([]);
      expect(warnings()).toMatchObject([{ fields: { file, from, to: 5 } }]);
    },
  );

  it.each<[string, (whole: string, others: { longer: string; foreign: string }) => string]>([
    ['its last line was changed', (whole) => whole.replace(/"number":5(?=[^\n]*\n$)/, '"number":6')],
    ['a space was added to its last line', (whole) => whole.replace(/}\n$/, ' }\n')],
    ['it goes on behind the store', (whole, { longer }) => whole + longer.slice(whole.length)],
    ['it belongs to another store', (_whole, { foreign }) => foreign],
    ['it is something else', () => '# notes\n\nnot an audit log\n'],
    ['it has no whole line', () => 'notes'],
    ['a torn line follows a changed one', (whole) => `${whole.replace(/}\n$/, ' }\n')}{"at"`],
  ])('keeps the file aside, warns and writes it anew when %s', async (_what, damage) => {
    const store = await aStore(5);
    const longer = await aStore(9);
    const foreign = await openForTest({ path: ':memory:' });
    await foreign.recordAudit([aDraft(7), aDraft(8)]);
    const { open, write, read, file, aside, warnings } = setUp(store);
    const damaged = damage(await logOf(store), {
      longer: await logOf(longer),
      foreign: await logOf(foreign),
    });
    write(damaged);
    const told: string[] = [];
    await open({
      onKeptAside: async (path) => {
        told.push(path);
        await store.recordAudit([aDraft(99, { kind: 'anomaly.seen', data: { file: path } })]);
      },
    });

    expect(aside()).toEqual(['audit.jsonl.damaged-20261102T080005000Z']);
    expect(told).toEqual([`${file}.damaged-20261102T080005000Z`]);
    expect(readFileSync(told[0] ?? '', 'utf8')).toBe(damaged);
    expect(read()).toBe(await logOf(store));
    expect(read()).toContain('anomaly.seen');
    expect(warnings()).toHaveLength(1);
  });

  it('never overwrites what it kept aside before', async () => {
    const store = await aStore(1);
    const { open, write, aside } = setUp(store);
    for (const text of ['one\n', 'two\n']) {
      write(text);
      await (await open()).close();
    }
    expect(aside()).toHaveLength(2);
  });

  it('is put right when it was removed, cut or written to while open', async () => {
    const store = await aStore(4);
    const { open, read, file, aside } = setUp(store);
    const mirror = await open();
    const whole = await logOf(store);

    rmSync(file);
    expect(await mirror.catchUp()).toBe(4);
    expect(read()).toBe(whole);

    truncateSync(file, whole.length - 10);
    expect(await mirror.catchUp()).toBe(1);
    expect(read()).toBe(whole);

    appendFileSync(file, 'a line of somebody else\n');
    expect(await mirror.catchUp()).toBe(4);
    expect(read()).toBe(whole);
    expect(aside()).toHaveLength(1);
  });

  it('says so when it cannot be written, and goes on when it can', async () => {
    const store = await aStore(2);
    const { open, read, file } = setUp(store);
    const mirror = await open();
    rmSync(file);
    mkdirSync(file);
    await expect(mirror.catchUp()).rejects.toMatchObject({ reason: 'unavailable' });
    rmSync(file, { recursive: true });
    await add(store, 1);
    expect(await mirror.catchUp()).toBe(3);
    expect(read()).toBe(await logOf(store));
  });

  it('refuses to open where there can be no file', async () => {
    const store = await aStore(1);
    const { open, write, file } = setUp(store);
    write('');
    await expect(open({ file: join(file, 'audit.jsonl') })).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('does nothing once it is closed', async () => {
    const store = await aStore(1);
    const { open, file } = setUp(store);
    const mirror = await open();
    await mirror.close();
    await mirror.close();
    rmSync(file);
    expect(await mirror.catchUp()).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  it('finds the end of a long line as well as of a short one', async () => {
    const store = await aStore(2);
    await store.recordAudit([aDraft(3, { data: { text: 'ä'.repeat(200_000) } })]);
    const { open, write, read, aside } = setUp(store);
    const whole = await logOf(store);
    write(whole);
    await add(store, 1);
    await open();
    expect(read()).toBe(await logOf(store));
    expect(aside()).toEqual([]);
    expect(await verifyFile(setUpFile(read()))).toMatchObject({ entries: 4, problems: [] });
  });

  function setUpFile(text: string): string {
    const file = join(temporaryDirectory(), 'copy.jsonl');
    writeFileSync(file, text);
    return file;
  }
});
