import * as fs from 'node:fs';

/** A file holds something else than UTF-8 text: UTF-16, say, which editors on Windows write. */
export class NotUtf8 extends Error {
  readonly code = 'NOT_UTF8';
}

/**
 * Reads a text file. A byte order mark stays where it is.
 * @throws {NotUtf8}; Node's error when the file cannot be read.
 */
export async function readText(path: string): Promise<string> {
  // By this way a script that needs no file read so, such as `healthcheck`, does not load what promises of files take.
  const bytes = await fs.promises.readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotUtf8(`${path} is not UTF-8 text`);
  }
}

/** True for what becomes of a text in UTF-16, or of bytes that are no text, when it is read as UTF-8. */
export function isGarbled(text: string): boolean {
  return /[\0\ufffd]/.test(text);
}
