import { StoreError, toError } from '../../errors.ts';

/** Result codes of SQLite, the low byte of `errcode` (https://sqlite.org/rescode.html). */
export const BUSY = 5;
const READONLY = 8;
const IOERR = 10;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;
/** Extended code: the database may be read, but its directory not be written. */
const READONLY_DIRECTORY = READONLY | (6 << 8);
/** Extended codes of a write or a flush that the disk refused for another reason than being full: a quota, a limit on the file's size, a fault. */
const REFUSED_WRITES: ReadonlySet<number> = new Set([
  IOERR | (3 << 8), // WRITE
  IOERR | (4 << 8), // FSYNC
  IOERR | (5 << 8), // DIR_FSYNC
  IOERR | (6 << 8), // TRUNCATE
  IOERR | (19 << 8), // SHMSIZE
]);

/**
 * A fault of SQLite as a StoreError that says what we were doing to which file; anything else comes back as it is.
 * SQLite's own messages name tables and columns, never values.
 */
export function toStoreError(thrown: unknown, doing: string, path: string): unknown {
  const code = resultCode(thrown);
  if (code === null) return thrown;
  const failed = (reason: 'unavailable' | 'damaged', why: string, hint?: string) =>
    new StoreError(reason, `${path}: cannot ${doing}: ${why}`, { hint, cause: thrown });
  switch (code) {
    case CORRUPT:
    case NOTADB:
      return damagedError(path, code === NOTADB ? 'it is not an SQLite database' : 'pages are torn', thrown);
    case BUSY:
      return failed('unavailable', 'another process is writing', 'Try again in a moment.');
    case READONLY:
      return failed(
        'unavailable',
        'it may only be read',
        'Check the owner and mode of the file, and whether its disk was mounted read-only (after a fault of the disk, say).',
      );
    case FULL:
      return failed(
        'unavailable',
        'the disk is full',
        'Make room on it; nothing was half written, and the watcher goes on by itself.',
      );
    case IOERR:
      return REFUSED_WRITES.has(extendedResultCode(thrown) ?? 0)
        ? failed(
            'unavailable',
            'the disk does not take it (disk I/O error)',
            'Is a quota or a limit on the size of files used up, or does the disk have a fault? Nothing was half written.',
          )
        : failed('unavailable', messageOf(thrown), CHECK_DISK);
    case CANTOPEN:
      return failed(
        'unavailable',
        'it cannot be opened',
        'Check that the directory is there and may be written. (To read a copy whose write-ahead log, `-wal`, is still beside it, copy both to where files can be made.)',
      );
    default:
      return failed('unavailable', messageOf(thrown), CHECK_DISK);
  }
}

const CHECK_DISK = 'Check that it is a file, on a local disk that is in order.';

function messageOf(thrown: unknown): string {
  return toError(thrown).message;
}

/** True for what SQLite says where it cannot make the files of a write-ahead log beside the database. */
export function isUnwritablePlace(code: number | null): boolean {
  return code === READONLY_DIRECTORY || code === CANTOPEN;
}

/** The file is not to be trusted, and is left as it is. */
export function damagedError(path: string, why: string, cause?: unknown): StoreError {
  return new StoreError('damaged', `${path} is damaged: ${why}; it was not touched`, {
    hint: 'Restore it from a backup. Or move it away to begin anew: every watch then takes a new baseline.',
    cause,
  });
}

/** The primary result code; `null` when SQLite did not throw it. */
export function resultCode(thrown: unknown): number | null {
  const extended = extendedResultCode(thrown);
  return extended === null ? null : extended & 0xff;
}

/** Reads SQLite's extended result code, which tells apart what the primary code lumps together; `null` when SQLite did not throw it. */
export function extendedResultCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null;
  return thrown.errcode;
}
