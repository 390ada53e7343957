import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  url: string;
  /** `host:port` of every tunnel that was asked for. */
  asked: string[];
  /** The `Proxy-Authorization` of each. */
  logins: Array<string | undefined>;
  close(): Promise<void>;
}

/** A proxy on the loopback address that leads every tunnel to one port of this machine, whatever it was asked for; or refuses with `status`; or cuts. */
export async function startConnectProxy(options: {
  toPort: number;
  status?: number;
  cuts?: boolean;
}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const logins: Array<string | undefined> = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    logins.push(request.headers['proxy-authorization']);
    sockets.add(client.on('error', () => {}));
    if (options.cuts) return client.destroy();
    if (options.status !== undefined) {
      client.end(`HTTP/1.1 ${options.status} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const upstream = connect(options.toPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream.on('error', () => client.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    logins,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
