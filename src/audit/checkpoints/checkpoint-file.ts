import { dirname } from 'node:path';
import { parseCheckpoint } from '../../domain/evidence/checkpoint.ts';
import { StoreError } from '../../errors.ts';
import { makeDirectory } from '../../make-directory.ts';
import type { MadeCheckpoint } from '../../store/ports/audit.ts';
import { isMissingFile, openRegular, readTail } from '../line-file.ts';

/** Writes a checkpoint as a line of the file of checkpoints, without the newline. */
export function checkpointLine({ at, note }: MadeCheckpoint): string {
  return JSON.stringify({ at, note });
}

/** Reads the note in a line of the file of checkpoints; `null` where there is none. */
export function noteInLine(line: string): string | null {
  try {
    const { note } = JSON.parse(line) as { note?: unknown };
    return typeof note === 'string' ? note : null;
  } catch {
    return null;
  }
}

/**
 * Appends a checkpoint to the file of checkpoints, and forces it to the disk. One that stands last there already is not written again;
 * a torn last line is cut off.
 * @throws {StoreError} reason `unavailable`.
 */
export async function appendCheckpoint(file: string, made: MadeCheckpoint): Promise<void> {
  const line = checkpointLine(made);
  try {
    const handle = await openRegular(file, 'r+').catch((error: unknown) => {
      if (!isMissingFile(error)) throw error;
      makeDirectory(dirname(file));
      return openRegular(file, 'wx');
    });
    try {
      const { size } = await handle.stat();
      const tail = size === 0 ? { text: null, end: 0 } : await readTail(handle);
      if (tail.text === line) return;
      if (tail.end < size) await handle.truncate(tail.end);
      await handle.write(`${line}\n`, tail.end);
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    throw new StoreError('unavailable', `${file}: cannot write the file of checkpoints`, {
      hint: 'Check `audit.checkpoints`, that its directory may be written, and that the disk has room.',
      cause,
    });
  }
}

/** Reads the last checkpoint in the file of checkpoints; `null` where there is none. @throws the fault of the file system. */
export async function lastCheckpointIn(file: string): Promise<{ size: number; note: string } | null> {
  try {
    const handle = await openRegular(file, 'r');
    const { text } = await readTail(handle).finally(() => handle.close());
    const note = text === null ? null : noteInLine(text);
    const size = note === null ? null : (parseCheckpoint(note)?.size ?? null);
    return note === null || size === null ? null : { size, note };
  } catch (error) {
    if (isMissingFile(error)) return null;
    throw error;
  }
}
