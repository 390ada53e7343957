import type { Clock } from '../../clock.ts';
import { SourceError } from '../../errors.ts';
import { type HttpClient, isRedirect } from '../../net/http-client.ts';
import { limitTime } from '../../net/limit-time.ts';
import type { Exchange, HttpReply, HttpRequest, PaidExchange } from './answer.ts';
import { wireError } from './wire-error.ts';

/** What an exchange is made over. */
export interface ExchangeOptions {
  send: HttpClient['send'];
  /** Covers each request from its start to the last byte of the body. */
  timeoutMs: number;
}

/** One HTTP request to Atlas has ended: first ones, retries and answers to a login challenge alike. */
export interface RequestRecord {
  connection: string;
  /** `error`: there was no complete answer. */
  status: number | 'error';
  durationMs: number;
}

/**
 * The innermost layer of a request: sends it, without following redirects (a login must not go where it does not belong).
 * The exchange throws a `SourceError`: `timeout`, `unavailable` (the network; retryable), `bad_response` (a redirect, too long, or not
 * decompressible), `refused` (by a proxy).
 */
export function createExchange({ send, timeoutMs }: ExchangeOptions): Exchange {
  return async (request) => {
    const limit = limitTime(request.signal, timeoutMs);
    try {
      return await complete(send, { ...request, signal: limit.signal });
    } catch (error) {
      if (request.signal.aborted) throw request.signal.reason;
      if (!limit.signal.aborted || error instanceof SourceError) throw error;
      throw new SourceError(
        'timeout',
        `no complete answer from ${new URL(request.url).host} within ${timeoutMs} ms`,
        {
          retryable: true,
          hint: 'Is the way there slow, or does a firewall swallow the request? Where Atlas is merely slow, raise requestTimeout.',
        },
      );
    } finally {
      limit.end();
    }
  };
}

async function complete(send: HttpClient['send'], request: HttpRequest): Promise<HttpReply> {
  const host = (): string => new URL(request.url).host;
  const response = await send(request).catch((thrown: unknown) => {
    throw wireError(thrown, host());
  });
  const { status, headers, text, broken, isKnown } = response;
  if (isRedirect(status)) {
    throw new SourceError('bad_response', `${host()} answered with a redirect`, {
      status,
      hint: 'Redirects are not followed. Check baseUrl, and whether a proxy asks for a login.',
    });
  }
  if (broken !== null) throw wireError(broken, host(), status);
  return { status, headers, text, isKnown };
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
