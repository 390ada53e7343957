import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type AuditHead, auditLine } from '../../src/domain/audit.ts';
import { type AtlasSimulator, startAtlas } from '../../src/simulator/atlas/atlas.ts';
import { cancel, fail, finish, newJobId, serverlessJob } from '../../src/simulator/atlas/scenario.ts';
import { chainEntries } from '../support/audit-chain.ts';
import { type Home, makeHome, runCommand, startDaemon } from '../support/daemon.ts';
import { GROUP, INSTANCE, until } from './support.ts';

let atlas: AtlasSimulator;
let original: Home;
/** Of the original log. */
let entries = 0;

/** A daemon lives through some transitions and stops. */
beforeAll(async () => {
  atlas = await startAtlas({ publicKey: 'public', privateKey: 'private' });
  atlas.addInstance(GROUP, INSTANCE);
  original = await makeHome({
    connections: [
      {
        name: 'atlas',
        baseUrl: atlas.url,
        auth: { type: 'digest', publicKey: 'public', privateKey: 'private' },
        requestsPerMinute: 100_000,
      },
    ],
    watches: [
      {
        name: INSTANCE,
        kind: 'serverless',
        groupId: GROUP,
        instanceName: INSTANCE,
        schedule: '* * * * * *',
      },
    ],
    store: { url: 'sqlite:watcher.db' },
    audit: { file: 'audit.jsonl' },
  });
  const daemon = startDaemon(original);
  await daemon.url;
  await daemon.waitForLine(({ message }) => message === 'Watching');
  await until(() => hasEntry('baseline.taken'), 'the baseline');
  const jobs = [finish, fail, cancel].map((ending) => {
    const createdAt = Date.now();
    const id = newJobId(createdAt);
    atlas.putJob(GROUP, INSTANCE, serverlessJob({ id, createdAt, instance: INSTANCE, target: 'Kopie-ë' }));
    return { id, ending };
  });
  await until(() => hasEntry('"event":"started"'), 'the starts');
  for (const { id, ending } of jobs) atlas.updateJob(GROUP, INSTANCE, id, ending(Date.now()));
  await until(() => hasEntry('"event":"cancelled"'), 'the ends');
  const { code } = await daemon.kill('SIGTERM');
  if (code !== 0) throw new Error(daemon.output());
  entries = (await linesOf(original)).length;
});

afterAll(async () => {
  await atlas.close();
  await original.remove();
});

async function hasEntry(text: string): Promise<boolean> {
  return (await readFile(original.auditFile, 'utf8').catch(() => '')).includes(text);
}

/** Another home with a copy of everything. */
async function aCopy(): Promise<Home> {
  const dir = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
  await cp(original.dir, dir, { recursive: true });
  const remove = () => rm(dir, { recursive: true, force: true });
  onTestFinished(remove);
  return {
    dir,
    configFile: join(dir, 'watcher.config.json'),
    dbFile: join(dir, 'watcher.db'),
    store: { url: `sqlite:${join(dir, 'watcher.db')}` },
    auditFile: join(dir, 'audit.jsonl'),
    remove,
  };
}

async function linesOf({ auditFile }: Home): Promise<string[]> {
  return (await readFile(auditFile, 'utf8')).trimEnd().split('\n');
}

async function rewrite({ auditFile }: Home, change: (lines: string[]) => string[]): Promise<void> {
  const text = await readFile(auditFile, 'utf8');
  const changed = change(text.trimEnd().split('\n'))
    .map((line) => `${line}\n`)
    .join('');
  expect(changed).not.toBe(text);
  await writeFile(auditFile, changed);
}

function inDatabase({ dbFile }: Home, sql: string): void {
  const db = new DatabaseSync(dbFile);
  try {
    const before = db.prepare('select total_changes() as count').get()?.count;
    db.exec(sql);
    expect(db.prepare('select total_changes() as count').get()?.count).not.toBe(before);
  } finally {
    db.close();
  }
}

const cli = ({ dir, configFile }: Home, ...args: string[]) =>
  runCommand([...args, '--config', configFile], { cwd: dir });

async function verify(home: Home): Promise<{ code: number | null; problems: string[] }> {
  const { code, stdout } = await cli(home, 'audit', 'verify', '--json');
  return { code, problems: (JSON.parse(stdout) as { problems: string[] }).problems };
}

/** SQLite leaves copies behind when it splits a page. */
function placesOf(text: string, bytes: Buffer): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) places.push(at);
  return places;
}

describe('audit verify', () => {
  it('is content with what nobody touched', async () => {
    expect(entries).toBeGreaterThan(15);
    expect(await verify(await aCopy())).toEqual({ code: 0, problems: [] });
    expect(await cli(await aCopy(), 'audit', 'verify')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('All as it was written.'),
    });
  });

  const swapped = (lines: string[]): string[] => lines.with(4, lines[5] ?? '').with(5, lines[4] ?? '');
  it.each<[string, (lines: string[]) => string[], RegExp]>([
    [
      'a changed byte',
      (lines) => lines.with(7, lines[7]?.replace('orders', 'ordars') ?? ''),
      /^file, line 8: entry 8 was changed/,
    ],
    ['a deleted line', (lines) => lines.toSpliced(6, 1), /^file, line 7: entry 7 expected, found 8/],
    ['a swapped pair', swapped, /^file, line 5: entry 5 expected, found 6/],
    ['a cut tail', (lines) => lines.slice(0, -3), /^file: the log ends at entry \d+; it should reach \d+/],
    ['a repeated line', (lines) => lines.toSpliced(3, 0, lines[2] ?? ''), /^file, line 4: /],
  ])('finds %s in the file', async (_what, change, named) => {
    const home = await aCopy();
    await rewrite(home, change);
    const { code, problems } = await verify(home);
    expect(code).toBe(1);
    expect(problems[0]).toMatch(named);
    // The store is as it was, and nobody says otherwise.
    expect(problems.filter((problem) => problem.startsWith('store'))).toEqual([]);
  });

  it('finds a changed byte of the database', async () => {
    const home = await aCopy();
    const bytes = await readFile(home.dbFile);
    const line = (await linesOf(home))[7] ?? '';
    const copies = placesOf(line, bytes);
    expect(copies).not.toEqual([]);
    for (const place of copies) bytes.write('ordars', place + line.indexOf('orders'));
    await writeFile(home.dbFile, bytes);
    expect(await verify(home)).toEqual({
      code: 1,
      problems: ['store: entry 8 was changed after it was written'],
    });
  });

  it.each<[string, string, RegExp]>([
    ['a deleted row', 'delete from audit_entry where seq = 7', /^store: entry 7 expected, found 8/],
    [
      'a swapped pair',
      `update audit_entry set seq = -seq where seq in (5, 6);
       update audit_entry set seq = case seq when -5 then 6 else 5 end where seq < 0`,
      /^store: The store cannot read back what it wrote: audit entry 5/,
    ],
    [
      'a cut tail',
      'delete from audit_entry where seq > 12',
      /^store: the log ends at entry 12; it should reach \d+/,
    ],
    [
      'a tail cut with care',
      `delete from audit_entry where seq > 12;
       update audit_head set seq = 12, mirrored_seq = 12,
         hash = (select json_extract(body, '$.hash') from audit_entry where seq = 12)`,
      /^store: ends at entry 12, but the file goes on to \d+: the store was cut/,
    ],
  ])('finds %s in the database', async (_what, sql, named) => {
    const home = await aCopy();
    inDatabase(home, sql);
    const { code, problems } = await verify(home);
    expect(code).toBe(1);
    expect(problems).toContainEqual(expect.stringMatching(named));
    expect(problems.filter((problem) => problem.startsWith('file'))).toEqual([]);
  });

  it('says it to people as well', async () => {
    const home = await aCopy();
    await rewrite(home, (lines) => lines.toSpliced(6, 1));
    const { code, stdout } = await cli(home, 'audit', 'verify');
    expect(code).toBe(1);
    expect(stdout).toContain('1 problem:\n  file, line 7: entry 7 expected, found 8');
  });
});

describe('a daemon that finds its audit file tampered with', () => {
  /** Starts and stops a daemon there. Returns what it warned of. */
  async function warningsOf(home: Home) {
    const daemon = startDaemon(home);
    onTestFinished(async () => {
      await daemon.kill('SIGKILL');
    });
    await daemon.url;
    expect(await daemon.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    return daemon.lines().filter(({ level, file }) => level === 'warn' && file === 'audit.jsonl');
  }

  it.each<[string, (lines: string[]) => string[]]>([
    ['changed at its end', (lines) => lines.with(-1, lines.at(-1)?.replace('note', 'nose') ?? '')],
    ['continued by somebody else', (lines) => [...lines, forgedAfter(lines)]],
    ['replaced', () => ['Gone fishing']],
  ])('keeps it aside and writes it anew, with a warning, when it was %s', async (_what, change) => {
    const home = await aCopy();
    await rewrite(home, change);
    const tampered = await readFile(home.auditFile, 'utf8');

    expect(await warningsOf(home)).toMatchObject([
      {
        message: expect.stringContaining('does not fit the store'),
        aside: expect.stringContaining('.damaged-'),
      },
    ]);
    const [aside = ''] = (await readdir(home.dir)).filter((name) => name.includes('.damaged-'));
    expect(await readFile(join(home.dir, aside), 'utf8')).toBe(tampered);
    expect(await verify(home)).toEqual({ code: 0, problems: [] });
    const [rebuilt, ...others] = (await linesOf(home)).filter((line) => line.includes('mirror.rebuilt'));
    expect(rebuilt).toContain(aside);
    expect(others).toEqual([]);
  });

  it('writes what was cut off again, with a warning', async () => {
    const home = await aCopy();
    await rewrite(home, (lines) => lines.slice(0, -3));
    expect(await warningsOf(home)).toMatchObject([
      { message: expect.stringContaining('has lost lines'), from: entries - 2, to: entries },
    ]);
    expect(await verify(home)).toEqual({ code: 0, problems: [] });
  });

  it('leaves a change further up as it is, for audit verify to find', async () => {
    const home = await aCopy();
    await rewrite(home, (lines) => lines.toSpliced(6, 1));
    await warningsOf(home);
    expect(await verify(home)).toEqual({
      code: 1,
      problems: [expect.stringMatching(/^file, line 7: entry 7 expected, found 8/)],
    });
  });
});

/** An entry that continues the chain and that the store never wrote. */
function forgedAfter(lines: readonly string[]): string {
  const last = JSON.parse(lines.at(-1) ?? '') as AuditHead;
  return chainEntries(last, [{ at: 0, kind: 'test.sent', data: {} }])
    .map(auditLine)
    .join('');
}

describe('audit export', () => {
  it('gives lines that verify by themselves, without configuration or database', async () => {
    const home = await aCopy();
    const { code, stdout } = await cli(home, 'audit', 'export', '--format', 'jsonl');
    expect(code).toBe(0);
    expect(stdout).toBe(await readFile(home.auditFile, 'utf8'));

    const elsewhere = await mkdtemp(join(tmpdir(), 'restore-watcher-'));
    onTestFinished(() => rm(elsewhere, { recursive: true, force: true }));
    const verdictOn = async (text: string) => {
      await writeFile(join(elsewhere, 'exported.jsonl'), text);
      const args = ['audit', 'verify', '--json', '--file', 'exported.jsonl'];
      const result = await runCommand(args, { cwd: elsewhere });
      return { code: result.code, ...(JSON.parse(result.stdout) as object) };
    };
    expect(await verdictOn(stdout)).toMatchObject({ code: 0, problems: [], head: { seq: entries } });
    expect(await verdictOn(stdout.replace('ordars', 'x').replace('orders', 'ordars'))).toMatchObject({
      code: 1,
    });
  });

  it('gives a table that says the same', async () => {
    const home = await aCopy();
    const { code, stdout } = await cli(home, 'audit', 'export', '--format', 'csv');
    expect(code).toBe(0);
    const [titles = [], ...rows] = readCsv(stdout);
    // A column a fact: what every entry has is there word for word, what it holds in columns of its own.
    const columns = ['seq', 'at', 'kind', 'prev', 'hash'] as const;
    const places = columns.map((column) => titles.indexOf(column));
    expect(rows.map((row) => places.map((place) => row[place]))).toEqual(
      (await linesOf(home)).map((line) => {
        const entry = JSON.parse(line);
        return columns.map((column) => String(entry[column]));
      }),
    );
  });
});

/** RFC 4180: fields in quotes may hold commas, doubled quotes and line breaks. */
function readCsv(text: string): string[][] {
  return text
    .trimEnd()
    .split('\r\n')
    .map((row) =>
      [...row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
        ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
      ),
    );
}
