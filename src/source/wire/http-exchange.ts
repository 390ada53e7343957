import type { Clock } from '../../clock.ts';
import { SourceError } from '../../errors.ts';
import type { HttpFetch } from '../../net/private-ca-fetch.ts';
import type { Exchange, PaidExchange } from './answer.ts';
import { networkError } from './network-fault.ts';

/** What an exchange is made over. */
export interface ExchangeOptions {
  fetch: HttpFetch;
  /** Covers each request from its start to the last byte of the body. */
  timeoutMs: number;
  /** A longer body is not read to its end. Counted after decompression. */
  maxBytes: number;
  /** The private CA that is trusted besides the well-known ones, for the hint when that is not enough. */
  caFile: string | null;
}

/** One HTTP request to Atlas has ended: first ones, retries and answers to a login challenge alike. */
export interface RequestRecord {
  connection: string;
  /** `error`: there was no complete answer. */
  status: number | 'error';
  durationMs: number;
}

/**
 * The innermost layer of a request: fetches, without following redirects (a login must not go where it does not belong).
 * The exchange throws a `SourceError`: `timeout`, `unavailable` (the network; retryable), `bad_response` (a redirect, or too long).
 */
export function createExchange({ fetch, timeoutMs, maxBytes, caFile }: ExchangeOptions): Exchange {
  return async ({ url, headers, body, signal }) => {
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await fetch(url, {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        body: body ?? null,
        redirect: 'error',
        signal: AbortSignal.any([signal, timeout]),
      });
      return { status: response.status, headers: response.headers, text: await readText(response, maxBytes) };
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof SourceError) throw error;
      if (timeout.aborted) {
        throw new SourceError(
          'timeout',
          `no complete answer from ${new URL(url).host} within ${timeoutMs} ms`,
          {
            retryable: true,
            hint: 'Is the way there slow, or does a firewall swallow the request? Where Atlas is merely slow, raise requestTimeout.',
          },
        );
      }
      throw networkError(error, url, caFile);
    }
  };
}

/** Around an exchange: tells of each request how it has ended and how long it took. */
export function measured(
  exchange: Exchange,
  options: { connection: string; clock: Clock; onRequest?: ((record: RequestRecord) => void) | undefined },
): Exchange {
  const { connection, clock, onRequest } = options;
  return async (request) => {
    const startedAt = clock.monotonic();
    let status: RequestRecord['status'] = 'error';
    try {
      const reply = await exchange(request);
      status = reply.status;
      return reply;
    } finally {
      onRequest?.({ connection, status, durationMs: clock.monotonic() - startedAt });
    }
  };
}

/** Around an exchange: each request is paid for when it goes out, and the budget learns how it has ended before anybody else does. */
export function paid(exchange: Exchange): PaidExchange {
  return async ({ allowance, ...request }) => {
    const payment = allowance.pay();
    try {
      const reply = await exchange(request);
      // Those who wait, for their turn or for this login, must not slip out when the reply asks for silence.
      payment.settle(reply);
      return reply;
    } catch (error) {
      payment.settle(null);
      throw error;
    }
  };
}

async function readText(response: Response, maxBytes: number): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new SourceError(
        'bad_response',
        `an answer of more than ${Math.floor(maxBytes / 1e6)} MB was cut off`,
        { status: response.status },
      );
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
