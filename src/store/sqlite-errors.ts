import { StoreError } from '../errors.ts';

/** Result codes of SQLite, the low byte of `errcode` (https://sqlite.org/rescode.html). */
export const BUSY = 5;
const READONLY = 8;
const CORRUPT = 11;
const FULL = 13;
const CANTOPEN = 14;
const NOTADB = 26;

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
      return failed('unavailable', 'it may only be read', 'Check the owner and mode of the file.');
    case FULL:
      return failed('unavailable', 'the disk is full', 'Make room; nothing was half written.');
    case CANTOPEN:
      return failed(
        'unavailable',
        'it cannot be opened',
        'Check that the directory is there and may be written.',
      );
    default:
      return failed(
        'unavailable',
        thrown instanceof Error ? thrown.message : String(thrown),
        'Check that it is a file, on a local disk that is in order.',
      );
  }
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

export function extendedResultCode(thrown: unknown): number | null {
  if (!(thrown instanceof Error) || !('errcode' in thrown) || typeof thrown.errcode !== 'number') return null;
  return thrown.errcode;
}
