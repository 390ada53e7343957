import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../logging/logger.ts';
import { isLoopbackHostHeader } from '../access.ts';
import { type Refusal, refusalText, sendRefusal } from '../refusal.ts';
import { readTarget } from './target.ts';
import { Visitor } from './visitor.ts';

/** Who is let in, and to whom. */
export interface FrontDoor {
  /** Gets each request in origin form (`/path`), one at a time of each connection. */
  listener: RequestListener;
  /** More connections than this are not held. */
  connections: number;
  /** Refuse requests that come under a name which is not a loopback one. */
  loopbackNamesOnly: boolean;
  logger: Logger;
}

/** A client that has not said what it wants by then is cut, in milliseconds. */
const HEADERS_MS = 10_000;
const REQUEST_MS = 15_000;
/** Between two requests. */
const KEEP_ALIVE_MS = 5_000;
/** How often Node looks for those that are over their time; left alone, every 30 s. */
const LOOK_MS = 2_000;
/** What strangers can bring about is told of once in this time at most, in milliseconds. */
const TELL_MS = 600_000;

/**
 * Makes the HTTP server that stands in front of the routes. Serves any HTTP/1.0 or 1.1 client, without `Host` too; refuses in JSON what
 * is no request; and holds no more connections than it may: a new one takes the place of the one that has been silent for longest,
 * and is refused at once when all the others wait for an answer.
 */
export function createFrontDoor({ listener, connections, loopbackNamesOnly, logger }: FrontDoor): Server {
  // In the order of their last sign of life.
  const visitors = new Map<Duplex, Visitor>();
  const server = createServer({
    headersTimeout: HEADERS_MS,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: LOOK_MS,
    requireHostHeader: false,
  });
  // A client may close its side after its request (`nc -N`, some probes): it still waits for the answer. Node's types lack this.
  Object.assign(server, { httpAllowHalfOpen: true });
  const tellOfCrowd = seldom(() =>
    logger.warn('More connections to the status server than it holds; the silent ones are closed', {
      connections,
      hint: 'Who connects to server.host and server.port, and keeps the connections open?',
    }),
  );
  const tellOfFault = seldom((error: Error) => logger.error('The status server has a fault', { err: error }));

  server.on('connection', (socket: Socket) => {
    const visitor = new Visitor(socket, () => {
      if (visitors.delete(socket)) visitors.set(socket, visitor);
    });
    if (visitors.size >= connections) {
      tellOfCrowd();
      const silent = visitors.entries().find(([, { isAtWork }]) => !isAtWork);
      if (silent === undefined) {
        visitor.dismiss(refusalText(CROWDED));
        return;
      }
      visitors.delete(silent[0]);
      silent[0].destroy();
    }
    visitors.set(socket, visitor);
    socket.once('close', () => visitors.delete(socket));
  });
  const onRequest = (
    request: IncomingMessage,
    response: ServerResponse,
    refused: Refusal | null = null,
  ): void => {
    visitors.get(request.socket)?.take(response, () => {
      const refusal = refused ?? admit(request, loopbackNamesOnly);
      if (refusal === null) listener(request, response);
      else sendRefusal(response, refusal);
    });
  };
  server.on('request', (request, response) => onRequest(request, response));
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) =>
    onRequest(request, response, NO_EXPECTATION),
  );
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    // The route that reads a body says that it does. Where none does, the client may send it or not, and nobody knows which.
    response.setHeader('Connection', 'close');
    onRequest(request, response);
  });
  server.on('connect', (_request, socket) => {
    visitors.get(socket)?.dismiss(refusalText(NO_PROXY));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const visitor = visitors.get(socket);
    if (visitor === undefined) socket.destroy();
    else visitor.dismiss(refusalText(refusalOf(error)));
  });
  // A connection that cannot be accepted (no file descriptor left, say) must not end the process.
  server.on('error', tellOfFault);
  return server;
}

/** @returns why the request is refused, or `null`; its target is then a path, and its name one that every parser of URLs takes. */
function admit(request: IncomingMessage, loopbackNamesOnly: boolean): Refusal | null {
  const target = readTarget(request);
  if ('error' in target) return target;
  if (loopbackNamesOnly && !isLoopbackHostHeader(target.name)) {
    return {
      status: 421,
      error: 'this name is not served here',
      hint: 'ask as localhost or 127.0.0.1',
    };
  }
  request.url = target.path;
  request.headers.host = 'localhost';
  return null;
}

const CROWDED: Refusal = {
  status: 503,
  error: 'too many connections',
  hint: 'close those that are not needed, and ask again',
};

const NO_PROXY: Refusal = {
  status: 501,
  error: 'CONNECT is not offered',
  hint: 'this is not a proxy; everything here is read with GET',
};

const NO_EXPECTATION: Refusal = {
  status: 417,
  error: 'this is more than can be expected here',
  hint: 'send Expect: 100-continue, or none',
};

/** What Node's parser says of bytes that are no request (`HPE_…`: https://github.com/nodejs/llhttp). */
function refusalOf({ code }: NodeJS.ErrnoException): Refusal {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, error: 'the request did not come in time', hint: 'send it whole, and at once' };
    case 'HPE_INVALID_EOF_STATE':
      return { status: 400, error: 'the request did not come to its end', hint: 'send it whole' };
    case 'HPE_HEADER_OVERFLOW':
      return { status: 431, error: 'the headers are too large', hint: 'send fewer, and shorter ones' };
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, error: 'body too large', hint: 'send none' };
    case 'HPE_INVALID_METHOD':
      return { status: 501, error: 'no such method', hint: 'ask with GET, over plain HTTP' };
    case 'HPE_INVALID_VERSION':
    case 'HPE_PAUSED_H2_UPGRADE':
      return {
        status: 505,
        error: 'no such version of HTTP',
        hint: 'ask with HTTP/1.1, in lines that end with CR LF',
      };
    default:
      return {
        status: 400,
        error: 'this is not a request in HTTP/1.1',
        hint: 'ask with GET, over plain HTTP',
      };
  }
}

/** Calls `tell` once in a while at most. */
function seldom<T extends unknown[]>(tell: (...args: T) => void): (...args: T) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  return (...args) => {
    const at = performance.now();
    if (at - toldAt < TELL_MS) return;
    toldAt = at;
    tell(...args);
  };
}
