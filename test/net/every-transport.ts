import { readFileSync } from 'node:fs';
import { setGlobalProxyFromEnv } from 'node:http';
import { join } from 'node:path';
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts';
import { type RawServer, startRawServer } from '../support/raw-server.ts';

const TLS = join(import.meta.dirname, '../fixtures/tls');

/** A server, and the way to it. */
export interface Way {
  server: RawServer;
  origin: string;
  /** For whoever asks. */
  caFile: string | null;
  /** `null`: there is none on this way. */
  proxy: ConnectProxy | null;
  close(): Promise<void>;
}

async function plain(): Promise<Way> {
  const server = await startRawServer();
  return {
    server,
    origin: `http://127.0.0.1:${server.port}`,
    caFile: null,
    proxy: null,
    close: server.close,
  };
}

async function overTls(): Promise<Way> {
  const [key, cert] = ['server-key.pem', 'server.pem'].map((name) => readFileSync(join(TLS, name), 'utf8'));
  const server = await startRawServer({ key: key ?? '', cert: cert ?? '' });
  const caFile = join(TLS, 'ca.pem');
  return { server, origin: `https://localhost:${server.port}`, caFile, proxy: null, close: server.close };
}

/** In the product a loopback address needs no proxy; here it is the only one there is. */
async function throughProxy(): Promise<Way> {
  const way = await overTls();
  const proxy = await startConnectProxy({ toPort: way.server.port });
  const restore = setGlobalProxyFromEnv({ HTTPS_PROXY: proxy.url });
  const close = async (): Promise<void> => {
    restore();
    await proxy.close();
    await way.close();
  };
  return { ...way, proxy, close };
}

/** Every way on which a request goes out. */
export const WAYS: ReadonlyArray<[name: string, open: () => Promise<Way>]> = [
  ['http', plain],
  ['https with caFile', overTls],
  ['https through a proxy', throughProxy],
];
