import pRetry from 'p-retry';
import type { Clock } from '../clock.ts';
import { SourceError } from '../errors.ts';
import type { Logger } from '../logging/logger.ts';
import type { Recall } from '../net/http-client.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import type { Budgets } from './budget/budgets.ts';
import { NotNow } from './budget/project-limits.ts';
import type { Login } from './login/login.ts';
import { type JsonReply, readReply } from './reply/json-reply.ts';
import type { ServerClock } from './reply/server-clock.ts';
import type { SunsetWatch } from './reply/sunset-watch.ts';
import type { ReadOptions } from './source.ts';
import type { Answer, HttpRequest } from './wire/answer.ts';
import { endpointSetOf } from './wire/endpoints.ts';
import { isStaleConnection } from './wire/wire-error.ts';

/** Waits between attempts: anything up to this, doubling with each, 8 s at most ("full jitter"). */
const BACKOFF_BASE_MS = 500;
const BACKOFF_CAP_MS = 8_000;

/** One JSON object that is asked for. */
export interface JsonRequest extends Partial<Pick<ReadOptions, 'isUrgent' | 'onWait'>> {
  accept: string;
  /** Whose budget the request comes out of: the project. */
  budgetKey: string;
  /** Which budget of the project, where it has several: each has the whole ceiling, and its own silence. The one of the jobs unless given. */
  budget?: string | undefined;
  /** What Atlas calls the role that this reading needs; for the hint when it is missing. */
  role: string;
  signal: AbortSignal;
  /** See `HttpRequest.recall`. Only a good answer of this path may be known. */
  recall?: Recall | undefined;
}

/**
 * Gets a JSON object. When the signal aborts, rejects at once with the signal's reason.
 * @param path below the base URL, with its query; begins with a slash.
 * @throws {SourceError}
 */
export type JsonRead = (path: string, request: JsonRequest) => Promise<JsonReply>;

/**
 * Sends one read with the login's headers added, over as many HTTP requests as the login takes, each of which pays.
 * Rejects with the signal's reason when that aborts.
 * @throws {SourceError} when there is no answer, or no turn that is worth waiting for.
 */
export type BudgetedSend = (
  request: HttpRequest,
  options: Pick<ReadOptions, 'isUrgent' | 'onWait'> & Pick<JsonRequest, 'budgetKey' | 'budget'>,
) => Promise<Answer>;

/**
 * Around a login: every read waits for its turn in the budget of its project first. Where a request may not go out after all, since
 * others were faster or Atlas has asked for silence meanwhile, the read waits again and starts over. So it does, once, after meeting a
 * connection that the server was closing: with another header, since a digest must not be sent twice.
 */
export function budgeted(login: Login, budgets: Budgets): BudgetedSend {
  return async (request, { budgetKey, budget, isUrgent, onWait }) => {
    const limits = budgets.of(budgetKey, budget);
    const set = endpointSetOf(new URL(request.url).pathname);
    for (let hasMetStale = false; ; ) {
      const onTurn = onWait?.();
      const spare = login.mayCostTwo() ? 1 : 0;
      const allowance = await limits.admit(set, request.signal, { spare, isUrgent }).finally(onTurn);
      try {
        return await login.send({ ...request, allowance });
      } catch (error) {
        const isStale: boolean = isStaleConnection(error) && !hasMetStale;
        if (!isStale && !(error instanceof NotNow)) throw error;
        hasMetStale ||= isStale;
      } finally {
        allowance.giveBack();
      }
    }
  };
}

/** Around a send: makes the request of a path, and takes the JSON object, or the fault, out of the answer. */
export function reading(
  send: BudgetedSend,
  options: {
    baseUrl: string;
    login: Pick<Login, 'credential' | 'quotable'>;
    serverClock: ServerClock;
    watchSunset: SunsetWatch;
    redactor?: Redactor | undefined;
    clock: Clock;
  },
): JsonRead {
  const { baseUrl, login, serverClock, watchSunset, redactor, clock } = options;
  return async (path, { accept, role, budgetKey, budget, isUrgent = false, signal, onWait, recall }) => {
    const request = { url: urlOf(baseUrl, path), headers: { Accept: accept }, signal, recall };
    const answer = await send(request, { budgetKey, budget, isUrgent, onWait });
    watchSunset(path, answer.reply.headers);
    const reply = readReply(answer, {
      request: `GET ${inWords(path)}`,
      role,
      credential: login.credential,
      credentials: login.quotable(),
      redactor,
      now: clock.now(),
    });
    serverClock.note(path, answer.reply.headers);
    return reply;
  };
}

/** How passing faults are tried again. */
export interface RetryOptions {
  connection: string;
  /** Further attempts. */
  retries: number;
  /** A fault that asks for a longer wait is not tried again: the poll ends, and the project stays silent. */
  longestRetryAfterMs: number;
  /** In [0, 1). */
  random: () => number;
  clock: Clock;
  logger: Logger;
}

/**
 * The outermost layer: tries again what has failed for a passing fault (network, timeout, 408, 429, 5xx). The waits between attempts are
 * ours; a `Retry-After` is sat out in the budget.
 */
export function retrying(read: JsonRead, options: RetryOptions): JsonRead {
  const isWorthIt = (error: Error): error is SourceError =>
    isWorthRetrying(error, options.longestRetryAfterMs);
  return async (path, request) => {
    const { signal } = request;
    // Nearly every read goes well: what is needed to try again is made when it has failed.
    let first: Promise<JsonReply> | null = read(path, request);
    try {
      return await first;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (!(error instanceof SourceError) || !isWorthIt(error)) throw error;
    }
    const attempt = (): Promise<JsonReply> => {
      const begun = first ?? read(path, request);
      first = null;
      return begun;
    };
    try {
      return await pRetry(attempt, {
        retries: options.retries,
        minTimeout: 0,
        signal,
        shouldRetry: ({ error }) => isWorthIt(error),
        onFailedAttempt: async ({ error, attemptNumber, retriesLeft }) => {
          if (retriesLeft > 0 && isWorthIt(error)) await backOff(error, attemptNumber, path, signal, options);
        },
      });
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  };
}

async function backOff(
  { reason, status, retryAfterMs }: SourceError,
  attempt: number,
  path: string,
  signal: AbortSignal,
  { connection, random, clock, logger }: RetryOptions,
): Promise<void> {
  const longest = Math.min(BACKOFF_CAP_MS, BACKOFF_BASE_MS * 2 ** (attempt - 1));
  const delayMs = Math.round(random() * longest);
  logger.debug('Trying again', { connection, path, reason, status, attempt, delayMs, retryAfterMs });
  await clock.sleep(delayMs, signal);
}

/** Within the same poll. A 429 that does not say how long has silenced the project for longer than that. */
function isWorthRetrying(error: Error, longestRetryAfterMs: number): error is SourceError {
  if (!(error instanceof SourceError) || !error.retryable) return false;
  return (error.retryAfterMs ?? (error.status === 429 ? Number.POSITIVE_INFINITY : 0)) <= longestRetryAfterMs;
}

/** Absolute and normalised, see `HttpRequest.url`. */
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
