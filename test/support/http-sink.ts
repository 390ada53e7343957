import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';

/** What the sink does with the next requests. */
export type SinkAnswer =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Takes the request and never answers. */
  | 'hang'
  /** Sends the head of a 200 and half a body, then nothing. */
  | 'hang-in-body'
  /** Cuts the connection. */
  | 'reset';

interface SunkRequest {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface HttpSink {
  /** Without a trailing slash. */
  origin: string;
  requests: SunkRequest[];
  /** Those that were answered with 2xx. */
  accepted: SunkRequest[];
  answer: SinkAnswer;
  /** Resolves when so many requests have come in. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** A receiver on a free loopback port that answers as told. */
export async function startHttpSink(tls?: { key: string; cert: string }): Promise<HttpSink> {
  const waiting = new Set<() => void>();
  const sink: HttpSink = {
    origin: '',
    requests: [],
    accepted: [],
    answer: { status: 200, body: 'ok' },
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (sink.requests.length < count) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => close(server),
  };
  const listener: Parameters<typeof createServer>[1] = (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const sunk = {
        method: request.method ?? '',
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString(),
      };
      sink.requests.push(sunk);
      if (typeof sink.answer === 'object' && sink.answer.status < 300) sink.accepted.push(sunk);
      respond(response, sink.answer);
      for (const look of waiting) look();
    });
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  sink.origin = `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return sink;
}

function respond(response: ServerResponse, answer: SinkAnswer): void {
  if (answer === 'hang') return;
  if (answer === 'reset') {
    // A TLS socket has no handle of its own to reset.
    if (response.socket instanceof TLSSocket) response.socket.destroy();
    else response.socket?.resetAndDestroy();
    return;
  }
  if (answer === 'hang-in-body') {
    response.writeHead(200, { 'content-length': '10' }).write('ok');
    return;
  }
  response.writeHead(answer.status, answer.headers).end(answer.body ?? '');
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
