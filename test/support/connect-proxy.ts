import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface ConnectProxy {
  url: string;
  /** `host:port` of every tunnel that was asked for. */
  asked: string[];
  /** How many connections to it are open. */
  open(): number;
  /** The `Proxy-Authorization` of each. */
  logins: Array<string | undefined>;
  close(): Promise<void>;
}

/** A proxy on the loopback address that leads every tunnel to one port of this machine, whatever it was asked for, or (`asked`) to the port that was; or refuses with `status`, and keeps the connection where it says so; or cuts; or never answers. */
export async function startConnectProxy(options: {
  toPort: number | 'asked';
  status?: number;
  keeps?: boolean;
  cuts?: boolean;
  hangs?: boolean;
}): Promise<ConnectProxy> {
  const asked: string[] = [];
  const logins: Array<string | undefined> = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((_request, response) => response.writeHead(501).end());
  server.on('connect', (request, client: Socket) => {
    asked.push(request.url ?? '');
    logins.push(request.headers['proxy-authorization']);
    sockets.add(client.on('error', () => {}));
    client.on('close', () => sockets.delete(client));
    // A server of node:http leaves its half open.
    client.on('end', () => client.end());
    if (options.hangs) return client.resume();
    if (options.cuts) return client.destroy();
    if (options.status !== undefined) {
      client.write(`HTTP/1.1 ${options.status} Refused\r\nContent-Length: 0\r\n\r\n`);
      if (options.keeps) client.resume();
      else client.end();
      return;
    }
    const toPort = options.toPort === 'asked' ? Number(request.url?.split(':').at(-1)) : options.toPort;
    const upstream = connect(toPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream.on('error', () => client.destroy()));
    upstream.on('close', () => sockets.delete(upstream));
    // Who resets its connection, as one does that has not read all, sends no end that would be passed on.
    client.on('close', () => upstream.destroySoon());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    open: () => sockets.size,
    logins,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
