import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';

/** Listens where a receiver should, calls `onConnection` at the first connection, and never reads a byte. */
export async function startTrap(port: number, onConnection: () => void): Promise<{ close(): Promise<void> }> {
  const sockets: Socket[] = [];
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    if (sockets.length === 1) onConnection();
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
