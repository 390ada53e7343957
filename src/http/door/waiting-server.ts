import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../../logging/logger.ts';
import { roleOf, type Tokens } from '../access.ts';
import { PROTECTIVE_HEADERS } from '../refusal.ts';
import { connectionLimit, descriptorLimit } from './descriptors.ts';
import { createFrontDoor } from './front-door.ts';
import { closeServer, listen, urlOf } from './listening.ts';

/** Where a daemon answers that has not started yet, and what it says. */
export interface WaitingServerOptions {
  host: string;
  port: number;
  loopbackNamesOnly: boolean;
  tokens: Tokens;
  /** What it waits for at this moment, for people. */
  reason: () => string;
  logger: Logger;
}

/** A server that listens until it is closed. */
export interface WaitingServer {
  /** Where it answers. */
  url: string;
  close(): Promise<void>;
}

/**
 * Answers for a daemon that waits for something before it can start: it lives (`/healthz`), is not ready and says why to whoever may read
 * (`/readyz`), and has nothing else to say.
 * @throws {WatcherError} code `server_listen` when the address cannot be taken.
 */
export async function startWaitingServer(options: WaitingServerOptions): Promise<WaitingServer> {
  const { host, port, loopbackNamesOnly, logger } = options;
  const server = createFrontDoor({
    listener: (request, response) => answer(request, response, options),
    connections: connectionLimit(descriptorLimit()),
    loopbackNamesOnly,
    logger,
  });
  await listen(server, host, port);
  return { url: urlOf(host, server), close: () => closeServer(server) };
}

function answer(
  { url = '/', headers }: IncomingMessage,
  response: ServerResponse,
  { tokens, reason }: WaitingServerOptions,
): void {
  const path = url.replace(/\?.*$/, '');
  const mayRead = roleOf(headers.authorization, tokens) !== null;
  const reasons = mayRead ? { reasons: [reason()] } : {};
  if (path === '/healthz') send(response, 200, { status: 'ok' });
  else if (path === '/readyz') send(response, 503, { status: 'not_ready', ...reasons });
  else send(response, 503, { error: 'the watcher waits for its store', hint: 'see /readyz and the log' });
}

function send(response: ServerResponse, status: 200 | 503, body: object): void {
  response
    .writeHead(status, {
      ...PROTECTIVE_HEADERS,
      'Content-Type': 'application/json',
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    })
    .end(JSON.stringify(body));
}
