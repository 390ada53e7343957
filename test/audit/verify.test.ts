import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import canonicalize from 'canonicalize';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { verifyFile, verifyStore } from '../../src/audit/verify.ts';
import { type AuditVerdict, MAX_PROBLEMS } from '../../src/audit/walk.ts';
import { type AuditEntry, auditLine, GENESIS } from '../../src/domain/audit.ts';
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts';
import { aDraft, openForTest, temporaryDirectory } from '../store/support.ts';
import { chainEntries } from '../support/audit-chain.ts';

const ENTRIES = 6;
const chain = (length = ENTRIES): AuditEntry[] =>
  chainEntries(
    GENESIS,
    Array.from({ length }, (_, index) => aDraft(index + 1, { data: { number: index + 1, who: 'Zoë' } })),
  );
const headOf = (entries: readonly AuditEntry[]) => {
  const { seq, hash } = entries.at(-1) ?? GENESIS;
  return { seq, hash };
};
const linesOf = (entries: readonly AuditEntry[]) => entries.map(auditLine);
const places = ({ problems }: AuditVerdict) => problems.map(({ line, seq }) => ({ line, seq }));

function fileOf(content: string | Buffer): string {
  const file = join(temporaryDirectory(), 'audit.jsonl');
  writeFileSync(file, content);
  return file;
}

/** Verifies a file of these lines against the end of the sound chain. */
function verifyLines(lines: readonly string[], end = '\n'): Promise<AuditVerdict> {
  return verifyFile(fileOf(lines.join('\n') + end), { expectedHead: headOf(chain()) });
}

describe('verifying an audit file', () => {
  it('is content with what was written', async () => {
    expect(await verifyLines(linesOf(chain()))).toEqual({
      entries: ENTRIES,
      problems: [],
      head: headOf(chain()),
    });
  });

  it('is content with an empty log', async () => {
    expect(await verifyFile(fileOf(''))).toEqual({ entries: 0, problems: [], head: GENESIS });
  });

  it('is content when the file has gone on behind the expected end', async () => {
    const verdict = await verifyFile(fileOf(`${linesOf(chain(9)).join('\n')}\n`), {
      expectedHead: headOf(chain()),
    });
    expect(verdict).toMatchObject({ entries: 9, problems: [] });
  });

  it('is content with entries of a kind that is no longer written', async () => {
    const [first] = chain(1);
    if (first === undefined) throw new Error('the chain is empty');
    const { hash: _hash, ...body } = { ...first, kind: 'drill.sent' };
    const hash = createHash('sha256')
      .update(String(canonicalize(body)))
      .digest('hex');
    const old = { ...body, hash };
    const next = chainEntries(old, [aDraft(2, { kind: 'test_alert.sent' })]);
    const { problems, entries } = await verifyFile(fileOf(`${linesOf([old, ...next]).join('\n')}\n`));
    expect({ problems, entries }).toEqual({ problems: [], entries: 2 });
  });

  it('finds any single changed byte', async () => {
    const sound = Buffer.from(`${linesOf(chain(3)).join('\n')}\n`);
    for (let at = 0; at < sound.length; at += 1) {
      const bytes = Buffer.from(sound);
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      const { problems } = await verifyFile(fileOf(bytes), { expectedHead: headOf(chain(3)) });
      expect(problems, `byte ${at}`).not.toEqual([]);
    }
  });

  it('tells a changed byte once, at its line', async () => {
    const lines = linesOf(chain());
    lines[2] = lines[2]?.replace('"number":3', '"number":4') ?? '';
    expect(places(await verifyLines(lines))).toEqual([{ line: 3, seq: 3 }]);
  });

  it('finds an entry whose hash was made to fit its new content', async () => {
    const entries = chain();
    const [forged] = chainEntries(headOf(entries.slice(0, 2)), [aDraft(3, { data: { number: 4 } })]);
    const lines = linesOf(entries.with(2, forged as AuditEntry));
    expect(places(await verifyLines(lines))).toEqual([{ line: 4, seq: 4 }]);
  });

  it('finds a log that was forged as a whole', async () => {
    const forged = chainEntries(
      GENESIS,
      Array.from({ length: ENTRIES }, (_, index) => aDraft(index)),
    );
    expect(places(await verifyLines(linesOf(forged)))).toEqual([{ line: ENTRIES, seq: ENTRIES }]);
  });

  it('finds a deleted line', async () => {
    expect(places(await verifyLines(linesOf(chain()).toSpliced(1, 1)))).toEqual([{ line: 2, seq: 3 }]);
  });

  it('finds a deleted first line', async () => {
    expect(places(await verifyLines(linesOf(chain()).slice(1)))).toEqual([{ line: 1, seq: 2 }]);
  });

  it('finds a repeated line', async () => {
    const lines = linesOf(chain());
    expect(places(await verifyLines(lines.toSpliced(2, 0, lines[1] ?? '')))).toEqual([{ line: 3, seq: 2 }]);
  });

  it('finds a swapped pair', async () => {
    const [one = '', two = '', three = '', ...rest] = linesOf(chain());
    const verdict = await verifyLines([one, three, two, ...rest]);
    expect(places(verdict)).toEqual([
      { line: 2, seq: 3 },
      { line: 3, seq: 2 },
      { line: 4, seq: 4 },
    ]);
  });

  it('finds a cut tail', async () => {
    const verdict = await verifyLines(linesOf(chain()).slice(0, -2));
    expect(places(verdict)).toEqual([{ line: null, seq: ENTRIES }]);
    expect(verdict.head).toEqual(headOf(chain(ENTRIES - 2)));
  });

  it('finds a torn last line', async () => {
    const lines = linesOf(chain());
    const torn = await verifyLines([...lines.slice(0, -1), lines.at(-1)?.slice(0, 30) ?? ''], '');
    expect(places(torn)).toEqual([
      { line: ENTRIES, seq: null },
      { line: null, seq: ENTRIES },
    ]);
    expect(places(await verifyLines(lines, ''))).toEqual([
      { line: ENTRIES, seq: null },
      { line: null, seq: ENTRIES },
    ]);
  });

  it.each<[string, (line: string) => string]>([
    ['a space', (line) => line.replace(':', ': ')],
    ['a carriage return', (line) => `${line}\r`],
    [
      'fields in another order',
      (line) => JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(line)).reverse())),
    ],
    ['an escaped letter', (line) => line.replace('ë', '\\u00eb')],
    ['a repeated field', (line) => line.replace('{', '{"v":1,')],
    ['a space behind it', (line) => `${line} `],
    ['a number spelled otherwise', (line) => line.replace('"number":4', '"number":4.0')],
  ])('finds bytes that mean the same and are not the same: %s', async (_what, change) => {
    const lines = linesOf(chain());
    const changed = lines.with(3, change(lines[3] ?? ''));
    expect(changed[3]).not.toBe(lines[3]);
    expect(places(await verifyLines(changed))).toEqual([{ line: 4, seq: 4 }]);
  });

  it('finds that a line has a hash that fits its bytes, and not its entry', async () => {
    const lines = linesOf(chain());
    const spaced = JSON.stringify({ ...chain()[3], hash: undefined }).replace('"number":4', '"number": 4');
    const hash = createHash('sha256').update(spaced).digest('hex');
    const forged = spaced.replace(',"kind"', `,"hash":"${hash}","kind"`);
    const { problems } = await verifyLines(lines.with(3, forged));
    expect(problems[0]).toMatchObject({ line: 4, problem: 'entry 4 was changed after it was written' });
  });

  it('parses no line of a sound log, and each odd one once', async () => {
    const parse = vi.spyOn(JSON, 'parse');
    onTestFinished(() => parse.mockRestore());
    const lines = linesOf(chain(2_000));
    parse.mockClear();
    await verifyFile(fileOf(`${lines.join('\n')}\n`));
    expect(parse).not.toHaveBeenCalled();
    await verifyFile(fileOf(`${lines.with(7, `${lines[7]} `).join('\n')}\n`));
    expect(parse).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['a byte order mark', (text: string) => `\ufeff${text}`, [1, null, 2, 2]],
    ['carriage returns', (text: string) => text.replaceAll('\n', '\r\n'), [1, 1, 2, 2, 3, 3]],
    [
      'two logs, one in the other',
      (text: string) => text.replaceAll('\n', `\n${linesOf(chain(1)).join()}\n`),
      [2, 1, 4, 1, 5, 3, 6, 1],
    ],
  ])('finds %s', async (_what, change, found) => {
    const verdict = await verifyFile(fileOf(change(`${linesOf(chain(3)).join('\n')}\n`)));
    expect(places(verdict).flatMap(({ line, seq }) => [line, seq])).toEqual(found);
  });

  it.each([
    ['text', 'not JSON'],
    ['nothing', ''],
    ['JSON of another kind', '{"seq":3}'],
    ['an entry of another layout', '{"v":2}'],
  ])('finds a line that is %s', async (_what, text) => {
    const verdict = await verifyLines(linesOf(chain()).with(2, text));
    expect(places(verdict)).toEqual([
      { line: 3, seq: null },
      { line: 4, seq: 4 },
    ]);
  });

  it('finds what is no valid text, in bytes and in escapes', async () => {
    const lines = linesOf(chain());
    const escaped = lines.with(2, lines[2]?.replace('ë', '\\ud800') ?? '');
    expect(places(await verifyLines(escaped))).toEqual([{ line: 3, seq: 3 }]);
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    bytes[bytes.indexOf('ë')] = 0xff;
    expect(places(await verifyFile(fileOf(bytes)))[0]).toEqual({ line: 1, seq: null });
  });

  it('counts a missing file as a problem, and cannot judge one that it cannot read', async () => {
    const file = join(temporaryDirectory(), 'none.jsonl');
    expect(places(await verifyFile(file))).toEqual([{ line: null, seq: null }]);
    mkdirSync(file);
    await expect(verifyFile(file)).rejects.toMatchObject({ reason: 'unavailable' });
  });

  it('stops after so many problems', async () => {
    const { problems } = await verifyFile(fileOf('nonsense\n'.repeat(5_000)));
    expect(problems).toHaveLength(MAX_PROBLEMS);
  });

  it('reads lines that are longer than what is read at once', async () => {
    const long = chainEntries(GENESIS, [aDraft(1, { data: { text: 'ë'.repeat(100_000) } }), aDraft(2)]);
    expect(await verifyFile(fileOf(`${linesOf(long).join('\n')}\n`))).toMatchObject({
      entries: 2,
      problems: [],
    });
  });
});

describe('verifying the log in the store', () => {
  /** A store with entries, tampered with behind its back. */
  async function tampered(sql: string) {
    const path = join(temporaryDirectory(), 'watcher.db');
    const written = await openSqliteStore({ path });
    await written.recordAudit(Array.from({ length: ENTRIES }, (_, index) => aDraft(index + 1)));
    await written.close();
    const db = new DatabaseSync(path);
    db.exec(sql);
    db.close();
    return openForTest({ path });
  }

  it('is content with what was written', async () => {
    const store = await tampered('');
    expect(await verifyStore(store)).toEqual({
      entries: ENTRIES,
      problems: [],
      head: await store.auditHead(),
    });
  });

  it.each([
    ['a changed entry', `update audit_entry set body = replace(body, '"number":3', '"number":4')`, [3]],
    ['a deleted entry', 'delete from audit_entry where seq = 3', [4]],
    ['a cut tail', 'delete from audit_entry where seq > 4', [ENTRIES]],
    ['an end that was moved back', 'update audit_head set seq = 4', [4, ENTRIES]],
    ['a space in an entry', `update audit_entry set body = replace(body, '"number":3', '"number": 3')`, [3]],
    ['a space behind an entry', "update audit_entry set body = body || ' ' where seq = 2", [2]],
    ['another end', "update audit_head set hash = 'f'", [ENTRIES]],
    ['a line break in an entry', 'update audit_entry set body = body || char(10) where seq = 3', [3]],
    [
      'an entry of two lines for two entries',
      `update audit_entry set body = body || char(10) || (select body from audit_entry where seq = 4) where seq = 3;
       delete from audit_entry where seq = 4`,
      [null, ENTRIES],
    ],
    ['an entry under another number', 'update audit_entry set seq = 99 where seq = 6', [null, ENTRIES]],
    ['an entry that is none', "update audit_entry set body = '{}' where seq = 6", [null, ENTRIES]],
  ])('finds %s', async (_what, sql, seqs) => {
    const { problems } = await verifyStore(await tampered(sql));
    expect(problems.map(({ seq }) => seq)).toEqual(seqs);
  });

  it('finds a swapped pair, and what is sound before it', async () => {
    const store = await tampered(
      `update audit_entry set seq = -seq where seq in (4, 5);
       update audit_entry set seq = case seq when -4 then 5 else 4 end where seq < 0`,
    );
    const { problems, head, entries } = await verifyStore(store);
    expect({ entries, head: head.seq }).toEqual({ entries: 3, head: 3 });
    expect(problems).toMatchObject([{ problem: expect.stringContaining('entry 4') }, { seq: ENTRIES }]);
  });

  it('asks for a page in one text, and one by one only where something is wrong', async () => {
    const sound = await tampered('');
    const asked = { pages: 0, rows: 0 };
    const counting = (store: typeof sound) => ({
      ...store,
      readAuditText: (after: number, limit: number) => {
        asked.pages += 1;
        return store.readAuditText(after, limit);
      },
      readAuditLines: (after: number, limit: number) => {
        asked.rows += 1;
        return store.readAuditLines(after, limit);
      },
    });
    await verifyStore(counting(sound));
    expect(asked).toEqual({ pages: 2, rows: 0 });
    await verifyStore(counting(await tampered('delete from audit_entry where seq = 3')));
    expect(asked.rows).toBe(1);
  });

  it('is not misled by what is written meanwhile', async () => {
    const store = await openForTest({ path: ':memory:' });
    await store.recordAudit([aDraft(1)]);
    const growing = {
      auditHead: store.auditHead,
      auditTree: store.auditTree,
      lastCheckpoint: store.lastCheckpoint,
      mirroredSeq: store.mirroredSeq,
      auditStart: store.auditStart,
      readAudit: store.readAudit,
      readAuditLines: store.readAuditLines,
      readAuditText: async (after: number, limit: number) => {
        if (after < 3) await store.recordAudit([aDraft(after)]);
        return store.readAuditText(after, limit);
      },
    };
    expect((await verifyStore(growing)).problems).toEqual([]);
  });
});
