import pRetry from 'p-retry';
import type { Clock } from '../clock.ts';
import { SourceError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { createLogin, type LoginConfig } from './create-login.ts';
import { exchange, type HttpGet, type HttpReply } from './http-exchange.ts';
import { type JsonReply, readReply } from './json-reply.ts';
import type { Answer, Wire } from './login.ts';
import { createRequestBudget, type Leave, type RequestBudget } from './request-budget.ts';
import { createTrustingFetch } from './trusting-fetch.ts';

/** Waits between attempts: anything up to this, doubling with each, 8 s at most ("full jitter"). */
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 8_000;

/** A poll does not sit out a longer `Retry-After`: it ends, and the project stays silent. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** 500 jobs are half a megabyte. */
const MAX_BODY_BYTES = 64_000_000;

/** One HTTP request to Atlas has ended: first ones, retries and answers to a login challenge alike. */
export interface RequestRecord {
  connection: string;
  /** `error`: there was no complete answer. */
  status: number | 'error';
  durationMs: number;
}

export interface ConnectionOptions {
  name: string;
  /** Origin and perhaps a path, without a trailing slash. */
  baseUrl: string;
  auth: LoginConfig;
  /** For each request, to the last byte of its answer. */
  requestTimeoutMs: number;
  /** Further attempts for passing faults. */
  retries: number;
  requestsPerMinute: number;
  /** PEM file of a private CA, trusted besides the well-known ones. */
  caFile: string | null;
  clock: Clock;
  logger: Logger;
  /** In [0, 1). */
  random: () => number;
  fetch?: HttpGet;
  onRequest?: (record: RequestRecord) => void;
}

export interface JsonRequest {
  accept: string;
  /** Whose budget the request comes out of: the project. */
  budgetKey: string;
  /** What Atlas calls the role that this reading needs; for the hint when it is missing. */
  role: string;
  signal: AbortSignal;
}

/** One Atlas base URL with one credential. */
export interface Connection {
  /**
   * Gets a JSON object. Passing faults (network, timeout, 408, 429, 5xx) are tried again, `retries` times; every request waits
   * for its turn in the budget of `budgetKey`. When the signal aborts, rejects at once with the signal's reason.
   * @param path below the base URL, with its query; begins with a slash.
   * @throws {SourceError}
   */
  getJson(path: string, request: JsonRequest): Promise<JsonReply>;
  /** Closes idle connections. (Those of the built-in fetch close by themselves, and do not keep the process alive.) */
  close(): Promise<void>;
}

/** Thrown by a wire instead of sending, when the project has fallen silent or its budget is spent: the call waits and starts over. */
class NotNow extends Error {}

/** @throws {ConfigError} when `caFile` cannot be used, or the kind of login is not in this version. */
export function createConnection(options: ConnectionOptions): Connection {
  const { name, baseUrl, clock, logger } = options;
  const login = createLogin(options.auth, { connection: name, origin: new URL(baseUrl).origin, clock });
  const http = transportOf(options);
  const budgets = new Map<string, RequestBudget>();
  const warnedOf = new Set<string>();

  function budgetOf(key: string): RequestBudget {
    const { requestsPerMinute } = options;
    const known = budgets.get(key);
    if (known) return known;
    const budget = createRequestBudget({ requestsPerMinute, longestPauseMs: LONGEST_RETRY_AFTER_MS, clock });
    budgets.set(key, budget);
    return budget;
  }

  async function timed(
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
  ): Promise<HttpReply> {
    const startedAt = clock.monotonic();
    let status: RequestRecord['status'] = 'error';
    try {
      const reply = await exchange(url, headers, {
        fetch: http.fetch,
        timeoutMs: options.requestTimeoutMs,
        maxBytes: MAX_BODY_BYTES,
        signal,
      });
      status = reply.status;
      return reply;
    } finally {
      options.onRequest?.({ connection: name, status, durationMs: clock.monotonic() - startedAt });
    }
  }

  /** The wire of one try: the first request goes on the leave that was taken for it, answers to a challenge take theirs as they go. */
  function wireFor(url: string, request: JsonRequest, budget: RequestBudget, first: Leave): Wire {
    let isFirst = true;
    return async (headers) => {
      const mayGo = isFirst ? !budget.isPaused() : budget.tryTake();
      if (!mayGo) throw new NotNow();
      if (isFirst) first.spend();
      isFirst = false;
      return await timed(url, { Accept: request.accept, ...headers }, request.signal);
    };
  }

  async function sendInBudget(url: string, request: JsonRequest, budget: RequestBudget): Promise<Answer> {
    for (;;) {
      const leave = await budget.take(request.signal, login.mayCostTwo() ? 1 : 0);
      try {
        return await login.send(url, wireFor(url, request, budget, leave), request.signal);
      } catch (error) {
        if (!(error instanceof NotNow)) throw error;
      } finally {
        leave.giveBack();
      }
    }
  }

  async function attempt(path: string, request: JsonRequest): Promise<JsonReply> {
    const budget = budgetOf(request.budgetKey);
    const url = urlOf(baseUrl, path);
    const answer = await sendInBudget(url, request, budget);
    warnOfSunset(answer.reply);
    try {
      return readReply(answer, { request: `GET ${path}`, role: request.role, now: clock.now() });
    } catch (error) {
      const retryAfterMs = error instanceof SourceError ? error.retryAfterMs : undefined;
      if (retryAfterMs !== undefined) budget.pause(clock.monotonic() + retryAfterMs);
      throw error;
    }
  }

  /** Once per date, not once per poll. */
  function warnOfSunset({ headers }: HttpReply): void {
    const sunset = headers.get('sunset');
    if (sunset === null || warnedOf.has(sunset) || Number.isNaN(Date.parse(sunset))) return;
    warnedOf.add(sunset);
    logger.warn('Atlas has set an end to an API that is in use', { connection: name, sunset });
  }

  async function backOff(error: SourceError, attemptNumber: number, path: string, signal: AbortSignal) {
    const longest = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attemptNumber - 1));
    const delayMs = Math.round(options.random() * longest);
    const { reason, status, retryAfterMs } = error;
    logger.debug('Trying again', {
      connection: name,
      path,
      reason,
      status,
      attempt: attemptNumber,
      delayMs,
      retryAfterMs,
    });
    await clock.sleep(delayMs, signal);
  }

  return {
    getJson: async (path, request) => {
      const { signal } = request;
      try {
        return await pRetry(() => attempt(path, request), {
          retries: options.retries,
          minTimeout: 0, // the waits are ours, see backOff; a Retry-After is sat out in the budget
          signal,
          shouldRetry: ({ error }) => isWorthRetrying(error),
          onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
            if (retriesLeft > 0 && isWorthRetrying(error)) await backOff(error, attemptNumber, path, signal);
          },
        });
      } catch (error) {
        throw signal.aborted ? signal.reason : error;
      }
    },
    close: async () => http.close(),
  };
}

function transportOf({ fetch, caFile, baseUrl, name }: ConnectionOptions): {
  fetch: HttpGet;
  close: () => void;
} {
  if (fetch) return { fetch, close: () => {} };
  return caFile === null || !baseUrl.startsWith('https:')
    ? { fetch: globalThis.fetch, close: () => {} }
    : createTrustingFetch(caFile, name);
}

function isWorthRetrying(error: Error): error is SourceError {
  return (
    error instanceof SourceError && error.retryable && (error.retryAfterMs ?? 0) <= LONGEST_RETRY_AFTER_MS
  );
}

/** Absolute and normalised, as fetch will send it: the digest is made over the very same text. */
function urlOf(baseUrl: string, path: string): string {
  const url = new URL(baseUrl + path);
  url.hash = '';
  return url.href;
}
