import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';
import { ConfigError } from '../errors.ts';

/**
 * The well-known CAs and the private ones in a PEM file. Read once, when a connection or a channel is built. `owner` is whose setting
 * `caFile` is, for people: `connection atlas`, `channel mail`.
 * @throws {ConfigError} when the file cannot be read, or does not begin with a certificate.
 */
export function trustedCas(file: string, owner: string): string[] {
  return [...getCACertificates('default'), readCertificates(file, owner)];
}

/**
 * The same authorities as one context for TLS, which many connections can share.
 * @throws {ConfigError} see `trustedCas`.
 */
export function trustContext(file: string, owner: string): SecureContext {
  const ca = trustedCas(file, owner);
  try {
    return createSecureContext({ ca });
  } catch (cause) {
    throw unusable(file, owner, cause);
  }
}

function readCertificates(file: string, owner: string): string {
  try {
    const pem = readFileSync(file, 'utf8');
    new X509Certificate(pem); // throws unless it begins with a certificate
    return pem;
  } catch (cause) {
    throw unusable(file, owner, cause);
  }
}

function unusable(file: string, owner: string, cause: unknown): ConfigError {
  const code = cause instanceof Error && 'code' in cause ? ` (${cause.code})` : '';
  const message = `${file} cannot be used as a certificate file in PEM form${code}`;
  return new ConfigError(owner, [{ path: 'caFile', message }], { cause });
}
