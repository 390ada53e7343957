import { isIPv4 } from 'node:net';

/** True for a name or address that only this machine can reach: `localhost`, `127.0.0.0/8`, `::1`, with or without brackets. */
export function isLoopbackName(name: string): boolean {
  const host = name.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  return host === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}
