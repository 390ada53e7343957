import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Timestamp } from '../../domain/instant.ts';
import type { Inbox } from '../receivers/inbox.ts';
import { applyFault, type Fault, type FaultSwitch, sendWithFault } from './faults.ts';
import type { Login } from './login/login.ts';
import type { OAuthServer } from './login/oauth-server.ts';
import type { Reply } from './reply.ts';
import type { AtlasRequest } from './routes.ts';

/** One request as it came in. */
export interface LoggedRequest {
  method: string;
  /** Path and query. */
  path: string;
  at: Timestamp;
  /** It stands behind the login. A request for a token never does. */
  authenticated: boolean;
  /** `null` while there is no answer, and for good when there was none. */
  status: number | null;
}

/** What stands before and behind the front of the simulated Atlas. */
export interface FrontOptions {
  /** The address that links in replies begin with. */
  origin: () => string;
  now: () => Timestamp;
  login: Login;
  oauth: Pick<OAuthServer, 'answer'>;
  faults: Pick<FaultSwitch, 'take'>;
  requests: Inbox<LoggedRequest>;
  /** Runs something after a time, unless the server closes before. */
  later: (ms: number, run: () => void) => void;
  /** The API behind the login. */
  api: (request: AtlasRequest) => Reply;
}

/** Takes each request in: writes it down, has it logged in, lets it meet its fault, and sends what the API says. */
export function createFront(
  options: FrontOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { now, login, oauth, faults, requests, later, api } = options;

  const loggedIn = (request: IncomingMessage): { fault: Fault | null; reply: () => Reply; ok: boolean } => {
    const { method = '', url: path = '/', headers } = request;
    const outage = faults.take(path, 'before_auth');
    const verdict = login({ method, path, authorization: headers.authorization });
    if (!verdict.ok) return { ok: false, fault: outage, reply: () => verdict.reply };
    const url = new URL(path, options.origin());
    return {
      ok: true,
      fault: outage ?? faults.take(path, 'after_auth'),
      reply: () => api({ method, url, accept: headers.accept ?? '' }),
    };
  };

  const respond = (
    response: ServerResponse,
    entry: LoggedRequest,
    reply: Reply,
    fault: Fault | null,
  ): void => {
    entry.status = sendWithFault(response, reply, fault, later);
  };

  const askForToken = async (request: IncomingMessage, response: ServerResponse, entry: LoggedRequest) => {
    const { authorization, 'content-type': contentType } = request.headers;
    const path = new URL(entry.path, options.origin()).pathname;
    const fault = faults.take(entry.path, 'before_auth');
    const body = await text(request);
    const reply = applyFault(fault, () => {
      const asked = { method: entry.method, path, authorization, contentType, body };
      return oauth.answer(asked) ?? { status: 404, headers: {}, body: '' };
    });
    respond(response, entry, reply, fault);
  };

  return (request, response) => {
    const { method = '', url: path = '/' } = request;
    // By its own time, which may be another than this machine's.
    response.setHeader('date', new Date(now()).toUTCString());
    const entry: LoggedRequest = { method, path, at: now(), authenticated: false, status: null };
    if (path.startsWith('/api/oauth/')) {
      requests.add(entry);
      // A client that breaks off in mid request has asked for nothing.
      askForToken(request, response, entry).catch(() => response.destroy());
      return;
    }
    request.resume();
    const { ok, fault, reply } = loggedIn(request);
    entry.authenticated = ok;
    requests.add(entry);
    respond(response, entry, applyFault(fault, reply), fault);
  };
}
