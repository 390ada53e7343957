import type { Server } from 'node:http';
import { WatcherError } from '../../errors.ts';
import { authorityOf } from '../../net/address/own-address.ts';

/** A client that connects and then says nothing does not count as idle for Node; it is cut after this long. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Has a server listen.
 * @throws {WatcherError} code `server_listen` when the address cannot be taken.
 */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, host, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError(error, host, port);
  } finally {
    server.off('error', reject);
  }
}

function listenError(error: unknown, host: string, port: number): WatcherError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  const hints: Record<string, string> = {
    EADDRINUSE:
      'Another process has this port, perhaps another watcher. Stop it or choose another server.port.',
    EACCES: 'This user may not take the port. Choose a server.port above 1023.',
    EADDRNOTAVAIL: 'server.host is not an address of this machine.',
    ENOTFOUND: 'server.host is not a name that this machine can resolve.',
  };
  return new WatcherError('server_listen', `cannot listen on ${host}:${port} (${code})`, {
    hint: hints[code],
    cause: error,
  });
}

/** Where a server that listens is reached, with the port that was really taken. */
export function urlOf(host: string, server: Server): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${authorityOf(host, port)}`;
}

/** Takes no new connection, closes the idle ones at once, gives requests in hand a moment and then cuts them. */
export async function closeServer(server: Server, graceMs = CLOSE_GRACE_MS): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(cut);
}
