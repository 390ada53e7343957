import { WatcherError } from '../errors.ts';
import { createHttpClient, isRedirect } from '../net/http-client.ts';
import { WireFault } from '../net/wire-fault.ts';
import { GoneJob } from '../views/gone-job.ts';
import { AmbiguousId, type IdCandidate } from '../views/resolve-id.ts';
import { Unfit } from '../views/unfit.ts';

/** Where a daemon answers, and what it wants to see. */
export interface DaemonAddress {
  /** An http or https address that `URL` can read. */
  url: string;
  /** `null`: it is asked without. */
  token: string | null;
}

/** A JSON object as it came. */
export type Answer = Readonly<Record<string, unknown>>;

/** Parameters of a request; those that are undefined are left out. */
type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * Asks a running daemon over its own API, for what is under a path of `/api/v1`. `read` makes something of the answer. Every error says
 * what was asked, what came, and what to do.
 * @throws {WatcherError} `daemon_unreachable`, `daemon_refuses` (token, fault, foreign answer), `not_found`; AmbiguousId, GoneJob.
 */
export interface ApiClient {
  get<T>(path: string, query: Query, read: (answer: Answer) => T): Promise<T>;
  /** Writes, which only `server.token` may. */
  post<T>(path: string, body: unknown, read: (answer: Answer) => T): Promise<T>;
  delete<T>(path: string, query: Query, read: (answer: Answer) => T): Promise<T>;
  close(): void;
}

/** An answer is not what this program gives. Thrown by those who read it; the client says to what it was the answer. */
export class ForeignAnswer extends Error {}

const PATIENCE_MS = 10_000;
const MOST_BYTES = 64_000_000;

type Method = 'GET' | 'POST' | 'DELETE';

/** One request, for the words about it. */
interface Asked {
  method: Method;
  /** `GET /api/v1/status`, without parameters. */
  what: string;
  host: string;
  hasToken: boolean;
}

/** Creates a client for one daemon. Redirects are not followed: the token must not go elsewhere. */
export function createApiClient({ url, token }: DaemonAddress): ApiClient {
  const client = createHttpClient({
    caller: { kind: 'daemon', name: null, address: '--server' },
    caFile: null,
    body: { whole: MOST_BYTES },
  });
  const base = url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  const { host } = new URL(url);

  const send = async <T>(
    method: Method,
    [path, query, body]: readonly [path: string, query: Query, body?: string],
    read: (answer: Answer) => T,
  ): Promise<T> => {
    const headers = {
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const asked = { method, what: `${method} /api/v1${path}`, host, hasToken: token !== null };
    const request = {
      ...{ url: new URL(`${base}/api/v1${path}${queryText(query)}`).href, headers },
      ...{ signal: AbortSignal.timeout(PATIENCE_MS), ...(body === undefined ? {} : { body }) },
      ...(method === 'DELETE' ? { method } : {}),
    };
    const { status, text, broken } = await client.send(request).catch((thrown: unknown) => {
      throw unreachable(thrown, asked);
    });
    if (broken !== null) throw unreachable(broken, asked);
    const answer = objectIn(text);
    if (status < 200 || status >= 300 || answer === null) throw refusal(status, answer, asked);
    try {
      return read(answer);
    } catch (thrown) {
      throw thrown instanceof ForeignAnswer ? foreign(thrown.message, asked) : thrown;
    }
  };

  return {
    get: (path, query, read) => send('GET', [path, query], read),
    post: (path, body, read) => send('POST', [path, {}, JSON.stringify(body)], read),
    delete: (path, query, read) => send('DELETE', [path, query], read),
    close: client.close,
  };
}

function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}

function objectIn(text: string): Answer | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Answer) : null;
  } catch {
    return null;
  }
}

const NOBODY_LISTENS =
  'Is it running, and does its server.host listen there? "restore-watcher run" starts it.';

/** Nothing was sent then. */
const NEVER_SENT = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH)$/;

function unreachable(thrown: unknown, { method, what, host }: Asked): WatcherError {
  const fault = thrown instanceof WireFault ? thrown : null;
  const reason = fault?.say(host) ?? `no answer from ${host} within ${PATIENCE_MS / 1_000} s`;
  const hint = fault?.code === 'ECONNREFUSED' ? NOBODY_LISTENS : (fault?.hint ?? NOBODY_LISTENS);
  const isSent = fault === null || (fault.kind === 'network' && !NEVER_SENT.test(fault.code ?? ''));
  const mayBeDone =
    method !== 'GET' && isSent ? ' It may have been done all the same: look before you ask again.' : '';
  return new WatcherError('daemon_unreachable', `the daemon cannot be asked for ${what}: ${reason}`, {
    hint: `${hint}${mayBeDone}`,
    cause: thrown,
  });
}

const HOW_TO_ACT =
  'It takes the server.token of its configuration, given with --token or RESTORE_WATCHER_TOKEN. Beside its store the command needs none: leave out --server.';

function refusal(status: number, answer: Answer | null, asked: Asked): WatcherError {
  const { method, what, host, hasToken } = asked;
  const said = typeof answer?.error === 'string' ? answer.error : null;
  const hint = typeof answer?.hint === 'string' ? answer.hint : undefined;
  if (status === 401) {
    const message = `${host} ${hasToken ? 'does not take this token' : 'demands a token'} for ${what}`;
    const which = method === 'GET' ? 'its server.viewToken or server.token' : 'its server.token';
    return new WatcherError('daemon_refuses', message, {
      hint: `Give ${which} with --token or RESTORE_WATCHER_TOKEN.`,
    });
  }
  if (status === 409 && Array.isArray(answer?.candidates)) {
    return new AmbiguousId(said ?? 'the id may be one of several', answer.candidates.map(toCandidate));
  }
  if (said === null || isRedirect(status)) return foreign(`status ${status}, and no answer of ours`, asked);
  if (status === 404 && answer?.isPruned === true) return new GoneJob(said, hint ?? '');
  // The same fault, found beside the store, is said in the same words.
  if (status === 400) return new Unfit('unfit_request', said, { hint });
  if (status === 403)
    return new WatcherError('daemon_refuses', `${host} refuses ${what}: ${said}`, { hint: HOW_TO_ACT });
  const code = status === 404 ? 'not_found' : 'daemon_refuses';
  return new WatcherError(code, `${host} refuses ${what} (status ${status}): ${said}`, { hint });
}

function foreign(came: string, { what, host }: Asked): WatcherError {
  return new WatcherError(
    'daemon_refuses',
    `what answers at ${host} is no restore-watcher, or one of another version: ${what} came back with ${came}`,
    {
      hint: 'Check the address: the daemon logs where its status server listens. "status" tells its version.',
    },
  );
}

function toCandidate(value: unknown): IdCandidate {
  const { id, about } = (typeof value === 'object' && value !== null ? value : {}) as Partial<IdCandidate>;
  return { id: String(id), about: about ?? '' };
}
