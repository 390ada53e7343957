import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy in front of a server, that loses connections as networks do. */
export interface CuttingProxy {
  port: number;
  /** Cuts every connection now, on both sides. */
  cut(): void;
  /**
   * From now on swallows what the server answers, and cuts the connection once the server has answered to what the client has sent that
   * holds `text`: the server has done it, and nobody hears of it. Once.
   */
  cutBehind(text: string): void;
  /** Cuts the connection on which the client sends `text` next, before the server has got it. Once. */
  cutBefore(text: string): void;
  /** `true`: passes nothing on any more, and says nothing; `false`: cuts what stood still, and is as before. */
  hang(isHanging: boolean): void;
  /** `true`: cuts every connection and takes no further one; `false`: is as before. */
  refuse(isRefusing: boolean): void;
  close(): Promise<void>;
}

export async function startCuttingProxy(toPort: number): Promise<CuttingProxy> {
  const pairs = new Set<Socket>();
  let textBehind: string | null = null;
  let textBefore: string | null = null;
  let isHanging = false;
  let isRefusing = false;
  const cut = (): void => {
    for (const socket of pairs) socket.destroy();
  };
  const server = createServer((client) => {
    client.on('error', () => {});
    if (isRefusing) return void client.resetAndDestroy();
    const upstream = connect(toPort, '127.0.0.1');
    let isDoomed = false;
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      pairs.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        pairs.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (chunk) => {
      if (isHanging) return;
      if (textBefore !== null && chunk.includes(textBefore)) {
        textBefore = null;
        client.destroy();
        return;
      }
      if (textBehind !== null && chunk.includes(textBehind)) {
        textBehind = null;
        isDoomed = true;
      }
      upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      if (isHanging) return;
      if (isDoomed) client.destroy();
      else client.write(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    cutBehind: (text) => {
      textBehind = text;
    },
    cutBefore: (text) => {
      textBefore = text;
    },
    hang: (hangs) => {
      isHanging = hangs;
      if (!hangs) cut();
    },
    refuse: (refuses) => {
      isRefusing = refuses;
      if (refuses) cut();
    },
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}
