import type { Clock } from '../clock.ts';
import type { Logger } from '../logging/logger.ts';
import { createHttpClient, type HttpClient } from '../net/http-client.ts';
import type { LoginConfig } from '../net/login-config.ts';
import type { Redactor } from '../net/redact/redactor.ts';
import { type ShareBudget, shareWithNobody } from './budget/budget-share.ts';
import { type BudgetState, createBudgets } from './budget/budgets.ts';
import { budgeted, type JsonRead, reading, retrying } from './json-read.ts';
import { createLogin } from './login/create-login.ts';
import { createMemoryVault, type TokenVault } from './login/vault/token-vault.ts';
import { createServerClock, type ServerClock } from './reply/server-clock.ts';
import { createSunsetWatch, type SunsetNotice } from './reply/sunset-watch.ts';
import type { ProjectBudget } from './source.ts';
import { createExchange, measured, paid, type RequestRecord } from './wire/http-exchange.ts';

/** A poll does not sit out a longer `Retry-After`: it ends, and the project stays silent. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** 500 jobs are half a megabyte. */
const MAX_BODY_BYTES = 64_000_000;

/** What a connection is made of. */
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
  /** The transport; one of its own unless given. */
  client?: HttpClient;
  /** What of each budget is this process's; all of it unless given. */
  shareBudget?: ShareBudget | undefined;
  /** Where a service account's access token outlives the process; it does not unless given. */
  vault?: TokenVault;
  /** Knows the secrets of everybody else, to be taken out of what Atlas says. */
  redactor?: Redactor | undefined;
  onRequest?: (record: RequestRecord) => void;
  /** Once for each endpoint, and again when the day is moved. */
  onSunset?: (notice: SunsetNotice) => void;
}

/** One Atlas base URL with one credential. */
export interface Connection extends Pick<ServerClock, 'aheadMs' | 'surelyAheadMs'> {
  /**
   * Gets a JSON object. Passing faults (network, timeout, 408, 429, 5xx) are tried again, `retries` times; every request waits
   * for its turn in the budget of `budgetKey`, and for what Atlas leaves of the endpoint set. When the signal aborts, rejects at once with the signal's reason.
   * @param path below the base URL, with its query; begins with a slash.
   * @throws {SourceError}
   */
  getJson: JsonRead;
  /** See `JobSource.budgetOf`. */
  budgetOf(project: string): ProjectBudget;
  /** See `JobSource.forgive`. */
  forgive(): void;
  /** Closes all connections. A request in hand fails by it: whoever closes waits for it first. */
  close(): Promise<void>;
}

/** A connection that can be asked how it is doing. */
export interface MeasuredConnection extends Connection {
  /** How the budgets of the projects and endpoint sets asked so far are doing. */
  budgets(): BudgetState[];
}

/**
 * Puts the layers of a request together, from the inside out: exchange, measure, pay, login, budget (wait for
 * a turn), read, retry. Each calls only the one inside it.
 * @throws {ConfigError} when `caFile` cannot be used.
 */
export function createConnection(options: ConnectionOptions): MeasuredConnection {
  const { name: connection, baseUrl, requestsPerMinute, redactor, clock, logger } = options;
  const client = options.client ?? createClient(options);
  const serverClock = createServerClock({ connection, clock, logger });

  const exchange = measured(createExchange({ send: client.send, timeoutMs: options.requestTimeoutMs }), {
    connection,
    clock,
    onRequest: options.onRequest,
  });
  const login = createLogin(options.auth, {
    connection,
    origin: new URL(baseUrl).origin,
    baseUrl,
    exchange: paid(exchange),
    tokenExchange: exchange,
    vault: options.vault ?? createMemoryVault(),
    redactor,
    clock,
    logger,
  });
  const budgets = createBudgets({
    connection,
    requestsPerMinute,
    longestPauseMs: LONGEST_RETRY_AFTER_MS,
    shareBudget: options.shareBudget ?? shareWithNobody,
    clock,
  });
  const watchSunset = createSunsetWatch({ connection, logger, onSunset: options.onSunset });
  const read = reading(budgeted(login, budgets), {
    baseUrl,
    login,
    serverClock,
    watchSunset,
    redactor,
    clock,
  });
  const { retries, random } = options;
  const retry = { connection, retries, longestRetryAfterMs: LONGEST_RETRY_AFTER_MS, random, clock, logger };

  return {
    getJson: retrying(read, retry),
    budgets: budgets.states,
    budgetOf: (project) => ({
      ...budgets.of(project).facts(),
      login: options.auth.type === 'digest' ? 1 : 0,
    }),
    forgive: () => {
      budgets.forgive();
      login.forgive();
    },
    aheadMs: serverClock.aheadMs,
    surelyAheadMs: serverClock.surelyAheadMs,
    close: async () => client.close(),
  };
}

function createClient({ name, caFile }: ConnectionOptions): HttpClient {
  return createHttpClient({
    caller: { kind: 'connection', name, address: 'baseUrl' },
    caFile,
    body: { whole: MAX_BODY_BYTES },
  });
}
