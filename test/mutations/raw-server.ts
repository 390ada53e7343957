import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What a server of rubbish does with the connection once it has written: what it says may not tell where it ends. */
export type After = 'close' | 'cut' | 'stay';

/** A server that writes bytes where an answer is due, whatever was asked. */
export interface RawServer {
  port: number;
  /** From now on every request meets these bytes. */
  answer(bytes: Buffer, after: After): void;
  close(): Promise<void>;
}

/** Starts one on the loopback address, with TLS where files with certificate and key are given. */
export async function startRawServer(tls?: { certFile: string; keyFile: string }): Promise<RawServer> {
  let bytes: Buffer = Buffer.alloc(0);
  let after: After = 'close';
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    let asked = '';
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      if (!isWhole(asked)) return;
      asked = '';
      socket.write(bytes);
      if (after === 'close') socket.end();
      if (after === 'cut') socket.destroySoon();
    });
  };
  const server: Server =
    tls === undefined
      ? createServer(serve)
      : createTlsServer({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) }, serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    answer: (next, then) => {
      bytes = next;
      after = then;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Our own requests say how long they are. */
function isWhole(asked: string): boolean {
  const end = asked.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = Number(/^content-length: *(\d+)/im.exec(asked.slice(0, end))?.[1] ?? 0);
  return asked.length >= end + 4 + length;
}
