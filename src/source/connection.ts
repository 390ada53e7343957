import pRetry from 'p-retry';
import type { Clock } from '../clock.ts';
import { SourceError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import { createTrustingFetch, type HttpFetch, hasProxy } from '../net/private-ca-fetch.ts';
import { type BudgetState, createPaidSend } from './budget/budgeted-send.ts';
import { createLogin, type LoginConfig } from './login/create-login.ts';
import { createMemoryVault, type TokenVault } from './login/token-vault.ts';
import { type JsonReply, readReply } from './reply/json-reply.ts';
import { createServerClock, type ServerClock } from './reply/server-clock.ts';
import { createSunsetWatch, type SunsetNotice } from './reply/sunset-watch.ts';
import type { ReadOptions } from './source.ts';
import { exchange, type HttpReply } from './wire/http-exchange.ts';

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
  fetch?: HttpFetch;
  /** Where a service account's access token outlives the process; it does not unless given. */
  vault?: TokenVault;
  onRequest?: (record: RequestRecord) => void;
  /** Once for each endpoint, and again when the day is moved. */
  onSunset?: (notice: SunsetNotice) => void;
}

export interface JsonRequest extends Partial<Pick<ReadOptions, 'onWait'>> {
  accept: string;
  /** Whose budget the request comes out of: the project. */
  budgetKey: string;
  /** What Atlas calls the role that this reading needs; for the hint when it is missing. */
  role: string;
  signal: AbortSignal;
  /** Goes first when the budget is short. */
  isUrgent?: boolean;
}

/** One Atlas base URL with one credential. */
export interface Connection extends Pick<ServerClock, 'aheadMs'> {
  /**
   * Gets a JSON object. Passing faults (network, timeout, 408, 429, 5xx) are tried again, `retries` times; every request waits
   * for its turn in the budget of `budgetKey`, and for what Atlas leaves of the endpoint set. When the signal aborts, rejects at once with the signal's reason.
   * @param path below the base URL, with its query; begins with a slash.
   * @throws {SourceError}
   */
  getJson(path: string, request: JsonRequest): Promise<JsonReply>;
  /** Closes idle connections. (Those of the built-in fetch close by themselves, and do not keep the process alive.) */
  close(): Promise<void>;
}

/** One that can be asked how it is doing. */
export interface MeasuredConnection extends Connection {
  /** How the budgets of the projects and endpoint sets asked so far are doing. */
  budgets(): BudgetState[];
}

/** @throws {ConfigError} when `caFile` cannot be used. */
export function createConnection(options: ConnectionOptions): MeasuredConnection {
  const { name, baseUrl, clock, logger } = options;
  const login = createLogin(options.auth, {
    connection: name,
    origin: new URL(baseUrl).origin,
    post: (url, headers, form, signal) => timed(url, headers, signal, form),
    vault: options.vault ?? createMemoryVault(),
    clock,
    logger,
  });
  const http = transportOf(options);
  const serverClock = createServerClock({ connection: name, clock, logger });
  const watchSunset = createSunsetWatch({ connection: name, logger, onSunset: options.onSunset });
  const paid = createPaidSend({
    login,
    exchange: timed,
    requestsPerMinute: options.requestsPerMinute,
    longestPauseMs: LONGEST_RETRY_AFTER_MS,
    clock,
  });

  async function timed(
    url: string,
    headers: Record<string, string>,
    signal: AbortSignal,
    body: string | null = null,
  ): Promise<HttpReply> {
    const startedAt = clock.monotonic();
    let status: RequestRecord['status'] = 'error';
    try {
      const reply = await exchange(url, headers, {
        fetch: http.fetch,
        body,
        timeoutMs: options.requestTimeoutMs,
        maxBytes: MAX_BODY_BYTES,
        signal,
        caFile: options.caFile,
      });
      status = reply.status;
      return reply;
    } finally {
      options.onRequest?.({ connection: name, status, durationMs: clock.monotonic() - startedAt });
    }
  }

  async function attempt(path: string, request: JsonRequest): Promise<JsonReply> {
    const { accept, role, budgetKey, isUrgent = false, signal, onWait } = request;
    const options = { project: budgetKey, isUrgent, signal, onWait };
    const answer = await paid.send(urlOf(baseUrl, path), { Accept: accept }, options);
    watchSunset(path, answer.reply.headers);
    const reply = readReply(answer, {
      request: `GET ${inWords(path)}`,
      role,
      credential: login.credential,
      credentials: login.quotable(),
      now: clock.now(),
    });
    serverClock.note(answer.reply.headers);
    return reply;
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
    budgets: paid.budgets,
    aheadMs: serverClock.aheadMs,
    close: async () => http.close(),
  };
}

function transportOf({ fetch, caFile, baseUrl, name }: ConnectionOptions): {
  fetch: HttpFetch;
  close: () => void;
} {
  if (fetch) return { fetch, close: () => {} };
  // The built-in fetch asks a proxy that cuts the tunnel thousands of times a second, even when its request has been given up.
  return baseUrl.startsWith('https:') && (caFile !== null || hasProxy())
    ? createTrustingFetch(caFile, name)
    : { fetch: globalThis.fetch, close: () => {} };
}

/** Within the same poll. A 429 that does not say how long has silenced the project for longer than that. */
function isWorthRetrying(error: Error): error is SourceError {
  if (!(error instanceof SourceError) || !error.retryable) return false;
  return (
    (error.retryAfterMs ?? (error.status === 429 ? Number.POSITIVE_INFINITY : 0)) <= LONGEST_RETRY_AFTER_MS
  );
}

/** Absolute and normalised, as fetch will send it: the digest is made over the very same text. */
function urlOf(baseUrl: string, path: string): string {
  const url = new URL(baseUrl + path);
  url.hash = '';
  return url.href;
}

/** For messages: without the query, which only says how the list is paged. */
function inWords(path: string): string {
  const [place = path] = path.split('?');
  return place;
}
