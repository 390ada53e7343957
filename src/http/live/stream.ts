import type { ServerResponse } from 'node:http';

/** One client that listens to server-sent events. */
export interface Stream {
  /** Sends an event, unless the stream has ended. A client that does not fetch what it is sent is dropped. */
  send(event: string, data: string, id?: string): void;
  /** The same with an event that `messageOf` has made: of many that are sent the same, each costs a copy and no more. */
  pass(message: Uint8Array): void;
  /** Calls back once, when the client has gone or was dropped. */
  onGone(listener: () => void): void;
  /** Resolves when the client has fetched what it was sent: to false when the stream has ended, or the client has gone or is dropped for not fetching it. */
  hasRoom(): Promise<boolean>;
  /** Ends the stream. A client that does not fetch what is left is dropped after a minute. */
  end(): void;
}

/** A client that leaves so many bytes unread is too slow: it gets everything anew when it comes back. */
const MOST_UNREAD = 4 * 1_024 * 1_024;
/** A client that is waited for fetches something within so many milliseconds, or is dropped. */
const PATIENCE_MS = 60_000;
/** A line that means nothing, now and then: it keeps proxies from closing the connection. Milliseconds. */
const COMMENT_MS = 15_000;

const HEADERS = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  // nginx would hold it back otherwise.
  'X-Accel-Buffering': 'no',
  // Ends with the stream: a browser that listens again over a connection kept alive would hold up the stop of the server for minutes.
  Connection: 'close',
};

/** Begins to answer with a stream. Whatever is asked of it once it has ended, or its client has gone, does nothing. */
export function openStream(response: ServerResponse): Stream {
  response.writeHead(200, HEADERS);
  response.flushHeaders();
  // The server lets clients close their side after a request. Who does so here has gone, and would be found out by the second write only.
  response.req.socket.once('end', () => response.destroy());
  const comments = setInterval(() => write(response, ':\n\n'), COMMENT_MS);
  response.once('close', () => clearInterval(comments));
  return {
    send: (event, data, id) => write(response, messageText(event, data, id)),
    pass: (message) => write(response, message),
    onGone: (listener) => {
      if (response.destroyed) listener();
      else response.once('close', listener);
    },
    hasRoom: () => hasRoom(response),
    end: () => {
      if (hasEnded(response)) return;
      clearInterval(comments);
      response.end();
      // A client that does not fetch the rest would keep its place among those that may listen.
      const giveUp = setTimeout(() => response.destroy(), PATIENCE_MS);
      response.once('close', () => clearTimeout(giveUp));
    },
  };
}

/** An event as it goes over the wire, to be sent to many. */
export function messageOf(event: string, data: string): Uint8Array {
  return Buffer.from(messageText(event, data));
}

function messageText(event: string, data: string, id?: string): string {
  const lines = data.split('\n').map((line) => `data: ${line}\n`);
  return `${id === undefined ? '' : `id: ${id}\n`}event: ${event}\n${lines.join('')}\n`;
}

/** True when nothing may be written any more. An ended response still has its client until that has fetched the rest. */
function hasEnded(response: ServerResponse): boolean {
  return response.writableEnded || response.destroyed;
}

function write(response: ServerResponse, text: string | Uint8Array): void {
  if (hasEnded(response)) return;
  if (response.writableLength > MOST_UNREAD) response.destroy();
  else response.write(text);
}

function hasRoom(response: ServerResponse): Promise<boolean> {
  if (hasEnded(response)) return Promise.resolve(false);
  if (!response.writableNeedDrain) return Promise.resolve(true);
  return new Promise((resolve) => {
    const giveUp = setTimeout(() => response.destroy(), PATIENCE_MS);
    const settle = (): void => {
      clearTimeout(giveUp);
      response.off('drain', settle);
      response.off('close', settle);
      resolve(!hasEnded(response));
    };
    response.once('drain', settle);
    response.once('close', settle);
  });
}

/** How often it is looked whether who listens still may, in milliseconds: a login runs out, and a reload may change the tokens. */
const SESSION_LOOK_MS = 2_000;

/** Ends a stream when who listens may no longer. */
export function endWithSession(stream: Stream, stillMay: () => boolean): void {
  const look = setInterval(() => {
    if (stillMay()) return;
    clearInterval(look);
    stream.end();
  }, SESSION_LOOK_MS);
  stream.onGone(() => clearInterval(look));
}
