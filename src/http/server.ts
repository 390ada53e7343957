import type { Server } from 'node:http';
import { WatcherError } from '../errors.ts';
import { isLoopbackName } from '../net/loopback.ts';
import { isOpen } from './access.ts';
import type { AppDeps } from './app.ts';
import { connectionLimit, descriptorLimit } from './descriptors.ts';
import { createFrontDoor } from './front-door.ts';
import { createRoutes } from './routes.ts';

/** Where the status server listens, and what it answers with. */
export interface ServerOptions extends AppDeps {
  host: string;
  /** The TCP port to listen on; 0 takes any free one. */
  port: number;
  /** Requests in hand, and clients that say nothing, are cut so long after `close`, in milliseconds. */
  closeGraceMs?: number;
  /** Connections held at most; without it, as many as leave this process enough descriptors for its own work. */
  connections?: number;
}

/** A server that listens. */
export interface StatusServer {
  /** Where it answers, with the port that was really taken. */
  url: string;
  /** Loads what answers requests, which the first request does otherwise. */
  prepare(): void;
  /**
   * Takes no new connection, closes the idle ones at once, gives requests in hand a moment and then cuts them. May be called
   * twice.
   */
  close(): Promise<void>;
}

/** A client that connects and then says nothing does not count as idle for Node; it is cut after this long. */
const CLOSE_GRACE_MS = 1_000;

/**
 * Serves health, metrics and the JSON reads.
 * @throws {WatcherError} code `server_listen` when the address cannot be taken; `server_token` when others than this machine could
 *   reach it and no token is set.
 */
export async function startServer(options: ServerOptions): Promise<StatusServer> {
  const { host, port, tokens, closeGraceMs = CLOSE_GRACE_MS } = options;
  const isLoopback = isLoopbackName(host);
  if (!isLoopback && isOpen(tokens())) {
    throw new WatcherError(
      'server_token',
      `server.host ${host} can be reached by others and neither server.token nor server.viewToken is set`,
      {
        hint: 'Set server.token, or server.host to 127.0.0.1.',
      },
    );
  }
  const routes = createRoutes(async () => (await import('./app.ts')).createListener(options), options.logger);
  const server = createFrontDoor({
    listener: routes.listener,
    connections: options.connections ?? connectionLimit(descriptorLimit()),
    loopbackNamesOnly: isLoopback,
    logger: options.logger,
  });
  await listen(server, host, port);

  let closing: Promise<void> | undefined;
  return {
    url: urlOf(host, server),
    prepare: routes.prepare,
    close: () => {
      closing ??= closeServer(server, closeGraceMs);
      return closing;
    },
  };
}

async function listen(server: Server, host: string, port: number): Promise<void> {
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

function urlOf(host: string, server: Server): string {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), graceMs);
  await promise;
  clearTimeout(cut);
}
