import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { toError } from '../../../errors.ts';

/** What is said of a daemon that is well. */
export const ALIVE = 'alive';

const PATIENCE_MS = 3_000;

/** A daemon that listens on every address is asked on this machine's own. */
const ANY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** What came of asking the daemon whether it is alive, at the URL. */
export type HealthAnswer = { url: string } & (
  | { kind: 'alive' }
  | { kind: 'other'; status: number | undefined }
  | { kind: 'none'; reason: string }
);

/** Asks whoever listens where the configuration says. Never rejects: no answer is one too. */
export async function askHealth({ host, port }: { host: string; port: number }): Promise<HealthAnswer> {
  const address = ANY_ADDRESS[host] ?? host;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${port}/healthz`;
  try {
    const status = await askStatus(url);
    return status === 200 ? { url, kind: 'alive' } : { url, kind: 'other', status };
  } catch (thrown) {
    return { url, kind: 'none', reason: reasonOf(thrown) };
  }
}

/** Not fetch: where a proxy is set in the environment, it would be asked for our own loopback address. */
async function askStatus(url: string): Promise<number | undefined> {
  const call: ClientRequest = request(url, { agent: false, signal: AbortSignal.timeout(PATIENCE_MS) });
  call.end();
  const [response]: IncomingMessage[] = await once(call, 'response');
  response?.resume();
  return response?.statusCode;
}

function reasonOf(thrown: unknown): string {
  const error = toError(thrown);
  if (error.name === 'AbortError' || error.name === 'TimeoutError')
    return `silent for ${PATIENCE_MS / 1_000} s`;
  return 'code' in error ? String(error.code) : error.message;
}
