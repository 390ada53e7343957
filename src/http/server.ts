import { WatcherError } from '../errors.ts';
import { isLoopbackName } from '../net/loopback.ts';
import { isOpen } from './access.ts';
import type { AppDeps } from './app.ts';
import { connectionLimit, descriptorLimit } from './door/descriptors.ts';
import { createFrontDoor } from './door/front-door.ts';
import { closeServer, listen, urlOf } from './door/listening.ts';
import { createRoutes } from './routes.ts';

/** Where the status server listens, and what it answers with. */
export interface ServerOptions extends Omit<AppDeps, 'closing'> {
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

/**
 * Serves health, metrics, the JSON reads and the page.
 * @throws {WatcherError} code `server_listen` when the address cannot be taken; `server_token` when others than this machine could
 *   reach it and no token is set.
 */
export async function startServer(options: ServerOptions): Promise<StatusServer> {
  const { host, port, tokens, closeGraceMs } = options;
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
  const closer = new AbortController();
  const routes = createRoutes(
    async () => (await import('./app.ts')).createListener({ ...options, closing: closer.signal }),
    options.logger,
  );
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
      // Who listens would hold up the end.
      closer.abort();
      closing ??= closeServer(server, closeGraceMs);
      return closing;
    },
  };
}
