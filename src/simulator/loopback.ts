import type { AddressInfo, Server, Socket } from 'node:net';

const LOOPBACK = '127.0.0.1';

/** A server that answers on this machine only. */
export interface LoopbackServer {
  host: string;
  port: number;
  /** Stops listening and cuts every connection, idle or busy. May be called twice. */
  close(): Promise<void>;
}

/** Listens on the loopback address; port 0 takes any free one. @throws when the port is taken. */
export async function listenOnLoopback(server: Server, port = 0): Promise<LoopbackServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that breaks off is nothing to report; without a listener it would end the process.
    socket.on('error', () => {});
  });

  const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, LOOPBACK, resolve);
  await listening;
  server.off('error', reject);

  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    const { promise, resolve: done } = Promise.withResolvers<void>();
    server.close(() => done());
    for (const socket of sockets) socket.destroy();
    return promise;
  };
  return {
    host: LOOPBACK,
    port: (server.address() as AddressInfo).port,
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}
