import { readFileSync } from 'node:fs';
import { WatcherError } from '../errors.ts';

/** Reads a PEM file once, when the channel is built. @throws {WatcherError} code `config`. */
export function readCaFile(file: string, channel: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WatcherError('config', `channel ${channel}: the CA file ${file} cannot be read`, { cause });
  }
}
