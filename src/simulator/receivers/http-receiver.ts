import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Timestamp } from '../../domain/instant.ts';
import { type Reply, sendReply } from '../atlas/reply.ts';
import { listenOnLoopback } from '../loopback.ts';
import { createInbox, type Inbox } from './inbox.ts';

/** What one request is answered with. `hang` never answers, `reset` cuts the connection. */
export type Answer =
  | number
  | { status: number; headers?: Readonly<Record<string, string>>; body?: string }
  | { redirectTo: string }
  | 'hang'
  | 'reset';

/** A request as it came in. */
export interface ReceivedRequest {
  at: Timestamp;
  method: string;
  /** Path and query. */
  path: string;
  /** Names are lower case. */
  headers: Readonly<Record<string, string>>;
  body: string;
  /** The body parsed; `undefined` when it is not JSON. */
  json: unknown;
}

/** `null`: it was not answered. */
export type Answered<Request> = Request & { status: number | null };

/**
 * `one answer`: for every further request; a list: one each, after which requests are accepted again; a function: asked each time,
 * `null` meaning the receiver's own answer.
 */
export type AnswerScript<Request> = Answer | readonly Answer[] | ((request: Request) => Answer | null);

/** An HTTP server for the demo and the tests, which keeps what it gets and answers as it is told. */
export interface HttpReceiver<Request> {
  /** Where to send to. */
  readonly url: string;
  /** Every request in the order in which they came in, refused ones too. */
  readonly received: ReadonlyArray<Answered<Request>>;
  /** Those that were answered with success. */
  accepted(): Array<Answered<Request>>;
  /** Says how to answer from now on; `null` goes back to the receiver's own answers. */
  answer(script: AnswerScript<Request> | null): void;
  waitFor: Inbox<Answered<Request>>['waitFor'];
  /** Calls the listener with every further request. Returns the function that ends it. */
  onReceived: Inbox<Answered<Request>>['onItem'];
  close(): Promise<void>;
}

/** Starts a receiver on the loopback address. `read` adds what it makes of a request, `own` is its answer when no script says otherwise. */
export async function startHttpReceiver<Request extends ReceivedRequest>(options: {
  what: string;
  path: string;
  port?: number | undefined;
  read: (request: ReceivedRequest) => Request;
  own: (request: Request) => Answer;
}): Promise<HttpReceiver<Request>> {
  const inbox = createInbox<Answered<Request>>(options.what);
  let script: (request: Request) => Answer | null = () => null;

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const request = options.read(await receive(incoming));
    const reply = script(request) ?? options.own(request);
    const status = send(response, reply);
    inbox.add({ ...request, status });
  };
  const server = createServer((incoming, response) => {
    // A sender that breaks off in mid request has sent nothing.
    handle(incoming, response).catch(() => response.destroy());
  });
  const { host, port, close } = await listenOnLoopback(server, options.port);

  return {
    url: `http://${host}:${port}${options.path}`,
    received: inbox.items,
    accepted: () => inbox.items.filter(({ status }) => status !== null && status >= 200 && status < 300),
    answer: (next) => {
      script = toFunction(next);
    },
    waitFor: inbox.waitFor,
    onReceived: inbox.onItem,
    close,
  };
}

async function receive(incoming: IncomingMessage): Promise<ReceivedRequest> {
  const at = Date.now();
  const body = await text(incoming);
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)]);
  return {
    at,
    method: incoming.method ?? '',
    path: incoming.url ?? '/',
    headers: Object.fromEntries(headers),
    body,
    json: parseJson(body),
  };
}

function send(response: ServerResponse, answer: Answer): number | null {
  if (answer === 'hang') return null;
  if (answer === 'reset') {
    response.socket?.resetAndDestroy();
    return null;
  }
  const reply = toReply(answer);
  sendReply(response, reply);
  return reply.status;
}

function toReply(answer: Exclude<Answer, 'hang' | 'reset'>): Reply {
  if (typeof answer === 'number') return { status: answer, headers: {}, body: '' };
  if ('redirectTo' in answer) return { status: 307, headers: { location: answer.redirectTo }, body: '' };
  return { status: answer.status, headers: answer.headers ?? {}, body: answer.body ?? '' };
}

function toFunction<Request>(script: AnswerScript<Request> | null): (request: Request) => Answer | null {
  if (typeof script === 'function') return script;
  if (!isList(script)) return () => script;
  const left = [...script];
  return () => left.shift() ?? null;
}

function isList(script: Answer | readonly Answer[] | null): script is readonly Answer[] {
  return Array.isArray(script);
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
