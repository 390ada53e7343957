import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  createDigestAuth,
  type DigestAuthOptions,
  type DigestCounts,
} from '../../src/simulator/atlas/login/digest-auth.ts';

export interface StrictDigestOptions extends Partial<DigestAuthOptions> {
  /** Put before the Digest challenge, in the same header. */
  otherChallenge?: string;
  /** Stand beside every challenge. */
  challengeHeaders?: Record<string, string>;
  /** Written into the body of every 401. */
  padding?: string;
  /** What an accepted request gets. */
  onAccepted?: (request: IncomingMessage, response: ServerResponse) => void;
}

export interface StrictDigestServer {
  url: string;
  counts: DigestCounts;
  requests(): number;
  connections(): number;
  /** From now on another key is right. */
  rotateKey(privateKey: string): void;
  close(): Promise<void>;
}

/** A bare server behind the simulator's Digest verification, which is as strict as Jetty's. */
export async function startStrictDigestServer(
  options: StrictDigestOptions = {},
): Promise<StrictDigestServer> {
  const known = { publicKey: 'public', privateKey: 'private', now: () => performance.now(), ...options };
  let auth = createDigestAuth(known);
  let requests = 0;
  let connections = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const { method = '', url = '', headers } = request;
    const verdict = auth.verify(method, url, headers.authorization);
    if (!verdict.ok) sendChallenge(response, verdict.challenge, options);
    else if (options.onAccepted) options.onAccepted(request, response);
    else response.setHeader('Content-Type', 'application/json').end('{"ok":true}');
  });
  server.on('connection', () => {
    connections += 1;
  });
  return {
    url: await listen(server),
    get counts() {
      return auth.counts;
    },
    requests: () => requests,
    connections: () => connections,
    rotateKey: (privateKey) => {
      auth = createDigestAuth({ ...known, privateKey });
    },
    close: () => stop(server),
  };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

function sendChallenge(
  response: ServerResponse,
  challenge: string,
  { otherChallenge, challengeHeaders, padding = '' }: StrictDigestOptions,
): void {
  response.writeHead(401, {
    'Content-Type': 'application/json',
    ...challengeHeaders,
    'WWW-Authenticate': otherChallenge === undefined ? challenge : `${otherChallenge}, ${challenge}`,
  });
  const detail = `You are not authorized for this resource.${padding}`;
  response.end(JSON.stringify({ error: 401, reason: 'Unauthorized', detail, errorCode: 'UNEXPECTED_ERROR' }));
}
