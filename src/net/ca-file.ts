import { readFileSync } from 'node:fs';
import { getCACertificates } from 'node:tls';
import { WatcherError } from '../errors.ts';

/**
 * The well-known CAs and the private one in a PEM file, for one channel's connections. Read once, when the channel is built.
 * @throws {WatcherError} code `config`, when the file cannot be read.
 */
export function trustedCas(file: string, channel: string): string[] {
  try {
    return [...getCACertificates('default'), readFileSync(file, 'utf8')];
  } catch (cause) {
    throw new WatcherError('config', `channel ${channel}: the CA file ${file} cannot be read`, { cause });
  }
}
