import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface TcpSink {
  port: number;
  /** Resolves at the first connection. */
  connected: Promise<void>;
  close(): Promise<void>;
}

/** A port that takes connections and does with them what it is told; says nothing by itself. */
export async function startTcpSink(onConnection: (socket: Socket) => void = () => {}): Promise<TcpSink> {
  const sockets = new Set<Socket>();
  const { promise: connected, resolve: connect } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
    connect();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    connected,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
