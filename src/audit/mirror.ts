import { existsSync } from 'node:fs';
import { type FileHandle, realpath, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { type AuditLine, parseAuditEntry } from '../domain/audit.ts';
import { isStubLine, stubLine } from '../domain/evidence/audit-stub.ts';
import { toIso } from '../domain/instant.ts';
import { StoreError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { makeDirectory } from '../make-directory.ts';
import type { AuditReader, AuditStore } from '../store/ports/audit.ts';
import { createMirrorCut } from './cut/mirror-cut.ts';
import { ownAlike } from './cut/own-alike.ts';
import { isMissingFile, openRegular, readTail } from './line-file.ts';
import { piecesBeside } from './pieces.ts';

/** A file that holds the audit log of the store, line by line. One process writes it: the daemon. */
export interface AuditMirror {
  /**
   * Appends what the store has and the file has not, and forces it to the disk. Returns how many entries that were. Calls at once
   * take turns. A file that was changed, cut or removed meanwhile is put right first, as at opening.
   * @throws {StoreError} reason `unavailable` when the file cannot be written; the next call goes on from what did get there.
   */
  catchUp(): Promise<number>;
  /** Has what is in hand, and each later call, end with the portion that it is at: who ends does not wait for all of a long log. */
  endSoon(): void;
  /** Waits for what is in hand. After that `catchUp` does nothing. */
  close(): Promise<void>;
}

/** What a mirror needs: its file, the store it copies, and who is told of what it finds. */
export interface AuditMirrorOptions {
  file: string;
  store: AuditStore;
  logger: Logger;
  clock?: Pick<Clock, 'now' | 'monotonic'>;
  /** Told when a file was put aside, before it is written anew: what it records in the store is in the new file. */
  onKeptAside?: (aside: string) => Promise<void>;
  /** Told when the file was renamed and a new one goes on behind entry `last`, before anything stands in that. */
  onRotated?: (piece: string, last: number) => Promise<void>;
  /**
   * Told when the store does not have the entry any more up to which this process had copied it: it has lost what it had, as after a
   * failover to a standby that lagged. The file is put aside after that.
   */
  onRolledBack?: (lost: { seq: number }) => void;
  /** Told when the disk has taken some and there is more to write, as when all of a long log is written anew. */
  onMoreToCome?: () => void;
}

/** An entry of the log, or its beginning (0). */
interface Entry {
  seq: number;
  /** The entry of that number; `null` for none, or where this process has not read it. */
  line: string | null;
}

/** Up to where which file is known to equal the store. */
interface Position extends Entry {
  size: number;
  /** Of the file: another one may have taken its name. */
  inode: number;
}

/** Entries read and written at a time. */
const PAGE = 500;

/** So often a file may become another one within one pass before that counts as a fault. */
const MOST_SETTLINGS = 5;

/**
 * Makes the mirror; the first `catchUp` opens the file and brings it up to date. A torn last line is cut off and written again; a missing file is written from the
 * store. Where a file beside it holds the log up to an entry (a rotation has renamed it), the new one goes on behind that.
 *
 * A file that does not end with an entry of the store (changed, longer than the store, or something else altogether) is kept
 * aside as `FILE.damaged-TIME`, and written anew. Only the end is looked at: the whole is for `audit verify`.
 */
export function createAuditMirror(options: AuditMirrorOptions): AuditMirror {
  let position: Position | null = null;
  /** The last entry that the store is known to have had, also when a failover fails the pass that would have gone on from there. */
  let seen: Entry | null = null;
  const cut = createMirrorCut({ ...options, clock: options.clock ?? systemClock });
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;
  let isEnding = false;

  async function pass(): Promise<number> {
    await cut();
    const now = await look(options.file);
    const isKnown = position !== null && now?.size === position.size && now.ino === position.inode;
    const known = isKnown ? position : null;
    const isLost = seen !== null && !(await isStillThere(options.store, seen));
    if (isLost && seen !== null) options.onRolledBack?.({ seq: seen.seq });
    if (isLost) seen = null;
    // Until it is known how far the writing got, the file itself has to tell: also when that cannot be found out now.
    position = null;
    let from = known === null || isLost ? await settle(options) : known;
    seen = from;
    let appended = 0;
    for (let settlings = 0; settlings < MOST_SETTLINGS; ) {
      const entries = isEnding ? [] : await options.store.readAuditLines(from.seq, PAGE);
      if (entries.length === 0) {
        // Also for what an earlier process wrote, should it have died before it noted that.
        if (appended > 0 || !isKnown) await options.store.noteMirrored(from.seq);
        position = from;
        return appended;
      }
      const next = await append(options.file, from, entries);
      if (next === null) {
        settlings += 1;
        from = await settle(options);
        continue;
      }
      from = next;
      seen = from;
      appended += entries.length;
      if (entries.length === PAGE) options.onMoreToCome?.();
    }
    throw new Error('another process keeps changing the file');
  }

  return {
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
    endSoon: () => {
      isEnding = true;
    },
    close: async () => {
      closed = true;
      await turn;
    },
  };
}

/** Makes the file end with an entry of the store, and says with which. */
async function settle(options: AuditMirrorOptions): Promise<Position> {
  const { file, logger } = options;
  makeDirectory(dirname(file));
  const handle = await openExisting(file);
  if (handle === null) return begin(options);
  try {
    const { ino: inode } = await handle.stat();
    const { text, end, size } = await readTail(handle);
    if (size === 0) return { ...(await goOn(options)), inode };
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
      // A stub is no entry: what it stands for is not there to be looked at.
      const line = isStubLine(entry.body) ? null : entry.body;
      return { seq: entry.seq, line, size: end, inode };
    }
  } finally {
    await handle.close();
  }
  const inode = await keepAside(options);
  return { ...(await fromStart(options)), inode };
}

/** A store that was rolled back goes on behind an earlier entry than the file. */
async function isStillThere(store: AuditReader, { seq, line }: Entry): Promise<boolean> {
  if (line === null) return true;
  const [stored] = await store.readAuditLines(seq - 1, 1);
  return stored?.seq === seq && stored.body === line;
}

/** Makes the file, for its owner alone. */
async function begin(options: AuditMirrorOptions): Promise<Position> {
  const handle = await openRegular(options.file, 'wx');
  try {
    const { ino: inode } = await handle.stat();
    return { ...(await goOn(options)), inode };
  } finally {
    await handle.close();
  }
}

/** Says behind which entry an empty file goes on: the last one of the pieces that a rotation has left, or none. */
async function goOn(options: AuditMirrorOptions): Promise<Omit<Position, 'inode'>> {
  const { file, store, logger, onRotated } = options;
  const ends = await Promise.all(
    (await piecesBeside(file)).map(async (piece) => ({
      file: piece.file,
      seq: (piece.lastLine === null ? null : await sameInStore(store, piece.lastLine))?.seq ?? 0,
    })),
  );
  const [newest] = ends.toSorted((a, b) => b.seq - a.seq);
  // One that ends before is a copy from earlier, and not what the file was.
  if (newest === undefined || newest.seq === 0 || newest.seq < (await store.mirroredSeq())) {
    if (!(await warnIfCut(options, 0))) logger.info('Writing the audit file from the store', { file });
    return fromStart(options);
  }
  const { seq, file: piece } = newest;
  logger.info('The audit file was renamed; going on in a new one', { file, piece, from: seq + 1 });
  await onRotated?.(piece, seq);
  return { seq, line: null, size: 0 };
}

/** Begins an empty file: with the stub, where the first entries of the log are pruned. */
async function fromStart({ file, store }: AuditMirrorOptions): Promise<Omit<Position, 'inode'>> {
  const stub = await store.auditStart();
  if (stub === null) return { seq: 0, line: null, size: 0 };
  const line = `${stubLine(stub)}\n`;
  const handle = await openRegular(file, 'a');
  try {
    await handle.appendFile(line);
  } finally {
    await handle.close();
  }
  return { seq: stub.last.seq, line: null, size: Buffer.byteLength(line) };
}

/** What was noted as mirrored was on the disk by then. No crash of ours takes it away again. */
async function warnIfCut({ file, store, logger }: AuditMirrorOptions, lastSeq: number): Promise<boolean> {
  const mirrored = await store.mirroredSeq();
  if (lastSeq >= mirrored) return false;
  logger.warn('The audit file has lost lines that it had; writing them again from the store', {
    file,
    from: lastSeq + 1,
    to: mirrored,
    hint: 'Find out who cut, moved or removed it. Rotated files are found beside it.',
  });
  return true;
}

/** The store's entry, or its stub, when the line is that, byte for byte. */
async function sameInStore(store: AuditReader, line: string): Promise<AuditLine | null> {
  if (isStubLine(line)) {
    const stub = await store.auditStart();
    return stub !== null && stubLine(stub) === line ? { seq: stub.last.seq, body: line } : null;
  }
  const claimed = parseAuditEntry(line);
  if (claimed === null) return null;
  const [stored] = await store.readAuditLines(claimed.seq - 1, 1);
  return stored?.body === line ? stored : null;
}

/** Puts the file aside, and makes an empty one for the same people in its place. @returns the inode of that. */
async function keepAside({
  file,
  logger,
  clock = systemClock,
  onKeptAside,
}: AuditMirrorOptions): Promise<number> {
  // Where the name is a link, it goes on leading to where it did.
  const target = await realpath(file);
  const aside = freeName(`${target}.damaged-${toIso(clock.now()).replaceAll(/[-:.]/g, '')}`);
  await rename(target, aside);
  logger.warn(
    'The audit file does not fit the store: it was changed, belongs to another store, or the store has lost entries that it had. Writing it anew',
    {
      file,
      aside,
      hint: 'Compare the two with `audit verify --file`, and find out who changed it.',
    },
  );
  await onKeptAside?.(aside);
  const anew = await openRegular(target, 'wx');
  try {
    await ownAlike(anew, aside);
    return (await anew.stat()).ino;
  } finally {
    await anew.close();
  }
}

function freeName(name: string): string {
  let free = name;
  for (let number = 2; existsSync(free); number += 1) free = `${name}-${number}`;
  return free;
}

/**
 * The line of an entry is what the store has of it, and is not made again.
 * @throws {StoreError} reason `damaged` when that is no entry, another one, or more than a line.
 */
function lineOf({ seq, body }: AuditLine): string {
  if (parseAuditEntry(body)?.seq === seq && !body.includes('\n')) return body;
  throw new StoreError('damaged', `The store cannot read back what it wrote: audit entry ${seq}`, {
    hint: 'Restore the database from a backup.',
  });
}

/**
 * One write and one sync per page; what a crash leaves of it is a torn line at most, which `settle` mends.
 * @returns `null` when the file is not the one that was looked at: nothing was written then.
 */
async function append(file: string, from: Position, entries: readonly AuditLine[]): Promise<Position | null> {
  const bytes = Buffer.from(entries.map((entry) => `${lineOf(entry)}\n`).join(''));
  let handle: FileHandle;
  try {
    handle = await openRegular(file, 'a');
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
  try {
    const { ino, size } = await handle.stat();
    if (ino !== from.inode || size !== from.size) return null;
    await handle.appendFile(bytes);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const last = entries.at(-1);
  const to = last === undefined ? from : { ...from, seq: last.seq, line: last.body };
  return { ...to, size: from.size + bytes.length };
}

async function openExisting(file: string): Promise<FileHandle | null> {
  try {
    return await openRegular(file, 'r+');
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

async function look(file: string): Promise<{ size: number; ino: number } | null> {
  try {
    return await stat(file);
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}

function unwritable(file: string, cause: unknown): StoreError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const why = code === 'EINVAL' ? ': it is no regular file' : code === null ? '' : ` (${code})`;
  return new StoreError('unavailable', `${file}: cannot write the audit file${why}`, {
    hint: 'Check `audit.file`, that its directory may be written, and that the disk has room.',
    cause,
  });
}
