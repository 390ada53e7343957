import { strToU8, zipSync } from 'fflate';
import type { Timestamp } from '../../../domain/instant.ts';

/** A file of an archive. Its name holds no folder. */
export interface ZipFile {
  name: string;
  text: string;
}

/**
 * Puts texts into a ZIP archive.
 * @param at when the files are said to have been written; ZIP knows no zones, and takes that of the process.
 */
export function zipOf(files: readonly ZipFile[], at: Timestamp): Uint8Array<ArrayBuffer> {
  const packed = Object.fromEntries(files.map(({ name, text }) => [name, strToU8(text)]));
  return new Uint8Array(zipSync(packed, { mtime: at }));
}
