import type { ServerResponse } from 'node:http';

/** One HTTP reply, not yet sent. Header names are lower case. */
export interface Reply {
  status: number;
  headers: Readonly<Record<string, string>>;
  body: string;
}

/** Makes a reply whose body is JSON. The content type is up to the caller. */
export function jsonReply(status: number, body: unknown, headers: Readonly<Record<string, string>>): Reply {
  return { status, headers, body: JSON.stringify(body) };
}

/** Sends the reply whole, unless the client has gone. */
export function sendReply(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
