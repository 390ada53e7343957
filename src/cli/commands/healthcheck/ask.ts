import { connect } from 'node:net';
import { toError } from '../../../errors.ts';
import { authorityOf, ownAddressOf } from '../../../net/address/own-address.ts';

/** What is said of a daemon that is well. */
export const ALIVE = 'alive';

const PATIENCE_MS = 3_000;

/** `HTTP/1.1 200 `: of a server that speaks something else no more is read, in bytes. */
const LONGEST_START = 13;

/** What came of asking the daemon whether it is alive, at the URL. */
export type HealthAnswer = { url: string } & (
  | { kind: 'alive' }
  | { kind: 'other'; status: number }
  | { kind: 'none'; reason: string }
);

/** Asks whoever listens where the configuration says. Never rejects: no answer is one too. */
export async function askHealth({ host, port }: { host: string; port: number }): Promise<HealthAnswer> {
  const address = ownAddressOf(host);
  const url = `http://${authorityOf(address, port)}/healthz`;
  try {
    const status = await askStatus(address, port);
    return status === 200 ? { url, kind: 'alive' } : { url, kind: 'other', status };
  } catch (thrown) {
    return { url, kind: 'none', reason: reasonOf(thrown) };
  }
}

/**
 * Asks by hand, since of the answer its first line alone is wanted: node:http takes 15 ms and 2 MB to be loaded, and a container asks
 * twice a minute. No proxy either: it would be asked for our own loopback address.
 */
async function askStatus(host: string, port: number): Promise<number> {
  const socket = connect({ host, port });
  const silence = setTimeout(
    () => socket.destroy(new Error(`silent for ${PATIENCE_MS / 1_000} s`)),
    PATIENCE_MS,
  );
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${authorityOf(host, port)}\r\nConnection: close\r\n\r\n`);
  try {
    let text = '';
    for await (const chunk of socket) {
      text += chunk.toString('latin1');
      const status = /^HTTP\/1\.[01] (\d{3})(?!\d)/.exec(text)?.[1];
      if (status !== undefined) return Number(status);
      if (text.length > LONGEST_START) break;
    }
    throw new Error(text === '' ? 'ECONNRESET' : 'what came is no answer in HTTP');
  } finally {
    clearTimeout(silence);
    socket.destroy();
  }
}

function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  return 'code' in error ? String(error.code) : error.message;
}
