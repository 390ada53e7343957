import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { toError } from '../errors.ts';
import { type Agents, createAgents } from './agents.ts';
import { trustContext } from './ca-file.ts';
import { headersOf, type ReplyHeaders } from './headers/reply-headers.ts';
import { type BodyLimit, beginFingerprint, collect, type Received, readBody } from './http-body.ts';
import { USER_AGENT } from './user-agent.ts';
import { type Caller, ownerOf, StaleConnection, unsoundStatus, wireFault } from './wire-fault.ts';

/** One HTTP request: a GET, or a POST where it has a body, unless it names another method. */
export interface HttpRequest {
  /** Absolute and normalised, as it is sent: a digest is made over the very same text. */
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string;
  method?: 'DELETE';
  /** Covers the whole exchange, to the last byte of the answer. */
  signal: AbortSignal;
  /**
   * Called when a connection stands, right before the request is written to it. What it throws is what `send` throws, and nothing is
   * written.
   */
  lastLook?: (() => void) | undefined;
  /**
   * Asked with the fingerprint of an answer that has come whole: whether it is known, so that nothing of it need be decompressed or
   * decoded. Only where it is given is a fingerprint made.
   */
  recall?: Recall | undefined;
}

/**
 * Tells whether an answer is known. Fingerprints of two answers are equal when status, type, encoding and all bytes are; they say
 * nothing about answers that differ.
 */
export type Recall = (fingerprint: string) => boolean;

/** What came back: a redirect is handed back like any other answer. */
export interface HttpResponse {
  /** From 100 to 999: what is not in the standard comes over the wire all the same. */
  status: number;
  headers: ReplyHeaders;
  /** Decompressed, and read in the character set that the answer names. */
  text: string;
  /** Why the body could not be read as it was meant to be; the text is then empty. `null`: it could. */
  broken: Error | null;
  /** `recall` knew it: the text is empty, whatever has come. */
  isKnown?: true;
}

/** Sends requests of one connection, channel or heartbeat. */
export interface HttpClient {
  /**
   * Sends one request, and resolves when its answer has been read. Keeps connections alive, goes through the proxies of the environment.
   * @throws {WireFault} when there is no head of an answer; the signal's reason when that aborted before.
   */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes all connections. A request in hand fails by it. */
  close(): void;
}

const USUAL_HEADERS = { 'user-agent': USER_AGENT, 'accept-encoding': 'gzip, deflate, br' };

/** Gateways put long policies into headers; Node's own limit is 16 kB. */
const MAX_HEADER_BYTES = 131_072;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** True for an answer that leads elsewhere. We never follow: a login, or a message, must not go where it does not belong. */
export function isRedirect(status: number): boolean {
  return REDIRECTS.has(status);
}

/**
 * The one transport of this program, over node:http and node:https. Whatever comes over the wire becomes an answer or a fault; nothing
 * is thrown elsewhere. `caFile`: a PEM file of authorities that are trusted besides the well-known ones.
 * @throws {ConfigError} when `caFile` cannot be used.
 */
export function createHttpClient(options: {
  caller: Caller;
  caFile: string | null;
  body: BodyLimit;
}): HttpClient {
  const { caller, caFile, body } = options;
  const addressOf = createAddressMemory();
  // A context of its own: given as a list, the authorities would be parsed for every connection and be a part of every pool's name.
  const agents = createAgents(caFile === null ? null : trustContext(caFile, ownerOf(caller)));

  async function send(request: HttpRequest): Promise<HttpResponse> {
    const { signal } = request;
    const explain = (thrown: unknown): unknown => {
      if (thrown instanceof Withheld) return thrown.cause;
      return signal.aborted ? signal.reason : wireFault(thrown, { url: request.url, caller, caFile });
    };
    signal.throwIfAborted();
    const { status, headers, received } = await ask(request, addressOf, agents, body).catch(
      (thrown: unknown) => {
        // The other connections that are idle were most likely closed as well.
        if (thrown instanceof StaleConnection) agents.dropIdle();
        throw explain(thrown);
      },
    );
    try {
      const { chunks, fingerprint } = await received;
      if (fingerprint !== null && request.recall?.(fingerprint)) {
        return { status, headers, text: '', broken: null, isKnown: true };
      }
      return { status, headers, text: await readBody(chunks, headers, body), broken: null };
    } catch (thrown) {
      return { status, headers, text: '', broken: toError(explain(thrown)) };
    }
  }
  return { send, close: agents.close };
}

interface Incoming {
  status: number;
  headers: ReplyHeaders;
  /** As it came: not decompressed. */
  received: Promise<Received>;
}

/** Takes addresses apart, and remembers the last one: a channel has no other. Throws for what is none. */
function createAddressMemory(): (url: string) => http.RequestOptions {
  let last: { url: string; address: http.RequestOptions } | null = null;
  return (url) => {
    if (last?.url !== url) last = { url, address: urlToHttpOptions(new URL(url)) };
    return last.address;
  };
}

function ask(
  { url, headers, body, method, signal, recall, lastLook }: HttpRequest,
  addressOf: (url: string) => http.RequestOptions,
  agents: Agents,
  limit: BodyLimit,
): Promise<Incoming> {
  return new Promise((resolve, reject) => {
    const address = addressOf(url);
    const isTls = address.protocol === 'https:';
    const { request, dropTunnel } = agents.open(isTls, (agent) =>
      (isTls ? https : http).request({
        ...address,
        agent,
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: { ...USUAL_HEADERS, ...headers },
        maxHeaderSize: MAX_HEADER_BYTES,
      }),
    );
    const onAbort = (): void => {
      request.destroy();
      dropTunnel();
      // While a proxy is asked for a tunnel, nothing else would say so.
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    request.once('close', () => signal.removeEventListener('abort', onAbort));
    const write = (): void => {
      try {
        lastLook?.();
        request.end(body);
      } catch (cause) {
        request.destroy();
        dropTunnel();
        reject(new Withheld(cause));
      }
    };
    request.once('socket', (socket) => {
      silence(socket);
      if (lastLook === undefined) return;
      if (socket.connecting) socket.once('connect', write);
      else write();
    });
    request.once('response', (message) => {
      resolve(incoming(message, limit, { isRecalled: recall !== undefined }));
    });
    // Without a listener node:http would wait for an answer that cannot come.
    request.once('upgrade', (_message, socket) => {
      socket.destroy();
      reject(unsoundStatus(101));
    });
    // Stays: a server may send rubbish, or cut, after its answer as well.
    request.on('error', (error) => {
      dropTunnel();
      reject(isStale(request, error) ? new StaleConnection() : error);
    });
    if (lastLook === undefined) request.end(body);
  });
}

/** The request was not written, for the reason that is its cause. */
class Withheld extends Error {
  constructor(cause: unknown) {
    super('not written', { cause });
  }
}

/** Listens from the very first moment: what fails in the same instant as the head comes must not go unheard. */
function incoming(
  message: IncomingMessage,
  limit: BodyLimit,
  { isRecalled }: { isRecalled: boolean },
): Incoming | Promise<never> {
  const status = message.statusCode ?? 0;
  const headers = headersOf(message);
  const received = collect(message, limit, isRecalled ? beginFingerprint(status, headers) : null);
  received.catch(() => undefined);
  if (status >= 100) return { status, headers, received };
  message.destroy();
  return Promise.reject(unsoundStatus(status));
}

const silenced = new WeakSet<Socket>();

/** Between two requests nobody listens to a socket, and an error that nobody hears ends the process. */
function silence(socket: Socket): void {
  if (silenced.has(socket)) return;
  silenced.add(socket);
  socket.on('error', () => {});
}

/** No answer came over a connection that had been idle: most likely the server was closing it. */
function isStale({ reusedSocket }: ClientRequest, error: Error): boolean {
  return reusedSocket && 'code' in error && /^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(String(error.code));
}
