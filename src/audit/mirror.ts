import { existsSync } from 'node:fs';
import { type FileHandle, open, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { type AuditEntry, auditLine, parseAuditEntry } from '../domain/audit.ts';
import { toIso } from '../domain/instant.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { makeDirectory } from '../make-directory.ts';
import type { AuditReader, AuditStore } from '../store/ports/audit.ts';
import { isMissingFile, readTail } from './line-file.ts';

/** A file that holds the audit log of the store, line by line. One process writes it: the daemon. */
export interface AuditMirror {
  /**
   * Appends what the store has and the file has not, and forces it to the disk. Returns how many entries that were. Calls at once
   * take turns. A file that was changed, cut or removed meanwhile is put right first, as at opening.
   * @throws {StoreError} reason `unavailable` when the file cannot be written; the next call goes on from what did get there.
   */
  catchUp(): Promise<number>;
  /** Waits for what is in hand. After that `catchUp` does nothing. */
  close(): Promise<void>;
}

/** What a mirror needs: its file, the store it copies, and who is told of what it finds. */
export interface AuditMirrorOptions {
  file: string;
  store: AuditStore;
  logger: Logger;
  clock?: Pick<Clock, 'now'>;
  /** Told when a file was put aside, before it is written anew: what it records in the store is in the new file. */
  onKeptAside?: (aside: string) => Promise<void>;
}

/** Up to where the file is known to equal the store. */
interface Position {
  seq: number;
  size: number;
}

/** Entries read and written at a time. */
const PAGE = 500;

const NOTHING: Position = { seq: 0, size: 0 };

/**
 * Opens the mirror and brings it up to date. A torn last line is cut off and written again; a missing file is written from the
 * store.
 *
 * A file that does not end with an entry of the store (changed, longer than the store, or something else altogether) is kept
 * aside as `FILE.damaged-TIME`, and written anew. Only the end is looked at: the whole is for `audit verify`.
 * @throws {StoreError} as `catchUp`.
 */
export async function openAuditMirror(options: AuditMirrorOptions): Promise<AuditMirror> {
  let position: Position | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function pass(): Promise<number> {
    const known = position !== null && (await fileSize(options.file)) === position.size ? position : null;
    let from = known ?? (await settle(options));
    // Until it is known how far the writing got, the file itself has to tell.
    position = null;
    let appended = 0;
    for (;;) {
      const entries = await options.store.readAudit(from.seq, PAGE);
      if (entries.length === 0) break;
      from = await append(options.file, from, entries);
      appended += entries.length;
    }
    // Also for what an earlier process wrote, should it have died before it noted that.
    if (appended > 0 || known === null) await options.store.noteMirrored(from.seq);
    position = from;
    return appended;
  }

  const mirror: AuditMirror = {
    catchUp: () => {
      if (closed) return Promise.resolve(0);
      const mine = turn.then(() =>
        pass().catch((error: unknown) => {
          throw error instanceof StoreError ? error : unwritable(options.file, error);
        }),
      );
      turn = mine.catch(() => {});
      return mine;
    },
    close: async () => {
      closed = true;
      await turn;
    },
  };
  await mirror.catchUp();
  return mirror;
}

/** Makes the file end with an entry of the store, and says with which. */
async function settle(options: AuditMirrorOptions): Promise<Position> {
  const { file, logger } = options;
  makeDirectory(dirname(file));
  const handle = await openExisting(file);
  if (handle === null) {
    if (!(await warnIfCut(options, 0))) logger.info('Writing the audit file from the store', { file });
    await (await open(file, 'a')).close();
    return NOTHING;
  }
  try {
    const { text, end, size } = await readTail(handle);
    if (size === 0) {
      await warnIfCut(options, 0);
      return NOTHING;
    }
    const entry = text === null ? null : await sameInStore(options.store, text);
    if (entry !== null) {
      const isCut = await warnIfCut(options, entry.seq);
      if (end < size) {
        if (!isCut)
          logger.warn('The last line of the audit file was torn; writing it again', {
            file,
            line: entry.seq + 1,
          });
        await handle.truncate(end);
      }
      return { seq: entry.seq, size: end };
    }
  } finally {
    await handle.close();
  }
  await keepAside(options);
  return NOTHING;
}

/** What was noted as mirrored was on the disk by then. No crash of ours takes it away again. */
async function warnIfCut({ file, store, logger }: AuditMirrorOptions, lastSeq: number): Promise<boolean> {
  const mirrored = await store.mirroredSeq();
  if (lastSeq >= mirrored) return false;
  logger.warn('The audit file has lost lines that it had; writing them again from the store', {
    file,
    from: lastSeq + 1,
    to: mirrored,
    hint: 'Find out who cut or removed it.',
  });
  return true;
}

/** The store's entry, when the line is that, byte for byte. */
async function sameInStore(store: AuditReader, line: string): Promise<AuditEntry | null> {
  const claimed = parseAuditEntry(line);
  if (claimed === null) return null;
  const [stored] = await store.readAudit(claimed.seq - 1, 1);
  return stored !== undefined && auditLine(stored) === line ? stored : null;
}

async function keepAside({
  file,
  logger,
  clock = systemClock,
  onKeptAside,
}: AuditMirrorOptions): Promise<void> {
  const aside = freeName(`${file}.damaged-${toIso(clock.now()).replaceAll(/[-:.]/g, '')}`);
  await rename(file, aside);
  logger.warn(
    'The audit file does not fit the store: it was changed, or belongs to another store. Writing it anew',
    {
      file,
      aside,
      hint: 'Compare the two with `audit verify --file`, and find out who changed it.',
    },
  );
  await onKeptAside?.(aside);
}

function freeName(name: string): string {
  let free = name;
  for (let number = 2; existsSync(free); number += 1) free = `${name}-${number}`;
  return free;
}

/** One write and one sync per page; what a crash leaves of it is a torn line at most, which `settle` mends. */
async function append(file: string, from: Position, entries: readonly AuditEntry[]): Promise<Position> {
  const bytes = Buffer.from(entries.map((entry) => `${auditLine(entry)}\n`).join(''));
  const handle = await open(file, 'a');
  try {
    await handle.appendFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  return { seq: entries.at(-1)?.seq ?? from.seq, size: from.size + bytes.length };
}

async function openExisting(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r+');
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

async function fileSize(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

function unwritable(file: string, cause: unknown): StoreError {
  const why = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  return new StoreError('unavailable', `${file}: cannot write the audit file${why}`, {
    hint: 'Check `audit.file`, that its directory may be written, and that the disk has room.',
    cause,
  });
}
