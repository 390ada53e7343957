import { WatcherError } from '../errors.ts';
import { createHttpClient, isRedirect } from '../net/http-client.ts';
import { WireFault } from '../net/wire-fault.ts';
import { AmbiguousId, type IdCandidate } from '../views/resolve-id.ts';

/** Where a daemon answers, and what it wants to see. */
export interface DaemonAddress {
  url: string;
  /** `null`: it is asked without. */
  token: string | null;
}

/** A JSON object as it came. */
export type Answer = Readonly<Record<string, unknown>>;

/** Asks a running daemon over its own API. */
export interface ApiClient {
  /**
   * Reads what is under a path of `/api/v1`. Parameters that are undefined are left out.
   * @throws {WatcherError} `daemon_unreachable`, `daemon_refuses` (token, fault), `not_found`; AmbiguousId.
   */
  get(path: string, query?: Readonly<Record<string, string | number | undefined>>): Promise<Answer>;
  /** Writes, which only `server.token` may. The same errors. */
  post(path: string, body: unknown): Promise<Answer>;
  delete(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  close(): void;
}

const PATIENCE_MS = 10_000;
const MOST_BYTES = 64_000_000;

/** Creates a client for one daemon. Redirects are not followed: the token must not go elsewhere. */
export function createApiClient({ url, token }: DaemonAddress): ApiClient {
  const client = createHttpClient({
    caller: { kind: 'daemon', name: null, address: '--server' },
    caFile: null,
    body: { whole: MOST_BYTES },
  });
  const base = url.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  const host = new URL(url).host;

  const send = async (path: string, more: { body?: string; method?: 'DELETE' } = {}): Promise<Answer> => {
    const headers = {
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(more.body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const address = new URL(`${base}/api/v1${path}`).href;
    const { status, text, broken } = await client
      .send({ url: address, headers, signal, ...more })
      .catch((thrown: unknown) => {
        throw unreachable(thrown, host);
      });
    if (broken !== null) throw unreachable(broken, host);
    const answer = objectIn(text);
    if (status >= 200 && status < 300 && answer !== null) return answer;
    throw refusal(status, answer, { host, hasToken: token !== null });
  };

  return {
    get: (path, query = {}) => send(path + queryText(query)),
    post: (path, body) => send(path, { body: JSON.stringify(body) }),
    delete: (path, query = {}) => send(path + queryText(query), { method: 'DELETE' }),
    close: client.close,
  };
}

function queryText(query: Readonly<Record<string, string | number | undefined>>): string {
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

function unreachable(thrown: unknown, host: string): WatcherError {
  const isFault = thrown instanceof WireFault;
  const reason = isFault ? thrown.say(host) : `no answer from ${host} within ${PATIENCE_MS / 1_000} s`;
  return new WatcherError('daemon_unreachable', `the daemon cannot be asked: ${reason}`, {
    hint: 'Is it running, and does its server.host listen there? "restore-watcher run" starts it.',
    cause: thrown,
  });
}

function refusal(
  status: number,
  answer: Answer | null,
  { host, hasToken }: { host: string; hasToken: boolean },
): WatcherError {
  const said = typeof answer?.error === 'string' ? answer.error : null;
  const hint = typeof answer?.hint === 'string' ? answer.hint : undefined;
  if (status === 401) {
    const message = hasToken ? `${host} does not take this token` : `${host} demands a token`;
    return new WatcherError('daemon_refuses', message, {
      hint: 'Give its server.token with --token or RESTORE_WATCHER_TOKEN.',
    });
  }
  if (status === 409 && Array.isArray(answer?.candidates)) {
    return new AmbiguousId(said ?? 'the id may be one of several', answer.candidates.map(toCandidate));
  }
  if (said === null || isRedirect(status)) {
    return new WatcherError(
      'daemon_refuses',
      `what answers at ${host} is no restore-watcher (status ${status})`,
      {
        hint: 'Check the address: the daemon logs where its status server listens.',
      },
    );
  }
  return new WatcherError(status === 404 ? 'not_found' : 'daemon_refuses', `${host}: ${said}`, { hint });
}

function toCandidate(value: unknown): IdCandidate {
  const { id, about } = value as Partial<IdCandidate>;
  return { id: String(id), about: about ?? '' };
}
