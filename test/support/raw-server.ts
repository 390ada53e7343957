import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What is done to the socket of a request, once that has come in whole: bytes are written, one after the other. */
export type Play = ReadonlyArray<string | Uint8Array | 'END' | 'RESET' | 'HANG'>;

export interface RawServer {
  port: number;
  /** What the requests get from now on; or what the nth one (from 1) gets. */
  play: Play | ((request: number) => Play);
  /** How many requests came in whole. */
  requests(): number;
  /** How many connections were made. */
  connections(): number;
  /** How many of them are open. */
  open(): number;
  /** Writes to every open connection, whether or not anything was asked. */
  writeAll(bytes: string): void;
  /** Cuts what is open, as a server does with idle connections. */
  cutAll(): void;
  close(): Promise<void>;
}

/** A server on a loopback port that answers in bytes, whatever HTTP says to that. With `tls` it speaks TLS. */
export async function startRawServer(tls?: { key: string; cert: string }): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let requests = 0;
  let connections = 0;
  const onSocket = (socket: Socket): void => {
    connections += 1;
    sockets.add(socket.on('error', () => {}));
    socket.on('close', () => sockets.delete(socket));
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isWhole(received)) return;
      received = '';
      requests += 1;
      const { play } = server;
      act(socket, typeof play === 'function' ? play(requests) : play);
    });
  };
  const listener = tls ? createTlsServer(tls, onSocket) : createServer(onSocket);
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const server: RawServer = {
    port: (listener.address() as AddressInfo).port,
    play: ['END'],
    requests: () => requests,
    connections: () => connections,
    open: () => sockets.size,
    writeAll: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
    cutAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      server.cutAll();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return server;
}

function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received.slice(0, end))?.[1] ?? 0);
  return received.length >= end + 4 + length;
}

function act(socket: Socket, play: Play): void {
  for (const step of play) {
    if (step === 'END') socket.end();
    else if (step === 'RESET') socket.destroy();
    else if (step !== 'HANG') socket.write(step);
  }
}
