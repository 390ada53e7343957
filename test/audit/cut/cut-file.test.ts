import {
  chmodSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { cutFile } from '../../../src/audit/cut/cut-file.ts';
import { createAuditMirror } from '../../../src/audit/mirror.ts';
import { piecesBeside } from '../../../src/audit/pieces.ts';
import { parseAuditEntry } from '../../../src/domain/audit.ts';
import { type AuditStub, stubLine } from '../../../src/domain/evidence/audit-stub.ts';
import { EMPTY_FRONTIER, growFrontier, leafHash } from '../../../src/domain/evidence/audit-tree.ts';
import { verifierKeyText } from '../../../src/domain/evidence/signed-note.ts';
import { aDraft, openForTest, temporaryDirectory } from '../../store/support.ts';
import { T0 } from '../../support/builders.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { aLogKey } from '../../support/signed-log.ts';
import { createRecordingLogger } from '../../support/silent-logger.ts';

/** Ten entries, of which the first four are pruned; the file still has them all. */
async function aCut(file = join(temporaryDirectory(), 'audit.jsonl')) {
  const store = await openForTest({ path: ':memory:' });
  await store.recordAudit(Array.from({ length: 10 }, (_, index) => aDraft(index + 1)));
  const lines = (await store.readAuditLines(0, 99)).map(({ body }) => body);
  const frontier = growFrontier(EMPTY_FRONTIER, lines.slice(0, 4).map(leafHash));
  const last = { seq: 4, hash: parseAuditEntry(lines[3] ?? '')?.hash ?? '' };
  const stub: AuditStub = { last, frontier, checkpoint: 'a note', key: verifierKeyText(aLogKey().verifier) };
  writeFileSync(file, `${lines.join('\n')}\n`);
  const rest = `${[stubLine(stub), ...lines.slice(4)].join('\n')}\n`;
  return { store, file, lines, stub, rest, directory: join(file, '..') };
}

/** From the second piece of text on, the disk is full, until the test ends or it is restored. */
async function aFullDisk(file: string) {
  const handle = await open(file);
  const fault = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const write = vi.spyOn(Object.getPrototypeOf(handle), 'writeFile').mockRejectedValue(fault);
  await handle.close();
  onTestFinished(() => write.mockRestore());
  return write;
}

describe('cutting the mirror', () => {
  it('leaves what is kept behind the stub', async () => {
    const { file, stub, rest } = await aCut();
    expect(await cutFile(file, stub)).toBe('cut');
    expect(readFileSync(file, 'utf8')).toBe(rest);
    expect(await cutFile(file, stub)).toBe('nothing_to_cut');
    expect(readFileSync(file, 'utf8')).toBe(rest);
  });

  it('keeps the mode of the file, and the link that leads to it', async () => {
    const directory = temporaryDirectory();
    const { file, stub, rest } = await aCut(join(directory, 'real.jsonl'));
    chmodSync(file, 0o640);
    const link = join(directory, 'audit.jsonl');
    symlinkSync('real.jsonl', link);
    expect(await cutFile(link, stub)).toBe('cut');
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(file, 'utf8')).toBe(rest);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readdirSync(directory).toSorted()).toEqual(['audit.jsonl', 'real.jsonl']);
  });

  it('leaves a file alone in which something stands that is no text', async () => {
    const { file, lines, stub } = await aCut();
    for (const place of [2, 7]) {
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      bytes[lines.slice(0, place).join('\n').length + 20] = 0xff;
      writeFileSync(file, bytes);
      expect(await cutFile(file, stub)).toBe('unsound');
      expect(readFileSync(file).equals(bytes)).toBe(true);
    }
  });

  it('leaves out a torn last line, which is written again', async () => {
    const { file, lines, stub, rest } = await aCut();
    writeFileSync(file, `${lines.join('\n')}\n{"at":"20`);
    expect(await cutFile(file, stub)).toBe('cut');
    expect(readFileSync(file, 'utf8')).toBe(rest);
  });

  it('leaves nothing beside the file, and the file as it was, where the disk is full', async () => {
    const { file, lines, stub, directory } = await aCut();
    await aFullDisk(file);
    await expect(cutFile(file, stub)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(directory)).toEqual(['audit.jsonl']);
    expect(readFileSync(file, 'utf8')).toBe(`${lines.join('\n')}\n`);
  });

  it('does not take what it has left half written for a piece of a rotation', async () => {
    const { file, lines } = await aCut();
    writeFileSync(`${file}.cut`, `${lines.slice(0, 6).join('\n')}\n`);
    writeFileSync(`${file}.1`, `${lines.slice(0, 2).join('\n')}\n`);
    expect((await piecesBeside(file)).map((piece) => piece.file)).toEqual([`${file}.1`]);
  });
});

describe('a mirror that cannot be cut', () => {
  it('goes on, says so once, and is cut when there is room', async () => {
    const { store, file, lines, stub, rest } = await aCut();
    vi.spyOn(store, 'auditStart').mockResolvedValue(stub);
    const logger = createRecordingLogger();
    const clock = createManualClock(T0);
    const disk = await aFullDisk(file);
    const mirror = createAuditMirror({ file, store, logger, clock });
    onTestFinished(() => mirror.close());
    await mirror.catchUp();
    await store.recordAudit([aDraft(11)]);
    await mirror.catchUp();
    const added = (await store.readAuditLines(10, 1))[0]?.body;
    expect(readFileSync(file, 'utf8')).toBe(`${[...lines, added].join('\n')}\n`);
    expect(logger.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    disk.mockRestore();
    clock.advance(10 * 60_000);
    await mirror.catchUp();
    expect(readFileSync(file, 'utf8')).toBe(`${rest}${added}\n`);
  });
});
